import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, FUNCTION_NAMES } from "../../cli/build/build.ts";
import { packClient, packOssValet } from "../package.ts";

/**
 * Makes everything twice, in different folders, and returns the files whose bytes differ. The code cache is left out: V8
 * does not promise equal bytes, and a function works without it.
 */
export async function differences(): Promise<readonly string[]> {
  const [first, second] = [await digestsOfAll(), await digestsOfAll()];
  return [...new Set([...first.keys(), ...second.keys()])].filter(
    (path) => first.get(path) !== second.get(path),
  );
}

/** Path → SHA-256 of both bundles and both tarballs, made anew. */
async function digestsOfAll(): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "oss-valet-twice-"));
  try {
    for (const name of FUNCTION_NAMES)
      await build({ outDir: join(folder, name), function: name, accessFile: "access.yaml" });
    await packOssValet(folder);
    await packClient(folder);
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return new Map(
      await Promise.all(
        files.map(async (file) => [file.slice(folder.length + 1), await sha256Of(file)] as const),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}
