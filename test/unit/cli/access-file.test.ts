import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessFileFrom, readAccessFile } from "../../../cli/shared/access-file.ts";
import { checkedAccessFile } from "../../../cli/shared/checked-access-file.ts";
import { grantOf } from "../../support/valet.ts";

const HEAD = `issuers:
  - name: login
    issuer: https://login.example.com/
    audience: photo-app
`;
const FILE = `${HEAD}rules:
  - name: own folder
    allow: [read, write]
    prefix: users/{sub}/
tests:
  - claims: { sub: alice }
    can: [read users/alice/a.jpg]
    cannot:
      - read users/bob/a.jpg
`;

function problemsIn(text: string): readonly string[] {
  const result = accessFileFrom(text, "access.yaml");
  return result.ok ? [] : result.problems;
}

function warningsIn(text: string): readonly string[] {
  const result = accessFileFrom(text, "access.yaml");
  return result.ok ? result.warnings : result.problems;
}

/** The file with one change. */
function changed(from: string, to: string, file = FILE): string {
  if (file.split(from).length !== 2) throw new Error(`${from} stands not exactly once in the file`);
  return file.replace(from, () => to);
}

const NOT_ALIGNED =
  "is indented by another number of spaces than its neighbours; line it up with the fields above";
const IN_QUOTES = "has a text with braces outside quotes; write the whole text in quotes";

describe("a mistake in access.yaml is told with file, line, column, field, and what to write instead", () => {
  it.each([
    [
      "a bare word in place of a list",
      changed("[read, write]", "read"),
      'access.yaml:7:5 rules[0].allow is "read"; write a list: [read]',
    ],
    [
      "a prefix that YAML reads as a group",
      changed("users/{sub}/", "{sub}"),
      'access.yaml:8:5 rules[0].prefix is a group of names and values (a text with braces needs quotes in YAML); write a text, such as "users/{sub}/"',
    ],
    [
      "an empty file",
      "# nothing yet\n",
      "access.yaml is empty; write issuers and rules, as docs/access-rules.md shows",
    ],
    ["a directive", `%FOO bar\n---\n${FILE}`, "access.yaml:1:1 has a line that begins with %; delete it"],
    ["a list", "- a\n", "access.yaml:1:1 is a list; write issuers, session, rules … below it"],
    ["another YAML", `%YAML 1.1\n---\n${FILE}`, "access.yaml:1:1 has a %YAML line; delete it"],
    [
      "a number that no number holds",
      changed("allow:", "when: { id: 12345678901234567890 }\n    allow:"),
      "access.yaml:7:17 is a number that cannot be kept exactly; write it in quotes",
    ],
  ])("%s", (_mistake, text, problem) => {
    expect(problemsIn(text)).toEqual([problem]);
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
    expect(problemsIn(text).map((line) => line.split(" ", 2).join(" "))).toEqual([
      "access.yaml:2:5 issuers[0].name",
      "access.yaml:3:5 issuers[0].isuer",
      "access.yaml:7:13 rules[0].allow[0]",
      "access.yaml:8:5 rules[0].prefix",
    ]);
  });

  it("tells what stands twice together with the mistakes of the rules, and with what they say to each other", () => {
    const text = `${HEAD}rules:
  - name: own folder
    allow: [read]
    allow: [write]
    prefix: users/{sub}/
    duraton: 900
  - { name: b, alow: [read], prefix: "users/{sub:hash}/" }
`;
    expect(problemsIn(text)).toEqual([
      'access.yaml:8:5 allow appears twice in the same group; delete one, or begin a new entry with "- "',
      "access.yaml:10:5 rules[0].duraton is not known here; write duration",
      "access.yaml:11:16 rules[1].alow is not known here; write allow",
      expect.stringMatching(
        /^access\.yaml:11:30 rules\[1\]\.prefix is "users\/\{sub:hash\}\/", which can be the same folder/,
      ),
    ]);
  });
});

it.each([
  [
    "in quotes",
    '"https://claims.example.com/app.role": member',
    '"orgs/{https://claims.example.com/app.org}/"',
  ],
  ["without", "https://claims.example.com/app.role: member", "orgs/{https://claims.example.com/app.org}/"],
])("the path of a claim below an address is written %s", (_how, when, prefix) => {
  const result = accessFileFrom(
    `${HEAD}rules:\n  - name: org\n    when:\n      ${when}\n    allow: [read]\n    prefix: ${prefix}\n`,
    "access.yaml",
  );
  expect(result.ok && result.rules.rules[0]).toMatchObject({
    when: new Map([["https://claims.example.com/app.role", ["member"]]]),
    prefix: { segments: [{ text: "orgs" }, { claim: "https://claims.example.com/app.org" }] },
  });
});

it("placeholders of other products are told where they are, and what is advised makes rules that match", () => {
  const rules = [
    "images/{userId}/{rest=**}",
    "private/\x24{identity.example.com:sub}/",
    "files/{{user}}/",
  ].map((prefix, index) => `  - name: rule ${index}\n    allow: [read]\n    prefix: ${prefix}\n`);
  const text = `${HEAD}rules:\n${rules.join("")}`;
  const problems = problemsIn(text);
  expect(problems).toEqual([
    'access.yaml:8:5 rules[0].prefix has "{userId}", "{rest=**}", which are placeholders of another product; write "images/{sub}/"',
    'access.yaml:11:5 rules[1].prefix has "\x24{identity.example.com:sub}", which is a placeholder of another product; write "private/{sub}/"',
    'access.yaml:14:5 rules[2].prefix has "{{user}}", which is a placeholder of another product; write "files/{sub}/"',
  ]);
  const lines = text.split("\n");
  for (const problem of problems) {
    const [, line = "", instead = ""] = /:(\d+):5 .*; write (".*")$/.exec(problem) ?? [];
    lines[Number(line) - 1] = `    prefix: ${instead}`;
  }
  const file = accessFileFrom(lines.join("\n"), "access.yaml");
  if (!file.ok) throw new Error(file.problems.join("\n"));
  expect(file.warnings).toEqual([]);
  expect(grantOf(file.rules, { sub: "u1" }).statements.map(({ prefix }) => prefix)).toEqual([
    "images/u1/",
    "private/u1/",
    "files/u1/",
  ]);
});

describe("YAML that is more than this file may be is told, and the rest is read for its mistakes all the same", () => {
  it.each([
    [
      "an anchor and its alias",
      `${changed("[read, write]", "&all [read, write]")}  - { claims: { sub: bob }, can: *all, cannot: [raed users/alice/a] }\n`,
      [
        "access.yaml:7:12 an anchor (&…) is not read here; write the value without it",
        'access.yaml:14:29 tests[1].can[0] is "read"; write a permission and a key, such as read users/alice/a.jpg',
        'access.yaml:14:29 tests[1].can[1] is "write"; write a permission and a key, such as write users/alice/a.jpg',
        "access.yaml:14:34 an alias (*…) is not read here; write the value out, or in quotes",
        'access.yaml:14:49 tests[1].cannot[0] is "raed users/alice/a"; write a permission and a key, such as read users/alice/a.jpg',
      ],
    ],
    [
      "an anchor on the line above its value, and a merge key",
      changed(
        "  - name: own folder",
        "  - &own\n    name: own folder",
        changed("tests:", "  - <<: *own\n    name: b\n    mode: repot\ntests:"),
      ),
      [
        "access.yaml:6:5 an anchor (&…) is not read here; write the value without it",
        "access.yaml:10:5 << (a merge key) is not read here; write the fields out",
        "access.yaml:10:9 an alias (*…) is not read here; write the value out, or in quotes",
        'access.yaml:12:5 rules[1].mode is "repot"; write report',
      ],
    ],
    [
      "an alias that leads nowhere",
      changed("[read, write]", "*all"),
      ["access.yaml:7:12 an alias (*…) is not read here; write the value out, or in quotes"],
    ],
  ])("%s", (_what, text, problems) => {
    expect([...problemsIn(text)].sort()).toEqual([...problems].sort());
  });

  it.each(["!env", "!!str", "!!binary", "!!merge", "!!set", "!!null", "!"])("the tag %s", (tag) => {
    expect(problemsIn(changed("name: own folder", `name: ${tag} own folder`))).toEqual([
      "access.yaml:6:11 has a tag (!…), and tags are not read here; write the value alone, or a text with ! in quotes",
    ]);
    expect(problemsIn(changed("allow:", `when: ${tag} { role: a }\n    allow:`))[0]).toMatch(
      /^access\.yaml:7:11 has a tag/,
    );
  });
});

describe("what is no YAML is told in an operator's words, at its place, without what only follows from it", () => {
  it.each([
    [
      "braces without quotes, and more behind them",
      changed("users/{sub}/", "{sub}/a/"),
      `access.yaml:8:18 ${IN_QUOTES}: "{sub}/a/"`,
    ],
    [
      "braces without quotes in a group",
      `${HEAD}rules:\n  - { name: own, allow: [read], prefix: users/{sub}/ }\n`,
      `access.yaml:6:47 ${IN_QUOTES}: "users/{sub}/"`,
    ],
    [
      "braces without quotes in a list of promises",
      changed("users/alice/", "users/{sub}/"),
      "access.yaml:11:22 has braces in a promise, but a promise names one real key; write a key, as in read users/alice/a.jpg",
    ],
    [
      "a tab",
      changed("    allow", "\tallow"),
      "access.yaml:7:1 begins with a tab, but YAML takes spaces only; write two spaces for each level",
    ],
    [
      "a second document",
      changed("tests:", "---\ntests:"),
      "access.yaml:9:1 has a second document (---), but one file holds one; delete this line and everything after it",
    ],
    [
      "a quote that is never closed, where it is opened",
      changed("users/{sub}/", '"users/{sub}/'),
      "access.yaml:8:13 has a quote that is never closed; close it at the end of the text",
    ],
    [
      "a quote that another one closes",
      changed("users/{sub}/", "'users/{sub}/\""),
      "access.yaml:8:13 has a quote that is never closed; close it at the end of the text",
    ],
    [
      "a colon in a text",
      changed("own folder", "own folder: mine"),
      'access.yaml:6:11 has a second ": " in one line; write the text in quotes',
    ],
    [
      "no blank behind the dash",
      changed("- name: own", "-name: own"),
      "access.yaml:6:10 has no space after the dash; write one, as in - name: own folder",
    ],
    [
      "no blank behind the colon",
      changed("name: own", "name:own"),
      "access.yaml:6:5 has no space after the colon; write one, as in name: own folder",
    ],
    [
      "no colon",
      changed("allow: [", "allow ["),
      "access.yaml:7:5 has no colon after the name; write one, as in rules:",
    ],
    ["a field with one blank too few", changed("    prefix", "   prefix"), `access.yaml:8:1 ${NOT_ALIGNED}`],
    ["a field with two too many", changed("    prefix", "      prefix"), `access.yaml:8:1 ${NOT_ALIGNED}`],
    [
      "the same, where the prefix has its quotes",
      changed("    prefix: users/{sub}/", '   prefix: "users/{sub}/"'),
      `access.yaml:8:1 ${NOT_ALIGNED}`,
    ],
    [
      "a field deeper than the text above it",
      changed("    allow", "     allow"),
      `access.yaml:7:6 ${NOT_ALIGNED}`,
    ],
    [
      "a field deeper than the quoted text above it",
      changed("name: own folder\n    allow", 'name: "own folder"\n     allow'),
      `access.yaml:7:1 ${NOT_ALIGNED}`,
    ],
    ["an entry without its dash", changed("tests:", "  name: b\ntests:"), `access.yaml:9:1 ${NOT_ALIGNED}`],
    [
      "a bracket that is not closed",
      changed("[read, write]", "[read, write"),
      "access.yaml:8:5 needs a ]; add ] at the end of the line above",
    ],
    [
      "a comma too many",
      changed("[read, write]", "[read,, write]"),
      "access.yaml:7:18 has a comma too many; delete it",
    ],
    [
      "a hostile depth",
      "[".repeat(5000),
      "access.yaml:1:820 is nested too deeply; check whether this is the right file",
    ],
  ])("%s", (_mistake, text, problem) => {
    expect(problemsIn(text)).toEqual([problem]);
  });

  it("tells each of several that do not follow from each other", () => {
    const text = changed(
      "own folder",
      "%own",
      changed("users/{sub}/", "{sub}/", changed("alice }", "`alice }")),
    );
    const character = "has a text that begins with a special character of YAML; write it in quotes";
    expect(problemsIn(text)).toEqual([
      `access.yaml:6:11 ${character}`,
      `access.yaml:8:18 ${IN_QUOTES}: "{sub}/"`,
      `access.yaml:10:20 ${character}`,
    ]);
  });

  it("speaks of indentation, whichever line of a rule is not in line with the others", () => {
    for (const line of ["    allow", "    prefix", "    can", "    cannot"]) {
      for (const blanks of [1, 2, 3, 5, 6, 8]) {
        const [only, ...others] = problemsIn(changed(`\n${line}:`, `\n${" ".repeat(blanks)}${line.trim()}:`));
        expect([only, others], `${line} with ${blanks}`).toEqual([expect.stringContaining(NOT_ALIGNED), []]);
      }
    }
  });
});

describe("an audience that is nothing", () => {
  const EMPTY =
    "access.yaml:4:5 issuers[0].audience is empty; write the token's aud, or null to switch the check off";

  it.each(["audience:", "audience: # later", "audience: ~", "audience: Null", 'audience: ""'])(
    "J16: %s is refused: the check is switched off where everybody can see it, or not at all",
    (line) => {
      expect(problemsIn(changed("audience: photo-app", line))).toEqual([EMPTY]);
    },
  );

  it("J16: nothing as one of several is refused", () => {
    expect(problemsIn(changed("audience: photo-app", "audience:\n      - photo-app\n      -"))).toEqual([
      "access.yaml:6:8 issuers[0].audience[1] is null in a list; delete it, or write null instead of the whole list to switch the check off",
    ]);
  });

  it("is null: switched off, and warned of", () => {
    expect(warningsIn(changed("audience: photo-app", "audience: null"))).toEqual([
      "access.yaml:4:5 issuers[0].audience is null: tokens that this issuer made for other services are accepted too; write the token's aud. If it has none, write audienceClaim: client_id, or another claim that names the App",
    ]);
  });
});

describe("what is read otherwise than it looks", () => {
  it("quotes no line: a key may stand where its variable's name should", () => {
    for (const line of [
      "secret: hunter2: x",
      "secret: @hunter2",
      "secret: [hunter2",
      "secret: !hunter2 a",
      "secret: *hunter2",
      "secret: {hunter2}456",
      'secret: "a" hunter2',
      "secret: [a, {hunter2}b]",
      "secret: |hunter2",
      "secret: |\tb\rhunter2",
      "secret: !<hunter2 x",
      "secret: hunter2\n      x: y",
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
      'access.yaml:7:19 007 is read as the number 7; write a text in quotes: "007"',
    ]);
  });

  it.each([
    ["session: { duration: 9e2 }", "access.yaml:5:22 9e2 is read as the number 900; write 900"],
    ["session: { maxDuration: 0xe10 }", "access.yaml:5:25 0xe10 is read as the number 3600; write 3600"],
  ])(
    "warns of a number in another spelling, and never advises a text where none may be: %s",
    (line, warning) => {
      const [before = "", after = ""] = FILE.split("rules:");
      const changedFile = (text: string) => `${before}${text}\nrules:${after}`;
      expect(warningsIn(changedFile(line))).toEqual([warning]);
      const advised = line.replace(/\S+ \}$/, `${warning.split("; write ")[1]} }`);
      expect(warningsIn(changedFile(advised))).toEqual([]);
    },
  );

  it.each([".inf", "1e400", "99999999999999999999"])(
    "shows %s as a number, and asks for a whole one",
    (value) => {
      const problems = problemsIn(changed("allow:", `duration: ${value}\n    allow:`));
      expect(problems[0]).toBe(
        `access.yaml:7:5 rules[0].duration is ${Number(value.replace(".inf", "Infinity"))}; write a whole number of seconds from 900 to 43200`,
      );
      expect(problems[1]).toContain("cannot be kept exactly; write a text in quotes");
    },
  );

  it.each([
    ["yes", "true"],
    ["On", "true"],
    ["NO", "false"],
    ["off", "false"],
  ])("warns of %s where a claim may be true or false", (word, meant) => {
    const words = `${word} is read as a text; write ${meant} for the boolean, or the text in quotes: "${word}"`;
    const when = changed("allow:", `when: { role: editor, verified: ${word} }\n    allow:`);
    expect(warningsIn(when)).toEqual([`access.yaml:7:37 ${words}`]);
    const list = changed("sub: alice }", `sub: alice, roles: [a, ${word}] }`);
    expect(warningsIn(list)).toEqual([`access.yaml:10:38 ${words}`]);
    expect(warningsIn(changed("allow:", `when: { verified: "${word}" }\n    allow:`))).toEqual([]);
    expect(warningsIn(changed("own folder", word))).toEqual([]);
  });

  it("warns of a rule that reaches other users' folders, where it stands", () => {
    const result = accessFileFrom(
      `${HEAD}rules:\n  - { name: own, allow: [read], prefix: "users/{sub}/" }\n  - { name: all, allow: [read], prefix: users/, when: { role: admin } }\n`,
      "access.yaml",
    );
    expect(result.ok && result.warnings).toEqual([
      'access.yaml:7:33 rules[1].prefix reaches every folder "users/{sub}/" of rules[0] (own): everybody who matches this rule can read there; write a narrower prefix, unless this is intended',
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
      "does not exist; name another with --access FILE or ACCESS_FILE",
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
      "has 262145 bytes, more than 262144; check whether it is the right file",
    ],
  ])("%s is refused", (_what, path, problem) => {
    expect(readAccessFile(path())).toEqual({ ok: false, problems: [`${path()} ${problem}`] });
  });

  it("whose promises are broken is refused by the build's check, each where it stands", () => {
    const path = at(
      "broken.yaml",
      `${HEAD}rules:\n  - { name: own, allow: [read], prefix: "users/{sub}/" }\ntests:\n  - claims: { sub: alice }\n    can: [write users/alice/a]\n    cannot: [read users/alice/a, read users/bob/a]\n`,
    );
    expect(checkedAccessFile(path, { nowMs: 0 })).toEqual({
      ok: false,
      problems: [
        `${path}:9:11 tests[0].can[0] is "write users/alice/a", a broken promise: the user cannot do this (session policy: no statement allows oss:PutObject); change the rules or the promise`,
        `${path}:10:14 tests[0].cannot[0] is "read users/alice/a", a broken promise: the user can do this (own; session policy: statement 0 allows oss:GetObject); change the rules or the promise`,
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
        /long\.yaml:5:1 rules can make a session policy of \d+ bytes, more than 2047: such a user gets no credentials \(500 ServerError\); shorten it: .*sum: \d+ of 2047 bytes/,
      ),
    ]);
  });
});

it.each(["2028", "2029", "0085", "009b", "202e"])(
  "quotes U+%s of the file only escaped: a problem is one line that moves no cursor and turns no text",
  (code) => {
    const character = String.fromCharCode(Number.parseInt(code, 16));
    const [problem = ""] = problemsIn(changed("read, write", `"re${character}ad"`));
    expect(problem).toMatch(/^[ -~]+$/);
    expect(problem).toContain(`re\\u${code}ad`);
  },
);
