import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  cacheContent,
  compiled,
  type LoaderModule,
  runWithCache,
} from "../../../../cli/build/code-cache/loader.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oss-valet-code-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Code whose answer is a prefix of the bucket, as access rules are part of a bundle. */
const codeFor = (prefix: string): Buffer =>
  Buffer.from(`exports.answer = function () { return ${JSON.stringify(prefix)}; };`);

const ALICE = codeFor("users/alice/");
/** Of the same length. */
const OTHER = codeFor("whole/bucket");

/** V8's data for this code, with the function compiled too. */
function dataOf(source: Buffer): Buffer {
  const script = compiled(source, "/index.code.js");
  const target = { exports: {} as { answer?: () => string } };
  script.runInThisContext()(target.exports, () => undefined, target, "", "");
  target.exports.answer?.();
  return script.createCachedData();
}

function write(source: Buffer, cache: Buffer | undefined): void {
  writeFileSync(join(folder, "index.code.js"), source);
  if (cache !== undefined) writeFileSync(join(folder, "index.cache"), cache);
}

/** Runs the files of the folder as their loader does. */
function run(): { readonly answer: string; readonly warnings: readonly string[] } {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const target: LoaderModule = { filename: join(folder, "index.js"), exports: {} };
  runWithCache(target, createRequire(target.filename));
  const lines = write.mock.calls.map(([line]) => JSON.parse(String(line)) as { readonly warning: string });
  write.mockRestore();
  return {
    answer: (target.exports as { answer: () => string }).answer(),
    warnings: lines.map(({ warning }) => warning),
  };
}

const warning = (because: string): string[] => [
  `the code cache of index.js is not used: ${because}. This costs time at the start, and nothing else`,
];
const FOREIGN = warning("it does not belong to this code, or is damaged");

it("V8 itself takes the cache of other code of the same length, and then runs that other code", () => {
  const script = compiled(ALICE, "/index.code.js", dataOf(OTHER));
  expect(script.cachedDataRejected).toBe(false);
  const target = { exports: {} as { answer?: () => string } };
  script.runInThisContext()(target.exports, () => undefined, target, "", "");
  expect(target.exports.answer?.()).toBe("whole/bucket");
});

it("uses the cache that was made from the code", () => {
  write(ALICE, cacheContent(ALICE, dataOf(ALICE)));
  expect(run()).toEqual({ answer: "users/alice/", warnings: [] });
  // Data that the first line vouches for are what runs: so the data were used above, too.
  write(ALICE, cacheContent(ALICE, dataOf(OTHER)));
  expect(run()).toEqual({ answer: "whole/bucket", warnings: [] });
});

describe("compiles the code, says why in one line, and answers as the code says, when the cache", () => {
  it.each<[string, (content: Buffer) => Buffer | undefined, readonly string[]]>([
    ["is missing", () => undefined, warning("there is none")],
    ["is empty", () => Buffer.alloc(0), FOREIGN_ENGINE()],
    ["is of other code of the same length", () => cacheContent(OTHER, dataOf(OTHER)), FOREIGN],
    ["has other data", (content) => Buffer.concat([lineOf(content), dataOf(OTHER)]), FOREIGN],
    ["ends early", (content) => content.subarray(0, -1), FOREIGN],
    ["is longer", (content) => Buffer.concat([content, Buffer.from("\0")]), FOREIGN],
    [
      "is of another version of V8",
      (content) => replaced(content, process.versions.v8, "11.3.0"),
      FOREIGN_ENGINE(),
    ],
    [
      "is of another architecture",
      (content) => replaced(content, ` ${process.arch} `, " mips "),
      FOREIGN_ENGINE(),
    ],
    [
      "is of another platform",
      (content) => replaced(content, ` ${process.platform} `, " aix "),
      FOREIGN_ENGINE(),
    ],
    ["has no first line", (content) => content.subarray(lineOf(content).length), FOREIGN_ENGINE()],
  ])("%s", (_case, change, warnings) => {
    write(ALICE, change(cacheContent(ALICE, dataOf(ALICE))));
    expect(run()).toEqual({ answer: "users/alice/", warnings });
  });

  it("has one flipped bit: in each byte of the first line, and in each seventh after it", () => {
    const content = cacheContent(ALICE, dataOf(ALICE));
    for (let at = 0; at < content.length; at += at < lineOf(content).length ? 1 : 7) {
      const flipped = Buffer.from(content);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
      write(ALICE, flipped);
      const { answer, warnings } = run();
      expect({ at, answer, warnings: warnings.length }).toEqual({ at, answer: "users/alice/", warnings: 1 });
    }
  });
});

it("runs code that was changed after the build as it now is", () => {
  write(codeFor("users/carol/"), cacheContent(ALICE, dataOf(ALICE)));
  expect(run()).toEqual({ answer: "users/carol/", warnings: FOREIGN });
});

it("runs code with characters outside ASCII that was changed after the build", () => {
  write(codeFor("users/ålice/"), cacheContent(ALICE, dataOf(ALICE)));
  expect(run()).toEqual({ answer: "users/ålice/", warnings: FOREIGN });
});

it("says when V8 rejects data that the first line vouches for, and runs the code", () => {
  const longer = Buffer.concat([OTHER, Buffer.from("\n")]);
  write(ALICE, cacheContent(ALICE, dataOf(longer)));
  expect(run()).toEqual({
    answer: "users/alice/",
    warnings: warning("V8 rejects it, as it does when Node.js has a V8 flag"),
  });
});

function FOREIGN_ENGINE(): string[] {
  const { versions, platform, arch } = process;
  return warning(`it was not made by this engine, V8 ${versions.v8} ${platform} ${arch}`);
}

function lineOf(content: Buffer): Buffer {
  return content.subarray(0, content.indexOf("\n") + 1);
}

function replaced(content: Buffer, from: string, to: string): Buffer {
  return Buffer.from(content.toString("latin1").replace(from, to), "latin1");
}
