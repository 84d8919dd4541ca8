/**
 * Texts that a user may put where a name is expected, and that have broken somebody's paths, patterns or logs:
 * wildcards, path steps, structure, templates, look-alikes. None is a safe path segment.
 */
export const BREAKING_TEXTS: readonly string[] = [
  // P1: RAM's wildcards
  "*",
  "?",
  "ali*",
  "alic?",
  "*/secret",
  "alice*",
  // P2: path steps
  "/",
  "alice/",
  "/alice",
  "alice/photos",
  "..",
  ".",
  "../bob",
  "alice/../bob",
  "...",
  "a..b",
  ".a",
  "//",
  "\\",
  "..\\bob",
  "%2f",
  "..%2fbob",
  "%2e%2e",
  "%252e",
  ";bob",
  "alice\uff0fbob",
  "\u2024\u2024",
  "\u2215",
  // P3: the policy's structure
  '"',
  '"]},{"Effect":"Allow","Action":"*","Resource":"*"},{"x":["',
  '\\"',
  "','",
  // P4: templates
  "\x24{acs:PrincipalTag/x}",
  "{{sub}}",
  "{sub}",
  "$&",
  "$`",
  "$'",
  "<%= x %>",
  "%s",
  // P6: two spellings of one name
  "alice ",
  " alice",
  "alice\u00a0",
  "ali\u200bce",
  "\u0430lice",
  "alic\u0435",
  "\u212a",
  "\ufb01",
  "e\u0301",
  "\ud800",
  "\udc00",
  "\ufffd",
  "\u202ealice",
  // control characters
  "\u0000",
  "alice\u0000",
  "alice\n",
  "alice\r\nX-Evil: 1",
  "\u001b[31m",
  "\u007f",
  "\u2028",
  // other interpreters
  "' OR 1=1 --",
  "$(id)",
  "`id`",
  "<script>",
  "a,b",
  "a b",
  "a:b",
  "a#b",
];

/** Values of other types than text, where a name is expected. */
export const NO_TEXTS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  7,
  -1,
  1e21,
  [],
  ["alice"],
  [["alice"]],
  {},
  { toString: "alice" },
  { length: 5 },
  "",
];

/** Names that every object has. */
export const PROTOTYPE_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
];
