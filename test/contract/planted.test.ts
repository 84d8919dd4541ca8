import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { declarationsOf, placeOf } from "../../scripts/planted/place.ts";
import { bugs } from "../planted/bugs.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("test/planted", () => {
  it("has a place in the code for each bug", () => {
    const declarations = declarationsOf(ROOT);
    const problems = bugs.flatMap((bug) => {
      const found = placeOf(bug, declarations);
      return found.ok ? [] : [`${bug.name}: ${found.problem}`];
    });
    expect(problems).toEqual([]);
  });

  it("names no bug twice", () => {
    const names = bugs.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("names tests that exist, at least one for each bug", () => {
    const problems = bugs.flatMap(({ name, killedBy }) => {
      const missing = killedBy.filter((file) => !existsSync(join(ROOT, `test/${file}.test.ts`)));
      return killedBy.length === 0 || missing.length > 0
        ? [`${name}: ${missing.join(", ") || "no test"}`]
        : [];
    });
    expect(problems).toEqual([]);
  });

  it("names rows of docs/threat-model.md", () => {
    const rows = readFileSync(join(ROOT, "docs/threat-model.md"), "utf8");
    const problems = bugs.filter(({ threat }) => threat !== undefined && !rows.includes(`\n| ${threat} |`));
    expect(problems.map(({ name, threat }) => `${name}: ${threat}`)).toEqual([]);
  });
});
