import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sandboxForTests } from "../support/services-for-tests.ts";

const sandbox = await sandboxForTests({ audience: "photo-app" });

describe("a token", () => {
  it("says who issued it, for whom and how long, and is signed by the published key", async () => {
    const token = sandbox.issuer.token({ sub: "bob", role: "editor" });
    const { header, payload, signed, signature } = parts(token);
    expect(header).toEqual({ alg: "RS256", typ: "JWT", kid: expect.any(String) });
    expect(payload).toMatchObject({ iss: sandbox.issuer.url, aud: "photo-app", sub: "bob", role: "editor" });
    expect(Number(payload["exp"]) - Number(payload["iat"])).toBe(3600);
    expect(verify("sha256", signed, await publishedKey(header["kid"]), signature)).toBe(true);
  });

  it.each(["ES256", "ES384", "ES512"] as const)(
    "can be signed with %s, by a key that is then published",
    async (algorithm) => {
      const { header, signed, signature } = parts(sandbox.issuer.token({}, { algorithm }));
      const key = { key: await publishedKey(header["kid"]), dsaEncoding: "ieee-p1363" } as const;
      expect(verify(`sha${algorithm.slice(2)}`, signed, key, signature)).toBe(true);
    },
  );

  it("can have ended, lack a claim or a header, or have another", () => {
    const ended = parts(
      sandbox.issuer.token(
        { sub: undefined, aud: ["a"] },
        { expiresInSeconds: -60, header: { kid: undefined, typ: "at+jwt" } },
      ),
    );
    expect(ended.header).toEqual({ alg: "RS256", typ: "at+jwt" });
    expect(ended.payload).not.toHaveProperty("sub");
    expect(ended.payload["aud"]).toEqual(["a"]);
    expect(Number(ended.payload["exp"])).toBeLessThan(Date.now() / 1000);
    expect(Number(ended.payload["iat"])).toBeLessThanOrEqual(Number(ended.payload["exp"]));
  });

  it("can be signed by a key that nobody published, under the published one's id", async () => {
    const { header, signed, signature } = parts(sandbox.issuer.token({}, { unpublishedKey: true }));
    expect(verify("sha256", signed, await publishedKey(header["kid"]), signature)).toBe(false);
  });

  it("can be unsigned, or signed with a secret", () => {
    expect(sandbox.issuer.token({}, { algorithm: "none" })).toMatch(/^[\w-]+\.[\w-]+\.$/);
    expect(sandbox.issuer.token({}, { algorithm: "HS256", secret: "s" })).toMatch(
      /^[\w-]+\.[\w-]+\.[\w-]{43}$/,
    );
    expect(() => sandbox.issuer.token({}, { algorithm: "HS256" })).toThrow("HS256 needs a secret");
  });
});

describe("the issuer over HTTP", () => {
  it("is found by discovery", async () => {
    const response = await fetch(`${sandbox.issuer.url}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      issuer: sandbox.issuer.url,
      jwks_uri: sandbox.issuer.jwksUrl,
      token_endpoint: `${sandbox.issuer.url}/token`,
    });
  });

  it("publishes public keys, and nothing private", async () => {
    const response = await fetch(sandbox.issuer.jwksUrl);
    expect(response.headers.get("content-type")).toBe("application/json;charset=utf-8");
    const { keys } = (await response.json()) as { readonly keys: readonly Record<string, string>[] };
    for (const key of keys) {
      expect(key).toMatchObject({ use: "sig", kid: expect.any(String), alg: expect.any(String) });
      expect(key).not.toHaveProperty("d");
    }
  });

  it.each([
    ["a form", new URLSearchParams("sub=carol&role=editor&team=red&team=blue"), undefined],
    ["JSON", JSON.stringify({ sub: "carol", role: "editor", team: ["red", "blue"] }), "application/json"],
  ])("gives a token to whoever names a user, in %s", async (_case, body, type) => {
    const headers = type === undefined ? {} : { "content-type": type };
    const response = await fetch(`${sandbox.issuer.url}/token`, { method: "POST", body, headers });
    const answer = (await response.json()) as { readonly access_token: string };
    expect(answer).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    expect(parts(answer.access_token).payload).toMatchObject({
      sub: "carol",
      role: "editor",
      team: ["red", "blue"],
      aud: "photo-app",
    });
  });

  it.each([
    ["no user", "role=editor", "application/x-www-form-urlencoded", 400],
    ["a user that is no text", '{"sub":5}', "application/json", 400],
    ["broken JSON", "{", "application/json", 400],
    ["too long a body", "x".repeat(65_537), "application/json", 413],
  ])("gives none for %s", async (_case, body, type, status) => {
    const headers = { "content-type": type };
    const response = await fetch(`${sandbox.issuer.url}/token`, { method: "POST", body, headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: "invalid_request" });
  });
});

async function publishedKey(keyId: unknown) {
  const { keys } = (await (await fetch(sandbox.issuer.jwksUrl)).json()) as {
    readonly keys: readonly Record<string, string>[];
  };
  const key = keys.find(({ kid }) => kid === keyId);
  if (key === undefined) throw new Error(`no key ${String(keyId)} is published`);
  return createPublicKey({ key, format: "jwk" });
}

function parts(token: string) {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const json = (part: string) =>
    JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
  return {
    header: json(header),
    payload: json(payload),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, "base64url"),
  };
}
