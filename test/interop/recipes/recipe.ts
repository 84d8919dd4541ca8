import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../commands.ts";
import { filesOf, recipePage } from "./page.ts";

/** A program of a page in docs/recipes. It runs as it stands there. */
export interface Recipe {
  /** The name of its cases in the report: the page, and the SDK with its version. */
  readonly title: string;
  /** Such as `python.md`. */
  readonly page: string;
  /** The names of its files on the page. */
  readonly files: readonly string[];
  /** Where they are written. */
  readonly folder: string;
  readonly build: readonly Command[];
  /** The files to upload follow its arguments. */
  readonly program: Command;
  /** For SDKs that take localhost for a place where the bucket is in the path: how the program finds {@link OWN_DOMAIN}. */
  readonly ownDomain?: "by hosts file" | "by proxy";
  /** Default: five minutes before the end. */
  readonly renews?: "at half of the life";
  /** The SDK cannot list through the bucket's own domain, and the page says so. */
  readonly cannotListAtOwnDomain?: true;
  /** The program's resolver knows `<bucket>.localhost`. Without it, the endpoint is 127.0.0.1, with the bucket in the path. */
  readonly knowsLocalhost?: true;
}

/** Writes the program's files as the page has them, and nothing else. Throws when the page lacks one. */
export function writeFiles({ page, files, folder }: Recipe): void {
  const all = filesOf(recipePage(page));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of files) {
    const content = all.get(name);
    if (content === undefined)
      throw new Error(`docs/recipes/${page} has no code block below **\`${name}\`**`);
    writeFileSync(join(folder, name), content);
  }
}
