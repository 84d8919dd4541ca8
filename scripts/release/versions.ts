import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where the version stands, and how. Each place has it exactly once. */
const PLACES: Readonly<Record<string, RegExp>> = {
  "package.json": /^ {2}"version": "([^"]+)"/m,
  "client/package.json": /^ {2}"version": "([^"]+)"/m,
  "functions/http/version.ts": /VERSION = "([^"]+)"/,
  "examples/vitest-sandbox/package.json": /"oss-valet": "([^"]+)"/,
  // npm's lock file names it for the root, twice, and for the client.
  "package-lock.json": /^ {2}"version": "([^"]+)"/m,
};

/** Place → the version that it has. Throws for a place that has none. */
export async function versionsIn(root: string): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all(
    Object.entries(PLACES).map(async ([path, form]) => {
      const version = form.exec(await readFile(join(root, path), "utf8"))?.[1];
      if (version === undefined)
        throw new Error(`${path} has no version where scripts/release/versions.ts looks`);
      return [path, version] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** Writes the version to every place. */
export async function writeVersion(root: string, version: string): Promise<void> {
  for (const [path, form] of Object.entries(PLACES)) {
    if (path === "package-lock.json") continue;
    const text = await readFile(join(root, path), "utf8");
    await writeFile(
      join(root, path),
      text.replace(form, (whole, old: string) => whole.replace(old, version)),
    );
  }
  await writeLock(join(root, "package-lock.json"), version);
}

async function writeLock(path: string, version: string): Promise<void> {
  const lock = JSON.parse(await readFile(path, "utf8")) as {
    version: string;
    packages: Record<string, { version?: string }>;
  };
  lock.version = version;
  for (const name of ["", "client"]) Object.assign(lock.packages[name] ?? {}, { version });
  await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
}
