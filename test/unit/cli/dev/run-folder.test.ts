import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runFolder } from "../../../../cli/dev/run-folder.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "valet-run-folder-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

/** A folder with a file, as a killed run leaves it behind. */
function leftBehind(name: string): string {
  mkdirSync(join(parent, name));
  writeFileSync(join(parent, name, "index.js"), "");
  return name;
}

/** The name of a run's folder on this machine, with another process number. */
function named(pid: number): string {
  const folder = runFolder(parent);
  folder.remove();
  return basename(folder.path).replace(`-${process.pid}-`, `-${pid}-`);
}

describe("the folder of a run", () => {
  it("is its own, and goes when it is removed", () => {
    const [one, another] = [runFolder(parent), runFolder(parent)];
    expect(one.path).not.toBe(another.path);
    one.remove();
    one.remove();
    expect([existsSync(one.path), existsSync(another.path)]).toEqual([false, true]);
    another.remove();
  });

  it("goes at the latest with its process, also where the process fails", () => {
    const script = `
      const { runFolder } = await import(${JSON.stringify(import.meta.resolve("../../../../cli/dev/run-folder.ts"))});
      console.log(runFolder(${JSON.stringify(parent)}).path);
      throw new Error("failed");`;
    const { status, stdout } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", script],
      { encoding: "utf8" },
    );
    expect([status, stdout.trim().startsWith(parent)]).toEqual([1, true]);
    expect(readdirSync(parent)).toEqual([]);
  });

  it("makes its parent", () => {
    const folder = runFolder(join(parent, "dist/local"));
    expect(existsSync(folder.path)).toBe(true);
    folder.remove();
  });
});

describe("what earlier runs left behind", () => {
  it("is removed where their process has ended", () => {
    const dead = leftBehind(named(deadPid()));
    const folder = runFolder(parent);
    expect(readdirSync(parent)).toEqual([basename(folder.path)]);
    expect(existsSync(join(parent, dead))).toBe(false);
    folder.remove();
  });

  it.each<[string, () => string]>([
    ["their process runs", () => leftBehind(named(process.ppid))],
    ["they are of another machine", () => leftBehind(`run-0123456789ab-${deadPid()}-AbC123`)],
    ["the name is not a run's", () => leftBehind(`${named(deadPid())}.kept`)],
  ])("stays where %s", (_why, made) => {
    const name = made();
    const folder = runFolder(parent);
    expect(existsSync(join(parent, name, "index.js"))).toBe(true);
    folder.remove();
  });
});
