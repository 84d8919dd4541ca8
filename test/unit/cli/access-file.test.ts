import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessFileFrom, readAccessFile } from "../../../cli/access-file.ts";
import { checkedAccessFile } from "../../../cli/checked-access-file.ts";

const HEAD = `issuers:
  - name: login
    issuer: https://login.example.com/
    audience: photo-app
`;

function problemsIn(text: string): readonly string[] {
  const result = accessFileFrom(text, "access.yaml");
  return result.ok ? [] : result.problems;
}

describe("a mistake in access.yaml is told with file, line, column, field, and what to write instead", () => {
  it.each([
    [
      "a bare word in place of a list",
      `${HEAD}rules:\n  - name: a\n    allow: read\n    prefix: a/\n`,
      'access.yaml:7:5 rules[0].allow: is "read"; write a list: [read]',
    ],
    [
      "a prefix that YAML reads as a group",
      `${HEAD}rules:\n  - name: a\n    allow: [read]\n    prefix: {sub}\n`,
      'access.yaml:8:5 rules[0].prefix: is a group of names and values (a text with braces needs quotes in YAML); write a text, such as "users/{sub}/"',
    ],
    [
      "braces without quotes, and more behind them",
      `${HEAD}rules:\n  - name: a\n    allow: [read]\n    prefix: {sub}/a/\n`,
      'access.yaml:8:18 a text with braces needs quotes around the whole of it: "{sub}/a/"',
    ],
    [
      "braces without quotes in a list",
      `${HEAD}rules: []\ntests:\n  - can: [read users/{sub}/a.jpg]\n`,
      'access.yaml:7:22 a text with braces needs quotes around the whole of it: "users/{sub}/a.jpg"',
    ],
    [
      "a field that stands twice",
      `${HEAD}    audience: other\n`,
      'access.yaml:5:5 audience stands twice in the same group; delete one, or begin a new entry with "- "',
    ],
    [
      "a tab",
      `${HEAD}rules:\n\t- name: a\n`,
      "access.yaml:6:1 begins with a tab; YAML takes blanks only: two for each level",
    ],
    [
      "an anchor and its alias",
      `a: &x 1\nb: *x\n`,
      "access.yaml:1:7 an anchor (&…) is not read here; write the value without it",
      "access.yaml:2:4 an alias (*…) is not read here; write the value out, or in quotes",
    ],
    [
      "a merge key",
      "a:\n  <<: { b: 1 }\n",
      "access.yaml:2:3 << (a merge key) is not read here; write the fields out",
    ],
    ["another YAML", "%YAML 1.1\n---\na: yes\n", "access.yaml:1:1 has a %YAML line; delete it"],
    [
      "a tag",
      "a: !env SECRET\n",
      "access.yaml:1:4 has a tag (!…); tags are not read here: write the value alone, a text with ! in quotes",
    ],
    [
      "a second document",
      `${HEAD}---\nrules: []\n`,
      "access.yaml:5:1 has a second document (---); one file holds one: delete the line and what follows",
    ],
    [
      "a quote that is never closed, where it is opened",
      'a: "b\nc: d\n',
      "access.yaml:1:4 has a quote that is opened and never closed",
    ],
    [
      "a colon in a text",
      "a: own folder: b\n",
      'access.yaml:1:4 has a second ": " in one line; write the text in quotes',
    ],
    [
      "no blank behind the dash",
      "rules:\n  -name: a\n    allow: b\n",
      "access.yaml:2:10 needs a blank behind the dash: - name: own folder",
    ],
    [
      "no blank behind the colon",
      "a:b\nc: d\n",
      "access.yaml:1:1 needs a blank behind the colon: name: own folder",
    ],
    [
      "another indentation",
      "rules:\n  - name: a\n   allow: b\n",
      "access.yaml:3:1 is indented by another number of blanks than its neighbours; line it up with the fields above",
    ],
    [
      "a bracket that is not closed",
      "a: [b, c\nd: e\n",
      "access.yaml:2:1 ] is missing at the end of the line above",
    ],
    [
      "a number that no number holds",
      "a: 12345678901234567890\n",
      "access.yaml:1:4 is a number that cannot be kept exactly; write it in quotes",
    ],
    [
      "an empty file",
      "# nothing yet\n",
      "access.yaml: is empty; write issuers and rules, as docs/access-rules.md shows",
    ],
    ["a list", "- a\n", "access.yaml:1:1 is a list; write issuers, session, rules … below it"],
    ["a hostile depth", "[".repeat(5000), "access.yaml:1:820 is nested too deeply; is it the right file?"],
  ])("%s", (_mistake, text, ...problems) => {
    expect(problemsIn(text).slice(0, problems.length)).toEqual(problems);
  });

  it("tells all of them at once, in the file's order", () => {
    const text = `issuers:
  - name: Login
    isuer: https://login.example.com/
    audience: a
rules:
  - name: a
    allow: [reed]
    prefix: users/{sub}
`;
    expect(problemsIn(text).map((line) => line.split(": ")[0])).toEqual([
      "access.yaml:2:5 issuers[0].name",
      "access.yaml:2:5 issuers[0]",
      "access.yaml:3:5 issuers[0].isuer",
      "access.yaml:7:13 rules[0].allow[0]",
      "access.yaml:8:5 rules[0].prefix",
    ]);
  });

  it("quotes no line: a key may stand where its variable's name should", () => {
    for (const line of [
      "secret: hunter2: x",
      "secret: @hunter2",
      "secret: [hunter2",
      "secret: !hunter2 a",
      "secret: *hunter2",
    ]) {
      const problems = problemsIn(`issuers:\n  - ${line}\nrules: 1\n`);
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join()).not.toContain("hunter2");
    }
  });

  it("warns of a number that was meant as a text", () => {
    const result = accessFileFrom(
      `${HEAD}rules:\n  - name: a\n    when: { team: 007 }\n    allow: [read]\n    prefix: a/\n`,
      "access.yaml",
    );
    expect(result.ok && result.warnings).toEqual([
      'access.yaml:7:19 007 is read as the number 7; a text needs quotes: "007"',
    ]);
  });

  it("warns of a rule that reaches other users' folders, where it stands", () => {
    const result = accessFileFrom(
      `${HEAD}rules:\n  - { name: own, allow: [read], prefix: "users/{sub}/" }\n  - { name: all, allow: [read], prefix: users/, when: { role: admin } }\n`,
      "access.yaml",
    );
    expect(result.ok && result.warnings).toEqual([
      'access.yaml:7:33 rules[1].prefix: reaches every folder "users/{sub}/" of rules[0] (own): everybody for whom this rule matches can read there',
    ]);
  });
});

describe("a file", () => {
  let folder: string;
  const at = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "access-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [
      "that is not there",
      () => join(folder, "none.yaml"),
      "is not there; name another with --access FILE or ACCESS_FILE",
    ],
    ["that is a folder", () => folder, "is a folder; name the file in it"],
    [
      "that is not UTF-8",
      () => at("latin1.yaml", Uint8Array.of(0x61, 0xe9)),
      "is not UTF-8 text; save it as UTF-8",
    ],
    [
      "of more than 256 KB",
      () => at("large.yaml", "#".repeat(256 * 1024 + 1)),
      "has 262145 bytes, 262144 are the most; is it the right file?",
    ],
  ])("%s is refused", (_what, path, problem) => {
    expect(readAccessFile(path())).toEqual({ ok: false, problems: [`${path()}: ${problem}`] });
  });

  it("whose promises are broken is refused by the build's check, each where it stands", () => {
    const path = at(
      "broken.yaml",
      `${HEAD}rules:\n  - { name: own, allow: [read], prefix: "users/{sub}/" }\ntests:\n  - claims: { sub: alice }\n    can: [write users/alice/a]\n    cannot: [read users/alice/a, read users/bob/a]\n`,
    );
    expect(checkedAccessFile(path, { nowMs: 0 })).toEqual({
      ok: false,
      problems: [
        `${path}:9:11 tests[0].can[0]: is "write users/alice/a", a broken promise: they cannot (session policy: no statement allows oss:PutObject)`,
        `${path}:10:14 tests[0].cannot[0]: is "read users/alice/a", a broken promise: they can (own; session policy: statement 0 allows oss:GetObject)`,
      ],
    });
  });

  it("whose largest policy is too long for STS is warned of, with the sum", () => {
    const rules = Array.from(
      { length: 9 },
      (_, i) => `  - { name: r${i}, allow: [read, list], prefix: "f${i}/{sub}/" }`,
    );
    const checked = checkedAccessFile(at("long.yaml", `${HEAD}rules:\n${rules.join("\n")}\n`), {
      nowMs: 0,
      bucket: "examplebucket",
    });
    expect(checked.ok && checked.warnings).toEqual([
      expect.stringMatching(
        /long\.yaml:5:1 rules: a session policy can have \d+ bytes, 2047 are the most; .*sum: \d+ of 2047 bytes/,
      ),
    ]);
  });
});
