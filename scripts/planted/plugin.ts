import { join } from "node:path";
import type { Place } from "./place.ts";

/** A bug in its place. */
export interface Planted extends Place {
  readonly replace: string;
}

/** A plugin of Vite that changes a file's text as it is loaded: the files stay as they are. */
export function plantingPlugin(root: string) {
  let planted: Planted | undefined;
  let wasLoaded = false;
  return {
    /** Takes effect for files that are loaded from now on. undefined: no bug. */
    plant(next: Planted | undefined): void {
      planted = next;
      wasLoaded = false;
    },
    /** Whether a test has loaded the file with the bug since it was planted. */
    wasLoaded: (): boolean => wasLoaded,
    plugin: {
      name: "planted-bug",
      enforce: "pre" as const,
      transform(code: string, id: string) {
        if (planted === undefined || id.split("?")[0] !== join(root, planted.file)) return undefined;
        const { at, text, replace } = planted;
        const end = at + text.length;
        if (code.slice(at, end) !== text)
          throw new Error(`not planted: ${planted.file} has changed since the start`);
        wasLoaded = true;
        return { code: code.slice(0, at) + replace + code.slice(end), map: null };
      },
    },
  };
}
