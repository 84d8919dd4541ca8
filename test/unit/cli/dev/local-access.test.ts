import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type LocalAccess, readLocalAccess } from "../../../../cli/dev/local-access.ts";

const FILE = `issuers:
  - { name: login, issuer: "https://login.example.com/", audience: photo-app, secret: JWT_SECRET }
  - { name: partner, issuer: "https://partner.example.net/", audience: null }
rules:
  - { name: own, allow: [read], prefix: "{issuer}/{sub}/" }
tests:
  - { issuer: login, claims: { sub: alice }, can: [read login/alice/a.jpg] }
`;
const LOCAL = { url: "http://127.0.0.1:9005", jwksUrl: "http://127.0.0.1:9005/jwks.json" };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "local-access-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What npm start builds where ACCESS_FILE has this text. */
function accessOf(text: string): LocalAccess {
  vi.stubEnv("ACCESS_FILE", join(folder, "access.yaml"));
  writeFileSync(join(folder, "access.yaml"), text);
  return readLocalAccess()(LOCAL);
}

/** Every problem, without the folder. */
function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    return String((error as Error).message)
      .replaceAll(`${folder}/`, "")
      .split("\n");
  }
}

describe("npm start reads the access rules as the build does", () => {
  it("gives the first issuer the local one's address, and all of them its keys", () => {
    expect(accessOf(FILE)).toMatchObject({
      audienceClaims: { aud: "photo-app" },
      content: {
        issuers: [
          {
            name: "login",
            issuer: LOCAL.url,
            jwks: LOCAL.jwksUrl,
            algorithms: ["RS256"],
            audience: "photo-app",
          },
          { name: "partner", issuer: "https://partner.example.net/", jwks: LOCAL.jwksUrl },
        ],
        rules: [{ name: "own" }, { name: "forms, added by npm start", issuer: "login" }],
      },
    });
    expect(JSON.stringify(accessOf(FILE))).not.toContain("JWT_SECRET");
  });

  it("adds a folder for forms only when the file has none, and its rules leave room for it", () => {
    expect(accessOf(FILE).upload).toMatchObject({ contentType: "text/plain", addedPrefix: "forms/{sub}/" });
    const own = FILE.replace(
      "allow: [read],",
      "allow: [read, upload], upload: { maxBytes: 9, contentTypes: ['image/*'] },",
    );
    expect(accessOf(own).upload).toEqual({ contentType: "image/png", maxBytes: 9, addedPrefix: undefined });
    expect(accessOf(own).rules).toHaveLength(1);
    const full = FILE.replace('"{issuer}/{sub}/"', '"{sub}/", issuer: login').replace(
      "read login/alice",
      "read alice",
    );
    expect(accessOf(full)).toMatchObject({ upload: undefined, rules: [{ name: "own" }] });
  });

  it.each([
    ["of several audiences the first", "audience: [photo-app, photo-app-web]", { aud: "photo-app" }],
    ["the claim that has the audience", "audience: web, audienceClaim: client_id", { client_id: "web" }],
    ["no claim for an audience that is not checked", "audience: null", {}],
  ])("gives local tokens %s", (_what, fields, claims) => {
    expect(accessOf(FILE.replace("audience: photo-app", fields)).audienceClaims).toEqual(claims);
  });

  it.each([
    ["sub", "audience: a", { sub: "alice" }, { sub: "bob" }],
    [
      "the issuer's own claim",
      "audience: a, user: uid",
      { sub: "alice", uid: "alice" },
      { sub: "bob", uid: "bob" },
    ],
    [
      "a number where users are numbers",
      "audience: a, user: uid, userType: integer",
      { sub: "alice", uid: 10_001 },
      { sub: "bob", uid: 10_002 },
    ],
  ])("names local users by %s", (_what, fields, alice, bob) => {
    const claims = fields.includes("integer") ? "uid: 10001" : "sub: alice, uid: alice";
    const file = FILE.replace("audience: photo-app", fields)
      .replace("{sub}", "{uid}")
      .replace("sub: alice", claims)
      .replace("login/alice/", fields.includes("integer") ? "login/10001/" : "login/alice/");
    const { userClaims } = accessOf(file);
    expect([userClaims("alice"), userClaims("bob")]).toEqual([alice, bob]);
  });

  it("passes its warnings on", () => {
    expect(accessOf(FILE).warnings).toEqual([
      expect.stringMatching(/access\.yaml:3:62 issuers\[1\]\.audience is null: tokens/),
    ]);
  });

  it.each([
    [
      "a mistake",
      FILE.replace("allow:", "alow:"),
      "access.yaml:5:18 rules[0].alow is not known here; write allow",
    ],
    [
      "an anchor",
      FILE.replace("[read]", "&all [read]"),
      "access.yaml:5:25 an anchor (&…) is not read here; write the value without it",
    ],
    [
      "a broken promise",
      FILE.replace("read login/alice/", "read login/bob/"),
      'access.yaml:7:52 tests[0].can[0] is "read login/bob/a.jpg", a broken promise: the user cannot do this (session policy: no statement allows oss:GetObject); change the rules or the promise',
    ],
    [
      "a key in place of its variable's name, which is not repeated",
      FILE.replace("JWT_SECRET", "@hunter2"),
      "access.yaml:2:87 has a text that begins with a special character of YAML; write it in quotes",
    ],
  ])("refuses %s, with its place", (_what, text, problem) => {
    expect(problemsOf(() => accessOf(text))).toEqual([problem]);
  });

  it("says so where there is no such file", () => {
    vi.stubEnv("ACCESS_FILE", join(folder, "none.yaml"));
    expect(problemsOf(readLocalAccess)).toEqual([
      "none.yaml does not exist; name another with --access FILE or ACCESS_FILE",
    ]);
  });
});
