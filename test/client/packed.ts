import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const CLIENT = join(import.meta.dirname, "../../client");

/** The package as npm would publish it, and an empty project that has installed it. */
export interface Packed {
  readonly tarball: Uint8Array<ArrayBuffer>;
  /** Of the project. */
  readonly folder: string;
  /** Where the project has the package. */
  readonly installed: string;
  /** Paths in the package. */
  readonly files: readonly string[];
  /** Writes a program into the project and runs it. Returns its standard output; rejects with its standard error. */
  runNode(file: string, program: string): Promise<string>;
  remove(): void;
}

/** Packs the package, which builds it, and installs the tarball. No network: it has no dependencies. */
export async function packedClient(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "oss-valet-packed-"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: CLIENT });
  const [{ filename, files }] = JSON.parse(stdout) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${filename}`], { cwd: folder });
  return {
    tarball: new Uint8Array(readFileSync(join(folder, filename))),
    folder,
    installed: join(folder, "node_modules/oss-valet-client"),
    files: files.map(({ path }) => path).sort(),
    async runNode(file, program) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, file), program);
      return (await run(process.execPath, [file], { cwd: folder })).stdout;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
