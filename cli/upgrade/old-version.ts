import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { valid } from "semver";
import { UsageError } from "../shared/command.ts";
import { ROOT } from "../shared/own-files.ts";
import { objectFrom } from "../shared/values.ts";

/** The version that a project has. */
export interface OldVersion {
  readonly version: string;
  /** Where its package is; undefined when only its version is known. */
  readonly folder: string | undefined;
  /** Removes what was unpacked. */
  readonly remove: () => void;
}

/**
 * `from`: a folder, a tarball or a version. Without it: the package in node_modules, if it is another one than this; else the version
 * that package.json wants. Throws UsageError.
 */
export async function oldVersionOf(
  project: { readonly folder: string; readonly wanted: string },
  from: string | undefined,
): Promise<OldVersion> {
  if (from !== undefined) return await givenVersion(project.folder, from);
  const installed = installedIn(project.folder);
  if (installed !== undefined && realpathSync(installed) !== realpathSync(ROOT))
    return { version: versionIn(installed), folder: installed, remove: nothing };
  if (valid(project.wanted) === null)
    throw new UsageError(
      `package.json wants oss-valet "${project.wanted}", and node_modules has no other version than this one: say which version the project had, with --from FOLDER, --from TARBALL.tgz or --from VERSION`,
    );
  return { version: project.wanted, folder: undefined, remove: nothing };
}

/** The version of the package oss-valet in a folder. Throws UsageError. */
function versionIn(folder: string): string {
  const path = join(folder, "package.json");
  const manifest = existsSync(path) ? objectFrom(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  const version = manifest?.["version"];
  if (manifest?.["name"] !== "oss-valet" || typeof version !== "string" || valid(version) !== version)
    throw new UsageError(`${folder} is not the package oss-valet: name the folder that has its package.json`);
  return version;
}

async function givenVersion(project: string, from: string): Promise<OldVersion> {
  const path = resolve(project, from);
  if (!existsSync(path)) {
    if (valid(from) === from) return { version: from, folder: undefined, remove: nothing };
    throw new UsageError(
      `--from ${from}: there is no such file or folder, and it is no version: write a folder, a tarball (.tgz) or a version such as 0.1.0`,
    );
  }
  return statSync(path).isDirectory()
    ? { version: versionIn(path), folder: path, remove: nothing }
    : await unpacked(project, path);
}

/**
 * Below the project's node_modules, so that the old version finds what it imports there: the packages of the version that is installed.
 */
async function unpacked(project: string, tarball: string): Promise<OldVersion> {
  const cache = join(project, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "oss-valet-upgrade-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await promisify(execFile)("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
    return { version: versionIn(folder), folder, remove };
  } catch (error) {
    remove();
    if (error instanceof UsageError)
      throw new UsageError(`--from ${tarball} is not the package oss-valet: npm pack makes such a file`);
    const said = error instanceof Error ? (error.message.split("\n")[1] ?? error.message) : "";
    throw new UsageError(`--from ${tarball} cannot be unpacked (${said}): name a .tgz file of npm pack`);
  }
}

/** node_modules/oss-valet of the folder or of one above it; undefined when there is none. */
function installedIn(folder: string): string | undefined {
  const candidate = join(folder, "node_modules/oss-valet");
  if (existsSync(join(candidate, "package.json"))) return candidate;
  const above = dirname(folder);
  return above === folder ? undefined : installedIn(above);
}

function nothing(): void {
  // Nothing was unpacked.
}
