import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ContainerImage, Stage } from "./container-image.ts";
import { dockerIgnoreFrom } from "./docker-context.ts";

/** A build of an image without an engine: what the build does is done here, what it pulls has a stand-in. */
export interface RootfsOptions {
  readonly image: ContainerImage;
  /** The text of Dockerfile.dockerignore. */
  readonly ignore: string;
  /** The folder with package.json. */
  readonly context: string;
  /** Files to put over those of the context. */
  readonly change?: Readonly<Record<string, string>>;
  /** Stands in for `npm ci`: makes node_modules in this folder. */
  readonly install: (folder: string) => void;
  /** An empty folder for everything. */
  readonly folder: string;
}

export interface Rootfs {
  /** The root file system. */
  readonly root: string;
  /** What the COPY lines of the last stage made: absolute paths in the image. */
  readonly files: readonly string[];
  /** What got into the build: paths in the context. */
  readonly context: readonly string[];
}

/** Runs the build stage's commands in a folder, and makes the root file system of the last stage's COPY lines. */
export function rootfsOf({ image, ignore, context, change = {}, install, folder }: RootfsOptions): Rootfs {
  const [build, final] = image.stages;
  if (build === undefined || final === undefined || image.stages.length !== 2)
    throw new Error("two stages: one that builds, and the image");
  const stageFolder = join(folder, "build");
  const project = join(stageFolder, build.workdir ?? "/");
  const inContext = [...dockerIgnoreFrom(ignore).filesIn(context)];
  for (const path of inContext) cpSync(join(context, path), join(project, path));
  for (const [path, content] of Object.entries(change)) writeFileSync(join(project, path), content);
  for (const command of build.runs) {
    if (command.startsWith("npm ci ")) install(project);
    else
      execFileSync("/bin/sh", ["-c", `umask 022; ${command}`], {
        cwd: project,
        env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...build.args, ...build.env },
        stdio: ["ignore", "pipe", "pipe"],
      });
  }
  nodeOf(stageFolder);
  const root = join(folder, "root");
  mkdirSync(root);
  copy(final, stageFolder, root);
  const files = filesBelow(root);
  baseOf(root);
  return { root, files, context: inContext };
}

function copy({ copies }: Stage, stageFolder: string, root: string): void {
  for (const { sources, destination } of copies)
    for (const source of sources) {
      const from = join(stageFolder, source);
      const isFolder = statSync(from).isDirectory();
      if (!isFolder && sources.length > 1 && !destination.endsWith("/"))
        throw new Error(`several sources need a folder: ${destination}/`);
      const to = join(root, destination, !isFolder && destination.endsWith("/") ? basename(source) : "");
      mkdirSync(isFolder ? to : dirname(to), { recursive: true, mode: 0o755 });
      cpSync(from, to, { recursive: true });
    }
}

/** Of the image that builds: this machine's Node.js where that image has its own. */
function nodeOf(stageFolder: string): void {
  mkdirSync(join(stageFolder, "usr/local/bin"), { recursive: true });
  copyFileSync(process.execPath, join(stageFolder, "usr/local/bin/node"));
  writeFileSync(join(stageFolder, "usr/local/LICENSE"), "Node.js' licence\n", { mode: 0o644 });
}

/** Of the base image: the C library that Node.js needs, as this machine has it, and the folders that an engine mounts. */
function baseOf(root: string): void {
  for (const library of librariesOfNode()) {
    mkdirSync(dirname(join(root, library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  for (const folder of ["proc", "dev"]) mkdirSync(join(root, folder));
}

/** The paths of the libraries that this machine's Node.js loads when it starts. */
export function librariesOfNode(): readonly string[] {
  const output = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  return [...output.matchAll(/\/\S+\.so\S*/g)].map(([path]) => path);
}

/** Absolute paths in the image, in order. */
export function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length))
    .sort();
}

/** What a tree looks like: every path with its size and the time of its last change. */
export function stateOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => {
      const { size, mtimeMs, mode } = lstatSync(join(root, path));
      return `${path} ${size} ${mtimeMs} ${mode.toString(8)}`;
    })
    .sort();
}

/** Of `/proc/PID/status`: a line's value. */
export function statusOf(pid: number, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}
