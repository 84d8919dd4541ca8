import { describe, expect, it } from "vitest";
import {
  claimsOf,
  couldBe,
  hashedClaimProblem,
  hashSegment,
  plainClaimProblem,
  renderedPrefix,
} from "../../../../shared/domain/prefix/prefix-template.ts";
import { prefixTemplateFrom } from "../../../../shared/domain/rules/prefix-syntax.ts";
import { BREAKING_TEXTS } from "../../../support/hostile-texts.ts";

function template(text: string) {
  const result = prefixTemplateFrom(text);
  if ("problem" in result) throw new Error(JSON.stringify(result.problem));
  return result.template;
}

function rendered(text: string, claims: Readonly<Record<string, unknown>>, issuer = "login") {
  return renderedPrefix(template(text), {
    issuer,
    issuerUrl: `https://${issuer}.example.com/`,
    claim: (name) => claims[name],
  });
}

describe("a rule's prefix", () => {
  it.each([
    [
      "users/{sub}/",
      [
        { kind: "literal", text: "users" },
        { kind: "claim", claim: "sub" },
      ],
    ],
    // A name of Cognito's.
    ["{custom:team}/", [{ kind: "claim", claim: "custom:team" }]],
    ["{custom:team:hash}/", [{ kind: "hash", claim: "custom:team" }]],
    ["{issuer}/{sub:hash}/", [{ kind: "issuer" }, { kind: "hash", claim: "sub" }]],
    [
      "t/{app_metadata.team}/",
      [
        { kind: "literal", text: "t" },
        { kind: "claim", claim: "app_metadata.team" },
      ],
    ],
    [
      "t/{https://example.com/team}/x/",
      [
        { kind: "literal", text: "t" },
        { kind: "claim", claim: "https://example.com/team" },
        { kind: "literal", text: "x" },
      ],
    ],
    [
      "t/{https://example.com/team:hash}/",
      [
        { kind: "literal", text: "t" },
        { kind: "hash", claim: "https://example.com/team" },
      ],
    ],
    [
      "orgs/{https://claims.example.com/app.org}/{sub}/",
      [
        { kind: "literal", text: "orgs" },
        { kind: "claim", claim: "https://claims.example.com/app.org" },
        { kind: "claim", claim: "sub" },
      ],
    ],
    ["{https://a.example:8443/app.org:hash}/", [{ kind: "hash", claim: "https://a.example:8443/app.org" }]],
    ["{urn:example:team}/", [{ kind: "claim", claim: "urn:example:team" }]],
    [
      "shared files/$2026/",
      [
        { kind: "literal", text: "shared files" },
        { kind: "literal", text: "$2026" },
      ],
    ],
  ])("reads %s segment by segment", (text, segments) => {
    expect(template(text)).toEqual({ text, segments });
  });

  it.each([
    ["", "is empty, which would be the whole bucket", 'write a folder, such as "users/{sub}/"'],
    ["/users/{sub}/", 'starts with "/", but keys do not', 'write "users/{sub}/"'],
    ["/users/{sub}", 'starts with "/", but keys do not', 'write "users/{sub}/"'],
    ["/", "would be the whole bucket", 'write a folder, such as "users/{sub}/"'],
    ["// /", "would be the whole bucket", 'write a folder, such as "users/{sub}/"'],
    ["users/{sub}", 'must end in "/"', 'write "users/{sub}/"'],
    ["users/{sub}/ ", "has spaces around it", 'write "users/{sub}/"'],
    ["users/{sub}/\n", "has spaces around it", 'write "users/{sub}/"'],
    ["users/{sub}/ /", "has a segment of spaces only", 'write "users/{sub}/"'],
    ["users/{sub}*", 'has "{sub}*", but a placeholder fills a whole segment', 'write "{sub}/"'],
    ["users//{sub}/", 'has an empty segment ("//")', 'write "users/{sub}/"'],
    ["users/{sub}//", 'has an empty segment ("//")', 'write "users/{sub}/"'],
    [".", 'has a path step ("." or "..")', "name the folder itself"],
    ["oss://my-bucket/users/{sub}/", "names a bucket", 'write bucket: my-bucket and prefix: "users/{sub}/"'],
    ["oss://my-bucket", "names a bucket", 'write bucket: my-bucket and prefix: "users/{sub}/"'],
    ["users/../{sub}/", 'has a path step ("." or "..")', "name the folder itself"],
    ["./{sub}/", 'has a path step ("." or "..")', "name the folder itself"],
    ["a..b/", 'has a path step ("." or "..")', "name the folder itself"],
    [
      "users/*/",
      'contains "*", but a prefix already covers everything below it',
      'delete "*", or write "{sub}" for one folder per user',
    ],
    ["users/a?/", 'contains "?", which is not allowed in a prefix', "write the folder's name without it"],
    ["users\\{sub}/", 'has "users\\\\{sub}", but a placeholder fills a whole segment', 'write "{sub}/"'],
    ["users\\x/", 'contains "\\\\", which is not allowed in a prefix', "write the folder's name without it"],
    [
      "üsers/",
      "has a character outside printable ASCII",
      "use printable ASCII only: a policy can compare nothing else safely",
    ],
    [
      "a\u0000/",
      "has a character outside printable ASCII",
      "use printable ASCII only: a policy can compare nothing else safely",
    ],
    ["u-{sub}/", 'has "u-{sub}", but a placeholder fills a whole segment', 'write "{sub}/"'],
    ["{sub}{team}/", 'has "{sub}{team}", but a placeholder fills a whole segment', 'write "{sub}/"'],
    ["{{sub}}/", 'has "{{sub}}", which is a placeholder of another product', 'write "{sub}/"'],
    ["\x24{sub}/", 'has "\x24{sub}", which is a placeholder of another product', 'write "{sub}/"'],
    ["{}/", 'has "{}", but a placeholder fills a whole segment', 'write "{sub}/"'],
    ["{sub/", 'has "{sub", but a placeholder fills a whole segment', 'write "{sub}/"'],
    ["{ sub }/", `has "{ sub }", which is not a claim's name`, `write the claim's name alone: "{sub}"`],
    ["{ team }/", `has "{ team }", which is not a claim's name`, `write the claim's name alone: "{team}"`],
    ["{:hash}/", `has "{:hash}", which is not a claim's name`, `write the claim's name alone: "{sub}"`],
    ["{sub:sha256}/", 'has "{sub:sha256}", but the only form is "hash"', 'write "{sub}" or "{sub:hash}"'],
    ["{sub:sha3}/", 'has "{sub:sha3}", but the only form is "hash"', 'write "{sub}" or "{sub:hash}"'],
    [
      "{email:domain}/",
      'has "{email:domain}", but the only form is "hash"',
      'write "{email}" or "{email:hash}"',
    ],
    [
      "{custom:MD5}/",
      'has "{custom:MD5}", but the only form is "hash"',
      'write "{custom}" or "{custom:hash}"',
    ],
    [
      "{sub:hash:hash}/",
      'has "{sub:hash:hash}", but the only form is "hash"',
      'write "{sub}" or "{sub:hash}"',
    ],
    [
      "{sub:hash:hash:hash}/",
      'has "{sub:hash:hash:hash}", but the only form is "hash"',
      'write "{sub}" or "{sub:hash}"',
    ],
    [
      "{https://a.example/team:hsah}/",
      'has "{https://a.example/team:hsah}", but the only form is "hash"',
      'write "{https://a.example/team}" or "{https://a.example/team:hash}"',
    ],
    [
      "{custom:team:Hash}/",
      'has "{custom:team:Hash}", but the only form is "hash"',
      'write "{custom:team}" or "{custom:team:hash}"',
    ],
    ["{team: hash}/", 'has "{team: hash}", but the only form is "hash"', 'write "{team}" or "{team:hash}"'],
    ["{team:}/", 'has "{team:}", but the only form is "hash"', 'write "{team}" or "{team:hash}"'],
    ["{app..team}/", 'has "{app..team}": has a dot without a name beside it', 'write "{app.team}"'],
    [
      "{app.team.:hash}/",
      'has "{app.team.:hash}": has a dot without a name beside it',
      'write "{app.team:hash}"',
    ],
    [
      "{app['team']}/",
      `has "{app['team']}": a path has dots, not brackets, and a list needs no number`,
      'write "{app.team}"',
    ],
    ["{.}/", 'has "{.}": has a dot without a name beside it', 'write "{sub}"'],
    ["{Issuer}/{sub}/", 'has "{Issuer}", which is not a placeholder', 'write "{issuer}"'],
    ["{issuer:hash}/{sub}/", 'has "{issuer:hash}", which is not a placeholder', 'write "{issuer}"'],
    [
      `${"a".repeat(950)}/{sub:hash}/{issuer}/${"b".repeat(40)}/`,
      "has at least 1027 characters, and a key has at most 1023",
      "write a shorter prefix",
    ],
  ])("refuses %j", (text, is, fix) => {
    const result = prefixTemplateFrom(text);
    // An unclosed brace swallows the closing slash; what matters there is that it is refused.
    if (text === "{sub/") expect(result).toHaveProperty("problem");
    else expect(result).toEqual({ problem: { is, fix } });
  });

  it("needs each of its claims once", () => {
    expect(claimsOf(template("{issuer}/{team}/{sub}/{team:hash}/x/"))).toEqual(["team", "sub"]);
  });
});

describe("a claim in a prefix", () => {
  it.each([
    "alice",
    "Alice",
    "a",
    "-",
    "_",
    "auth0|5f7c",
    "a.b",
    "a.",
    "user@example.com",
    "a+b",
    "k=v",
    "~a",
    "9".repeat(128),
  ])("takes %j as it is", (sub) => {
    expect(rendered("users/{sub}/", { sub })).toEqual({ kind: "prefix", prefix: `users/${sub}/` });
  });

  it.each([
    ["", "is empty"],
    [".hidden", "has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot"],
    ["..", "has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot"],
    ["a..b", 'contains ".."'],
    ["a/b", "has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot"],
    ["alice\n", "has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot"],
    ["a".repeat(129), "has 129 characters, more than 128"],
    [7, "is a number, not a string"],
    [true, "is a boolean, not a string"],
    [null, "is null, not a string"],
    [["alice"], "is a list, not a string"],
    [{ toString: "alice" }, "is an object, not a string"],
  ])("refuses %j, and cleans nothing up", (sub, problem) => {
    expect(rendered("users/{sub}/", { sub })).toEqual({ kind: "unsafe", claim: "sub", problem });
  });

  it.each(BREAKING_TEXTS)("P1 P2 P3 P4 P6: refuses %j", (sub) => {
    expect(plainClaimProblem(sub)).toBeDefined();
  });

  it("is missing where the token has none: no folder called undefined", () => {
    expect(rendered("users/{sub}/", {})).toEqual({ kind: "missing", claim: "sub" });
  });

  it("never reads a value again: a claim that looks like a placeholder is refused", () => {
    expect(rendered("{team}/{sub}/", { team: "{sub}", sub: "alice" })).toMatchObject({
      kind: "unsafe",
      claim: "team",
    });
  });

  it("refuses a prefix that is too long for a key", () => {
    expect(rendered(`${"d".repeat(900)}/{sub}/`, { sub: "a".repeat(128) })).toEqual({
      kind: "unsafe",
      claim: "sub",
      problem: "makes a prefix of more than 1023 characters",
    });
    const claims = { sub: "a".repeat(128), team: "b".repeat(128) };
    expect(rendered(`${"d".repeat(800)}/{sub}/{team}/`, claims)).toMatchObject({ claim: "sub, team" });
  });
});

describe("a hashed claim", () => {
  it("is 32 characters of lower-case base32 SHA-256 of issuer and claim, each with its length before it", () => {
    // printf '26:https://login.example.com/5:alice' | openssl dgst -sha256 -binary | base32 | tr A-Z a-z | cut -c1-32
    expect(hashSegment("https://login.example.com/", "alice")).toBe("zalqouudr2brm72vflo32tslzfwpzdum");
    expect(rendered("u/{sub:hash}/", { sub: "alice" })).toEqual({
      kind: "prefix",
      prefix: "u/zalqouudr2brm72vflo32tslzfwpzdum/",
    });
  });

  it("takes any text", () => {
    for (const sub of ["*", "../bob", "a/b", "爱丽丝", "\u0000", " ", "x".repeat(1024)]) {
      expect(rendered("u/{sub:hash}/", { sub })).toMatchObject({ kind: "prefix" });
    }
  });

  it.each([
    ["\ud800", "is not well-formed Unicode"],
    ["a\udc00", "is not well-formed Unicode"],
    ["", "is empty"],
    ["x".repeat(1025), "has 1025 bytes, more than 1024"],
    ["é".repeat(513), "has 1026 bytes, more than 1024"],
    [7, "is a number, not a string"],
    [["alice"], "is a list, not a string"],
  ])("refuses %j", (sub, problem) => {
    expect(hashedClaimProblem(sub)).toBe(problem);
    expect(rendered("u/{sub:hash}/", { sub })).toEqual({ kind: "unsafe", claim: "sub", problem });
  });

  it.each([
    ["the issuer", ["https://a/", "alice"], ["https://b/", "alice"]],
    ["the user", ["https://a/", "alice"], ["https://a/", "Alice"]],
    ["where one ends and the other begins", ["https://a/b", "c"], ["https://a/", "bc"]],
    ["a composed or decomposed é", ["https://a/", "\u00e9"], ["https://a/", "e\u0301"]],
  ])("differs by %s", (_by, [issuerA = "", userA = ""], [issuerB = "", userB = ""]) => {
    expect(hashSegment(issuerA, userA)).not.toBe(hashSegment(issuerB, userB));
  });
});

describe("{issuer} in a prefix", () => {
  it("is the operator's word for it", () => {
    expect(rendered("{issuer}/{sub}/", { sub: "alice" }, "partner")).toEqual({
      kind: "prefix",
      prefix: "partner/alice/",
    });
  });

  it("is not the token's claim of that name", () => {
    expect(rendered("{issuer}/{sub}/", { sub: "alice", issuer: "victim" })).toEqual({
      kind: "prefix",
      prefix: "login/alice/",
    });
  });
});

describe("a name of the operator's that a claim could take", () => {
  it.each([
    ["users", "claim", true],
    ["my folder", "claim", false],
    [".config", "claim", false],
    ["zalqouudr2brm72vflo32tslzfwpzdum", "hash", true],
    ["ZALQOUUDR2BRM72VFLO32TSLZFWPZDUM", "hash", false],
    ["users", "hash", false],
  ] as const)("%s as a %s: %s", (literal, placeholder, possible) => {
    expect(couldBe(literal, placeholder)).toBe(possible);
  });
});
