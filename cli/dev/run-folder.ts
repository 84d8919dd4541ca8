import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** A folder that belongs to one run. */
export interface RunFolder {
  readonly path: string;
  /** May be called more than once. At the latest, the end of the process removes the folder. */
  remove(): void;
}

/**
 * Makes a folder of its own in `parent`, so that two runs in one checkout do not overwrite each other's files. Removes
 * the folders of earlier runs that were killed.
 */
export function runFolder(parent: string): RunFolder {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (isSurelyDead(name)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  // The name says whose folder it is. A file in it would be missing between two steps of its making.
  const path = mkdtempSync(join(parent, `run-${machine()}-${process.pid}-`));
  const remove = (): void => {
    process.removeListener("exit", remove);
    // A build that is cut off may still be writing a file.
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once("exit", remove);
  return { path, remove };
}

/**
 * The run was on this machine, and no process has its number any more. Another machine or container that shares the
 * checkout has numbers of its own, so its folders stay.
 */
function isSurelyDead(name: string): boolean {
  const [, where, pid] = /^run-([0-9a-f]{12})-(\d+)-[A-Za-z0-9]{6}$/.exec(name) ?? [];
  if (where !== machine()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Names the machine, and on Linux the container: where a process number has one meaning. */
function machine(): string {
  return createHash("sha256").update(`${hostname()} ${processNamespace()}`).digest("hex").slice(0, 12);
}

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
