import { join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Makes `await import("…")` of an entry point load that entry point's own file, beside the file that imports it: code that
 * few requests need costs the others nothing. Imports of other modules are bundled. Needs `"dynamic-import": false` in
 * esbuild's `supported`, which makes it a `require`. `root`: what the paths of the entry points are relative to.
 */
export function ownFile(root: string, entryPoints: Readonly<Record<string, string>>): Plugin {
  const names = new Map(Object.entries(entryPoints).map(([name, path]) => [join(root, path), name]));
  return {
    name: "own-file",
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        const name = kind === "dynamic-import" ? names.get(join(resolveDir, path)) : undefined;
        return name === undefined ? undefined : { path: `./${name}.js`, external: true };
      });
    },
  };
}
