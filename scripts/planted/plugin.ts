import { join } from "node:path";
import type { Place } from "./place.ts";

/** A bug in its place. */
export interface Planted extends Place {
  readonly replace: string;
}

/** Changes the text as Vite loads it: the files stay as they are. */
export function plantingPlugin(root: string, planted: Planted) {
  const { file, at, text, replace } = planted;
  const path = join(root, file);
  return {
    name: "planted-bug",
    enforce: "pre" as const,
    transform(code: string, id: string) {
      if (id.split("?")[0] !== path) return undefined;
      const end = at + text.length;
      if (code.slice(at, end) !== text) throw new Error(`not planted: ${file} has changed since the start`);
      return { code: code.slice(0, at) + replace + code.slice(end), map: null };
    },
  };
}
