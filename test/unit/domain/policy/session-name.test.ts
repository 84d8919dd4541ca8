import { describe, expect, it } from "vitest";
import { sessionNameFor } from "../../../../shared/domain/policy/session-name.ts";
import { BREAKING_TEXTS } from "../../../support/hostile-texts.ts";

const LOGIN_URL = "https://login.example.com/";
const nameOf = (user: string, issuerUrl = LOGIN_URL) => sessionNameFor({ issuerUrl, user });

/** Source: STS AssumeRole, RoleSessionName: 2 to 64 of letters, digits, `.`, `@`, `-`, `_`. */
const STS_FORM = /^[A-Za-z0-9.@_-]{2,64}$/;

describe("a session name", () => {
  it("is the user's readable characters and 20 hex characters of a digest over issuer and user", () => {
    // printf '26:https://login.example.com/5:alice' | sha256sum | cut -c1-20
    expect(nameOf("alice")).toBe("alice-c8170752838e83167f55");
  });

  it("is cut to 64 characters, the digest whole", () => {
    expect(nameOf("a".repeat(200))).toMatch(/^a{43}-[0-9a-f]{20}$/);
  });

  it("is the digest alone where nothing of the user is readable", () => {
    expect(nameOf("爱丽丝")).toMatch(/^-[0-9a-f]{20}$/);
  });

  it.each(BREAKING_TEXTS.filter((text) => text.isWellFormed()))(
    "P11: is one that STS takes for %j",
    (user) => {
      expect(nameOf(user)).toMatch(STS_FORM);
    },
  );

  it.each([
    ["another case", "alice", "Alice"],
    ["a character that is left out", "al/ice", "alice"],
    ["a difference behind the cut", `${"a".repeat(60)}1`, `${"a".repeat(60)}2`],
    ["another case behind the cut", `${"a".repeat(60)}x`, `${"a".repeat(60)}X`],
    ["another case of what is left out", "\u00e9", "\u00c9"],
    ["two left-out characters", "*", "?"],
    ["composed and decomposed é", "\u00e9", "e\u0301"],
    ["the other's session name", "alice", "alice-c8170752838e83167f55"],
  ])("P11: differs by %s", (_by, a, b) => {
    expect(nameOf(a)).not.toBe(nameOf(b));
  });

  it("P9: differs by the issuer", () => {
    expect(nameOf("alice")).not.toBe(nameOf("alice", "https://partner.example.net/"));
    expect(nameOf("c", "https://a/b")).not.toBe(nameOf("bc", "https://a/"));
  });
});
