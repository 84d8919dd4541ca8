import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { optionsOrUsage } from "./command-line.ts";
import { packageFiles } from "./package/files.ts";

const ROOT = join(import.meta.dirname, "..");
const run = promisify(execFile);

/** A package as npm publishes it. */
export interface Tarball {
  readonly path: string;
  readonly files: readonly string[];
  /** Bytes of the tarball, and of what it unpacks to. */
  readonly bytes: number;
  readonly unpackedBytes: number;
}

/**
 * Packs oss-valet, and puts the tarball into `destination`. `version`: instead of package.json's. `change`: what else is different
 * in it, by path, for tests of an upgrade.
 */
export async function packOssValet(
  destination: string,
  {
    version,
    change = {},
  }: { readonly version?: string; readonly change?: Readonly<Record<string, string>> } = {},
): Promise<Tarball> {
  const folder = join(destination, "oss-valet");
  await rm(folder, { recursive: true, force: true });
  const files = await packageFiles(ROOT, version === undefined ? {} : { version });
  for (const [path, content] of new Map([...files, ...Object.entries(change)])) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return packed(folder, destination);
}

/** Packs oss-valet-client, which builds it. */
export function packClient(destination: string): Promise<Tarball> {
  return packed(join(ROOT, "client"), destination);
}

async function packed(folder: string, destination: string): Promise<Tarball> {
  const args = ["pack", "--json", "--pack-destination", destination];
  const { stdout } = await run("npm", args, { cwd: folder, maxBuffer: 2 ** 26 });
  const [made] = JSON.parse(stdout) as [
    {
      readonly filename: string;
      readonly size: number;
      readonly unpackedSize: number;
      readonly files: readonly { readonly path: string }[];
    },
  ];
  return {
    path: join(destination, made.filename),
    files: made.files.map(({ path }) => path).sort(),
    bytes: made.size,
    unpackedBytes: made.unpackedSize,
  };
}

const USAGE = `npm run package

  Makes the tarballs of oss-valet and oss-valet-client in dist/packages. It takes no arguments.`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  optionsOrUsage({}, USAGE);
  const destination = join(ROOT, "dist/packages");
  await mkdir(destination, { recursive: true });
  for (const { path, files, bytes, unpackedBytes } of [
    await packOssValet(destination),
    await packClient(destination),
  ])
    process.stderr.write(
      `${relative(process.cwd(), path)}  ${kB(bytes)} kB, ${kB(unpackedBytes)} kB unpacked, ${files.length} files\n`,
    );
}

function kB(bytes: number): string {
  return (bytes / 1000).toFixed(0);
}
