import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

/**
 * How a project in `folder` depends on the oss-valet that runs: by its version, or, where npm installed it from a file, by the
 * same file. `root`: the folder of the running oss-valet.
 */
export function dependencyOn(root: string, version: string, folder: string): string {
  const modules = dirname(root);
  const lock = join(modules, ".package-lock.json");
  if (basename(modules) !== "node_modules" || !existsSync(lock)) return version;
  const { packages = {} } = JSON.parse(readFileSync(lock, "utf8")) as {
    readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
  };
  const resolved = packages[`node_modules/${basename(root)}`]?.resolved;
  if (resolved === undefined || !resolved.startsWith("file:")) return version;
  const file = resolve(dirname(modules), resolved.slice("file:".length));
  return `file:${relative(folder, file).replaceAll("\\", "/")}`;
}
