import { describe, expect, it } from "vitest";
import { accessFileFrom } from "../../../cli/shared/access-file.ts";

const FILE = `issuers:
  - name: login
    issuer: https://login.example.com/
    audience: photo-app
rules:
  - name: own folder
    allow: [read, write]
    when: { role: editor }
    prefix: users/{sub}/
tests:
  - claims: { sub: alice, role: editor }
    can: [read users/alice/a.jpg]
    cannot:
      - read users/bob/a.jpg
`;

/** The file with one change. */
function changed(from: string, to: string): string {
  if (FILE.split(from).length !== 2) throw new Error(`${from} stands not exactly once in the file`);
  return FILE.replace(from, () => to);
}

function problemsIn(text: string): readonly string[] {
  const result = accessFileFrom(text, "access.yaml");
  return result.ok ? [] : result.problems;
}

const named = (character: string, kind = "full-width") =>
  `"${character}" (${kind}, U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")})`;
const told = (at: string, characters: readonly string[], fix: string) =>
  `access.yaml:${at} has ${characters.join(" and ")}; ${fix}; if it belongs to a text, put the text in "quotes"`;
const QUOTES = [named("“", "quotation mark"), named("”", "quotation mark")];

describe("a character that looks like one of YAML's is told with both, where it breaks the meaning", () => {
  it.each<[string, string, string]>([
    ["after a name", changed("allow: [read", "allow：[read"), told("7:10", [named("：")], 'write ":"')],
    [
      "after a name, and a space",
      changed("allow: [read", "allow： [read"),
      told("7:10", [named("：")], 'write ":"'),
    ],
    ["after a name of the top", changed("rules:\n", "rules：\n"), told("5:6", [named("：")], 'write ":"')],
    [
      "after the first name of an entry",
      changed("name: own", "name：own"),
      told("6:9", [named("：")], 'write ":"'),
    ],
    [
      "after the name of a claim",
      changed("when: { role: editor }", "when:\n      role：editor"),
      told("9:11", [named("：")], 'write ":"'),
    ],
    [
      "after a name in braces",
      changed("{ role: editor }", "{ role： editor }"),
      told("8:17", [named("：")], 'write ":"'),
    ],
    [
      "between names in braces",
      changed("alice, role", "alice，role"),
      told("11:25", [named("，")], 'write ","'),
    ],
    ["between entries", changed("[read, write]", "[read，write]"), told("7:17", [named("，")], 'write ","')],
    [
      "an enumeration comma",
      changed("[read, write]", "[read、write]"),
      told("7:17", [named("、", "Chinese comma")], 'write ","'),
    ],
    ["a semicolon", changed("[read, write]", "[read；write]"), told("7:17", [named("；")], 'write ";"')],
    [
      "around a list",
      changed("[read, write]", "［read, write］"),
      told("7:12", [named("［"), named("］")], 'write "[" and "]"'),
    ],
    [
      "around a list, in the Chinese way",
      changed("[read, write]", "【read，write】"),
      told(
        "7:12",
        [named("【", "Chinese bracket"), named("，"), named("】", "Chinese bracket")],
        'write "[" and "," and "]"',
      ),
    ],
    ["at a list's end", changed("[read, write]", "[read, write］"), told("7:24", [named("］")], 'write "]"')],
    [
      "around a group",
      changed("{ role: editor }", "｛ role: editor ｝"),
      told("8:11", [named("｛"), named("｝")], 'write "{" and "}"'),
    ],
    ["around a text", changed("photo-app", "“photo-app”"), told("4:15", QUOTES, 'write "\\""')],
    [
      "around a text, at one end",
      changed("photo-app", '"photo-app”'),
      told("4:25", QUOTES.slice(1), 'write "\\""'),
    ],
    [
      "around a text, the simple ones",
      changed("{ role: editor }", "{ role: ‘editor’ }"),
      told("8:19", [named("‘", "quotation mark"), named("’", "quotation mark")], `write "'"`),
    ],
    ["around a prefix", changed("users/{sub}/", "“users/{sub}/”"), told("9:13", QUOTES, 'write "\\""')],
    [
      "before a comment",
      changed("photo-app", "photo-app ＃ the app"),
      told("4:25", [named("＃")], 'write "#"'),
    ],
    [
      "before a line's comment",
      changed("rules:\n", "＃ who\nrules:\n"),
      told("5:1", [named("＃")], 'write "#"'),
    ],
    [
      "for the dash of an entry",
      changed("- name: own", "－ name: own"),
      told("6:3", [named("－")], 'write "-"'),
    ],
    [
      "a smart dash for it",
      changed("- name: own", "– name: own"),
      told("6:3", [named("–", "dash")], 'write "-"'),
    ],
    [
      "a space of full width in the indentation",
      changed("    allow", "　　allow"),
      told("7:1", ["a character that looks like a space (full-width space, U+3000)"], "write a plain space"),
    ],
    [
      "a non-breaking space in the indentation",
      changed("    allow", "\u00a0\u00a0\u00a0\u00a0allow"),
      told(
        "7:1",
        ["a character that looks like a space (non-breaking space, U+00A0)"],
        "write a plain space",
      ),
    ],
    [
      "a non-breaking space after the colon",
      changed("allow: [", "allow:\u00a0["),
      told(
        "7:11",
        ["a character that looks like a space (non-breaking space, U+00A0)"],
        "write a plain space",
      ),
    ],
    [
      "a non-breaking space after the dash",
      changed("- name: own", "-\u00a0name: own"),
      told(
        "6:4",
        ["a character that looks like a space (non-breaking space, U+00A0)"],
        "write a plain space",
      ),
    ],
    [
      "a space of full width behind a text",
      changed("photo-app", "photo-app\u3000"),
      told("4:24", ["a character that looks like a space (full-width space, U+3000)"], "write a plain space"),
    ],
    [
      "nothing before a name",
      changed("    allow", "    \u200ballow"),
      told("7:5", ["a character that looks like nothing (zero-width, U+200B)"], "delete what nobody sees"),
    ],
    [
      "nothing in a text",
      changed("photo-app", "photo\u200b-app"),
      told("4:20", ["a character that looks like nothing (zero-width, U+200B)"], "delete what nobody sees"),
    ],
    [
      "a second byte order mark",
      changed("rules:\n", "\ufeffrules:\n"),
      told(
        "5:1",
        ["a character that looks like nothing (byte order mark, U+FEFF)"],
        "delete what nobody sees",
      ),
    ],
    [
      "between promises",
      changed("[read users/alice/a.jpg]", "[read users/alice/a.jpg，read users/alice/b.jpg]"),
      told("12:33", [named("，")], 'write ","'),
    ],
  ])("%s", (_where, text, problem) => {
    expect(problemsIn(text)).toEqual([problem]);
  });

  it("reports one problem for each line, and no problem that only follows from it", () => {
    const text = changed("allow: [read, write]", "allow：[read，write]").replace("photo-app", "“photo-app”");
    expect(problemsIn(text)).toEqual([
      told("4:15", QUOTES, 'write "\\""'),
      told("7:10", [named("："), named("，")], 'write ":" and ","'),
    ]);
  });

  it.each<[string, string, string]>([
    [
      "a prefix",
      changed("users/{sub}/", "users/｛sub｝／"),
      'access.yaml:9:5 rules[0].prefix has "｛" (full-width, U+FF5B) and "｝" (full-width, U+FF5D) and "／" (full-width, U+FF0F); write "users/{sub}/"',
    ],
    [
      "a prefix in quotes, with another mistake behind it",
      changed("users/{sub}/", '"users／:uid"'),
      'access.yaml:9:5 rules[0].prefix has "／" (full-width, U+FF0F); write "users/{sub}/"',
    ],
    [
      "a promise",
      changed("[read users/alice/a.jpg]", "[read　users/alice/a.jpg]"),
      "access.yaml:12:11 tests[0].can[0] has a character that looks like a space (full-width space, U+3000); write a plain space",
    ],
    [
      "a permission",
      changed("[read, write]", "[ｒead, write]"),
      'access.yaml:7:13 rules[0].allow[0] has "ｒ" (full-width, U+FF52); write "r"',
    ],
    [
      "an issuer's name with a smart dash",
      changed("name: login", "name: log–in"),
      'access.yaml:2:5 issuers[0].name has "–" (dash, U+2013); write "-"',
    ],
  ])("%s has one, and the field is named", (_what, text, problem) => {
    expect(problemsIn(text)).toEqual([problem]);
  });
});

it("a denial in such quotes would deny nobody: it is refused", () => {
  for (const entry of ["{ user: “mallory” }", "user: “mallory”", "{ user：mallory }"])
    expect(problemsIn(`${FILE}deny:\n  - ${entry}\n`)).toEqual([
      expect.stringMatching(/^access\.yaml:16:\d+ has "/),
    ]);
});

describe("a character of Chinese or of typography where it is text is left alone", () => {
  it.each<[string, string]>([
    ["in a rule's name", changed("own folder", "自己的文件夹：读、写（全部），“我的” ＃1")],
    ["in a rule's name in quotes", changed("own folder", "“own folder”")],
    ["in a comment", changed("photo-app", "photo-app # 应用：“photo-app”，必须一致")],
    ["in a comment line", changed("rules:\n", "# 规则：［读，写］\nrules:\n")],
    [
      "in a reason",
      `${FILE}deny:\n  - { user: mallory, reason: "离职：2026，已确认" }\n  - user: eve\n    reason: 离职：2026，已确认\n`,
    ],
    [
      "in a reason of several lines",
      `${FILE}deny:\n  - user: eve\n    reason: |\n      原因：离职\n      note：［2026］\n`,
    ],
    ["in parentheses of a value", changed("{ role: editor }", "{ role: [editor, 编辑（主管）] }")],
    ["in a value in quotes", changed("{ role: editor }", '{ role: [editor, "编辑，主管", "“x”"] }')],
    [
      "in the key of a promise",
      changed("[read users/alice/a.jpg]", "[read users/alice/照片，一：（二）.jpg]"),
    ],
    [
      "in the key of a promise of its own line",
      changed("- read users/bob/a.jpg", "- read users/bob/照片，“一”：二.jpg"),
    ],
    ["in the value of a test's claim", changed("sub: alice, role", "sub: alice, city: 杭州·西湖, role")],
    ["an ellipsis in a key", changed("[read users/alice/a.jpg]", "[read users/alice/a….jpg]")],
  ])("%s", (_where, text) => {
    expect(problemsIn(text)).toEqual([]);
  });

  it("a byte order mark at the beginning", () => {
    expect(problemsIn(`\ufeff${FILE}`)).toEqual([]);
  });
});
