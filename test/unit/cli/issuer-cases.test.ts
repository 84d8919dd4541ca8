import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valet } from "../../../cli/valet.ts";
import { NOW_MS } from "../../support/stubs.ts";

/** Issuers as public reports describe them, through the operator's commands. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "issuer-cases-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(access: string, ...args: readonly string[]) {
  const path = join(folder, "access.yaml");
  writeFileSync(path, access);
  const [out, error]: [string[], string[]] = [[], []];
  const code = await valet(args, {
    environment: { ACCESS_FILE: path, OSS_BUCKET: "examplebucket" },
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    ask: undefined,
    question: undefined,
    colour: false,
    nowMs: () => NOW_MS,
    wait: async () => undefined,
  });
  return { code, out: out.join("\n"), error: error.join("\n").replaceAll(`${folder}/`, "") };
}

describe("one App on three platforms, each with a client id of its own", () => {
  const ACCESS = `issuers:
  - name: login
    issuer: https://login.example.com
    audience: [web.client.example, ios.client.example, android.client.example]
    jwks: https://login.example.com/keys
rules:
  - name: own folder
    allow: [read, write, list, delete]
    prefix: users/{sub}/
tests:
  - { claims: { sub: alice, aud: ios.client.example }, can: [write users/alice/a.jpg] }
`;

  it("keeps its promise, without a warning", async () => {
    expect(await run(ACCESS, "test")).toMatchObject({ code: 0, error: "" });
  });

  it("is explained: any of the three", async () => {
    const { out } = await run(ACCESS, "explain", "--token", tokenOf({ aud: "billing" }));
    expect(out).toContain(
      'audience: aud is "billing"; it must be, or contain, web.client.example or ios.client.example or android.client.example (401)',
    );
  });
});

describe("access tokens that name the App in client_id", () => {
  const ACCESS = `issuers:
  - { name: login, issuer: "https://login.example.com", audience: photo-app, audienceClaim: client_id }
rules:
  - { name: own, allow: [read], prefix: "users/{sub}/" }
`;
  const CLAIMS = {
    sub: "6f1e2a70-3d1c-4c56-9a54-0d6b6c1d2e3f",
    token_use: "access",
    client_id: "photo-app",
    scope: "openid",
    exp: 4_102_444_800,
  };

  it("pass the check of the audience", async () => {
    const { code, out } = await run(ACCESS, "explain", "--token", tokenOf(CLAIMS));
    expect(out).toContain('audience: client_id is "photo-app"; it must be photo-app');
    expect([code, out.includes("FAILS")]).toEqual([0, false]);
  });

  it("fail it where the claim is missing, whatever aud says", async () => {
    const token = tokenOf({ ...CLAIMS, client_id: undefined, aud: "photo-app" });
    const { code, out } = await run(ACCESS, "explain", "--token", token);
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/FAILS\S* +audience: client_id is missing; it must be photo-app \(401\)/),
    ]);
  });
});

describe("users that are numbers", () => {
  const access = (userType: string) => `issuers:
  - { name: login, issuer: "https://login.example.com", audience: photo-app, user: uid${userType} }
rules:
  - { name: own, allow: [read], prefix: "users/{uid}/" }
`;

  it("are refused, and explain says what to write", async () => {
    const { code, out } = await run(access(""), "explain", "--claims", '{"uid":10001}');
    expect(code).toBe(1);
    expect(out).toContain(
      "REFUSED CLAIM_INVALID (claim uid, problem is a number, not a string: write userType: integer)",
    );
  });

  it("have a folder of their number with userType: integer, and a session name and digest of it", async () => {
    const { code, out } = await run(access(", userType: integer"), "explain", "--claims", '{"uid":10001}');
    expect(code).toBe(0);
    expect(out).toContain("matches own: users/10001/");
    expect(out).toMatch(/session name +10001-[0-9a-f]{20}/);
    expect(out).toMatch(/\{uid:hash\} would be [a-z2-7]{32}/);
  });

  it("never meet the text of the same digits", async () => {
    const { code, out } = await run(access(", userType: integer"), "explain", "--claim", "uid=10001");
    expect(code).toBe(1);
    expect(out).toContain("is a text, but userType is integer");
  });
});

it("a claim that is the text of what the rule wants: explain says so", async () => {
  const access = `issuers:
  - { name: login, issuer: "https://login.example.com", audience: photo-app }
rules:
  - { name: verified, allow: [read], when: { email_verified: true }, prefix: "users/{sub}/" }
`;
  const { code, out } = await run(access, "explain", "--claims", '{"sub":"u1","email_verified":"true"}');
  expect(code).toBe(1);
  expect(out).toContain('no      verified: claim email_verified is the text "true", the rule wants true');
});

describe("an issuer that goes from a shared secret to ES256", () => {
  const rules = `rules:
  - { name: own folder, allow: [read, write], prefix: "users/{sub:hash}/" }
`;
  const login = `  - name: login
    issuer: https://login.example.com/auth/v1
    audience: authenticated
    secret: JWT_SECRET
`;
  const second = `  - name: login-new
    issuer: https://login.example.com/auth/v1
    audience: authenticated
    algorithms: [ES256]
`;

  it("is one entry: the refusal of two says which fields it has", async () => {
    const { code, error } = await run(`issuers:\n${login}${second}${rules}`, "test");
    expect(code).toBe(2);
    expect(error).toContain(
      "access.yaml:7:5 issuers[1].issuer is the same as that of issuers[0]; keep one entry for each issuer, with secret: JWT_SECRET and algorithms: [HS256, ES256]",
    );
  });

  it("is valid once that advice is followed", async () => {
    const merged = `issuers:\n${login}    algorithms: [HS256, ES256]\n${rules}`;
    expect(await run(merged, "test")).toMatchObject({ code: 0, error: "" });
  });
});

/** Not signed: explain only decodes it. */
function tokenOf(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const seconds = Math.floor(NOW_MS / 1000);
  const all = { iss: "https://login.example.com", sub: "alice", iat: seconds, exp: seconds + 60, ...claims };
  return `${part({ alg: "RS256" })}.${part(all)}.c2ln`;
}
