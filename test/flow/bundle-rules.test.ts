import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { AccessFileError, accessFileOrThrow } from "../../cli/build/access-file.ts";
import { build } from "../../cli/build/build.ts";
import { sourceOf } from "../../cli/build/source-of.ts";

const folder = mkdtempSync(join(tmpdir(), "oss-valet-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, "access.yaml");
  writeFileSync(path, text);
  return path;
}

/** Six lines without a mistake. */
const ISSUERS = `issuers:
  - name: login
    issuer: https://login.example.com/
    audience: photo-app
    jwks: https://login.example.com/keys
    algorithms: [RS256]
`;

/** The mistakes, with the file's path cut down to its name. */
async function problemsOf(text: string): Promise<readonly string[]> {
  const accessFile = fileWith(text);
  try {
    await build({ accessFile, outDir: join(folder, "never") });
  } catch (error) {
    if (error instanceof AccessFileError) return error.problems.map((line) => line.replace(folder, "."));
    throw error;
  }
  return [];
}

describe("mistakes in access.yaml fail the build, all at once, each with its place", () => {
  it("names the field, its line and column, and what to write", async () => {
    expect(
      await problemsOf(`${ISSUERS}rules:
  - name: own folder
    allow: [read, wirte]
    prefix: users/{sub}
    colour: red
`),
    ).toEqual([
      expect.stringMatching(/^\.\/access\.yaml:9:19 rules\[0\]\.allow\[1\] is "wirte"; write /),
      expect.stringMatching(/^\.\/access\.yaml:10:5 rules\[0\]\.prefix must end in "\/"/),
      expect.stringMatching(/^\.\/access\.yaml:11:5 rules\[0\]\.colour is not known here/),
    ]);
  });

  it("points at what should hold a missing field", async () => {
    expect(await problemsOf(`${ISSUERS}rules:\n  - name: own folder\n    prefix: users/{sub}/\n`)).toEqual([
      expect.stringMatching(/^\.\/access\.yaml:8:5 rules\[0\] grants nothing; write allow: /),
    ]);
  });

  it("says so where a test of the file's own is broken, and where it stands", async () => {
    const rules = `${ISSUERS}rules:
  - name: own folder
    allow: [read]
    prefix: users/{sub}/
tests:
  - claims: { sub: alice }
    can: [read users/alice/a.jpg, write users/alice/a.jpg]
    cannot: [read users/bob/a.jpg]
`;
    expect(await problemsOf(rules)).toEqual([
      expect.stringMatching(
        /^\.\/access\.yaml:13:35 tests\[0\]\.can\[1\] is "write users\/alice\/a\.jpg", a broken promise/,
      ),
    ]);
    expect(await problemsOf(rules.replace(", write users/alice/a.jpg", ""))).toEqual([]);
  });

  it("says so where there is no file", () => {
    expect(() => accessFileOrThrow(join(folder, "none.yaml"))).toThrow(AccessFileError);
  });
});

describe("the rules in the bundle", () => {
  it("mean the same as their source", () => {
    const plain = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: "binary" }),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
        fc.boolean(),
        fc.constantFrom(null, undefined, "__proto__", "</script>", "\u2028", "\ud800"),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), tie("value"), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
        fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
      ),
    })).value;
    fc.assert(
      fc.property(plain, (value) => {
        expect(new Function(`return ${sourceOf(value)};`)()).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["a regular expression", /x/],
    ["a function", () => 1],
    ["a date", new Date(0)],
    ["a number that JSON has not", Number.NaN],
    ["a class's object", new (class Rule {})()],
  ])("refuse %s inside them", (_case, value) => {
    expect(() => sourceOf({ a: [value] })).toThrow(/is not plain data$/);
  });
});
