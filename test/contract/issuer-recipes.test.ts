import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fixedKeys, secretKeyFrom } from "../../shared/adapters/fixed-keys.ts";
import type { FetchJson } from "../../shared/adapters/jwks-keys/fetch-json.ts";
import { jwksKeys } from "../../shared/adapters/jwks-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { keysByKind } from "../../shared/adapters/keys-by-kind.ts";
import type { Algorithm, Issuer } from "../../shared/domain/token/issuer.ts";
import { appToken, fakeClock, invalid, jwkOf, keyPairFor, NOW } from "../support/tokens.ts";
import { OWN_FOLDER, principalOf, rulesOf } from "../support/valet.ts";

const PATH = "docs/recipes/issuers.md";
const document = readFileSync(join(import.meta.dirname, "../..", PATH), "utf8");

/** The YAML below each heading. */
const entries = new Map(
  document
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split("\n")[0] ?? "", /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? ""]),
);

interface Recorded {
  readonly algorithm?: Algorithm;
  readonly header?: object;
  /** What the provider's documents show, apart from `iss`, `iat` and `exp`; with made-up names. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What differs in a token that the same issuer made for another App. */
  readonly ofAnotherApp: object;
  readonly user: string;
  /** Where the keys are, when the entry leaves that to discovery. */
  readonly jwksUri?: string;
}

const RECORDED: Readonly<Record<string, Recorded>> = {
  Auth0: {
    claims: {
      sub: "auth0|5f7c8ec7c33c6c004bbafe82",
      aud: ["https://api.example.com", "https://example.eu.auth0.com/userinfo"],
      azp: "my_client_id",
      scope: "openid profile",
    },
    ofAnotherApp: { aud: ["https://billing.example.com", "https://example.eu.auth0.com/userinfo"] },
    user: "auth0|5f7c8ec7c33c6c004bbafe82",
    jwksUri: "https://example.eu.auth0.com/.well-known/jwks.json",
  },
  Keycloak: {
    claims: {
      sub: "b0a1c9a2-7f0e-4d58-9f5c-0d3f9f2a1b11",
      aud: "account",
      azp: "photo-app",
      typ: "Bearer",
      realm_access: { roles: ["offline_access"] },
      preferred_username: "alice",
    },
    ofAnotherApp: { azp: "billing" },
    user: "b0a1c9a2-7f0e-4d58-9f5c-0d3f9f2a1b11",
    jwksUri: "https://sso.example.com/realms/example/protocol/openid-connect/certs",
  },
  "Amazon Cognito": {
    claims: {
      sub: "6f1e2a70-3d1c-4c56-9a54-0d6b6c1d2e3f",
      token_use: "access",
      client_id: "1example23456789",
      scope: "openid",
      username: "alice",
    },
    ofAnotherApp: { client_id: "9example87654321" },
    user: "6f1e2a70-3d1c-4c56-9a54-0d6b6c1d2e3f",
    jwksUri: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example1/.well-known/jwks.json",
  },
  "Azure Entra ID": {
    header: { x5t: "abc" },
    claims: {
      aud: "66666666-7777-8888-9999-000000000000",
      azp: "99999999-0000-1111-2222-333333333333",
      oid: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
      sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
      tid: "11111111-2222-3333-4444-555555555555",
      scp: "access_as_user",
      ver: "2.0",
      nbf: NOW - 60,
    },
    ofAnotherApp: { aud: "00000003-0000-0000-c000-000000000000" },
    user: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    jwksUri: "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/discovery/v2.0/keys",
  },
  Firebase: {
    claims: {
      aud: "example-project",
      sub: "Zr5PqkXyTtXJ0a9QnB3cWd2Lm1o2",
      user_id: "Zr5PqkXyTtXJ0a9QnB3cWd2Lm1o2",
      auth_time: NOW - 60,
      firebase: { identities: {}, sign_in_provider: "password" },
    },
    ofAnotherApp: { aud: "another-project" },
    user: "Zr5PqkXyTtXJ0a9QnB3cWd2Lm1o2",
  },
  Google: {
    claims: {
      azp: "1234567890-android.apps.googleusercontent.com",
      aud: "1234567890-web.apps.googleusercontent.com",
      sub: "110169484474386276334",
      email: "alice@example.com",
      email_verified: true,
    },
    ofAnotherApp: { aud: "999-web.apps.googleusercontent.com" },
    user: "110169484474386276334",
  },
  Apple: {
    claims: {
      aud: "com.example.photos",
      sub: "001473.fe6f3f02e2f14e9aa8f1c0b1d6d7a0c5.0935",
      nonce: "n-0S6_WzA2Mj",
      email_verified: "true",
      auth_time: NOW - 60,
      nonce_supported: true,
    },
    ofAnotherApp: { aud: "com.example.billing" },
    user: "001473.fe6f3f02e2f14e9aa8f1c0b1d6d7a0c5.0935",
  },
  Supabase: {
    algorithm: "ES256",
    claims: {
      aud: "authenticated",
      sub: "5e4f2f0c-8d54-4b6d-8f6a-7a1c1a1f5d0a",
      role: "authenticated",
      aal: "aal1",
      session_id: "0b8f3c1e-0000-4000-8000-000000000000",
      is_anonymous: false,
      app_metadata: { provider: "email" },
    },
    ofAnotherApp: { iss: "https://another.supabase.co/auth/v1" },
    user: "5e4f2f0c-8d54-4b6d-8f6a-7a1c1a1f5d0a",
  },
  Clerk: {
    claims: {
      azp: "https://app.example.com",
      sub: "user_2NNEqL2nrIRdJ194ndJqAHwEfxC",
      sid: "sess_1",
      nbf: NOW - 10,
    },
    ofAnotherApp: { azp: "https://billing.example.com" },
    user: "user_2NNEqL2nrIRdJ194ndJqAHwEfxC",
    jwksUri: "https://clerk.example.com/.well-known/jwks.json",
  },
  Casdoor: {
    claims: {
      aud: ["0ba528121ea87b3eb54d"],
      sub: "6e9b1b3f-2b6f-4a8e-9a61-4f2f9c7b1f0d",
      owner: "example",
      name: "alice",
      nbf: NOW - 60,
    },
    ofAnotherApp: { aud: ["another-client-id"] },
    user: "6e9b1b3f-2b6f-4a8e-9a61-4f2f9c7b1f0d",
  },
  Authing: {
    claims: { aud: "5f17a529f64fb009b794a2ff", sub: "5f719946524ee1099229496b", scope: "openid profile" },
    ofAnotherApp: { aud: "5f17a529f64fb009b794a200" },
    user: "5f719946524ee1099229496b",
  },
  Logto: {
    algorithm: "ES384",
    header: { typ: "at+jwt" },
    claims: { aud: "https://api.example.com", sub: "foo1bar2baz3", client_id: "photo-app", scope: "" },
    ofAnotherApp: { aud: "https://billing.example.com" },
    user: "foo1bar2baz3",
    jwksUri: "https://example.logto.app/oidc/jwks",
  },
  "A login of your own, with a shared secret": {
    algorithm: "HS256",
    claims: { aud: "photo-app", sub: "10001" },
    ofAnotherApp: { aud: "newsletter" },
    user: "10001",
  },
};

const SECRET = "kY3vQ9xT7bN2mW5rL8pZ4cH6jD1fG0sA";

/** The real verifier for one entry, with a web that has the issuer's own documents. */
function verifierFor(issuer: Issuer, jwksUri: string | undefined) {
  const clock = fakeClock();
  const algorithms: readonly Algorithm[] = ["RS256", "ES256", "ES384"];
  const keySet = {
    keys: algorithms.map((alg) => jwkOf(keyPairFor(alg).publicKey, { kid: alg, alg })),
  };
  const address = issuer.keys.kind === "jwks" ? issuer.keys.url : jwksUri;
  const discovery = `${issuer.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const fetchJson: FetchJson = async ({ href }) => {
    if (href === address) return keySet;
    if (href === discovery) return { issuer: issuer.issuer, jwks_uri: jwksUri };
    throw new Error("does not exist");
  };
  const hasSecret = issuer.keys.kind === "secret" || issuer.secretBeside !== undefined;
  const keys = keysByKind({
    secret: hasSecret ? fixedKeys(secretKeyFrom(SECRET), ["HS256"]) : undefined,
    publicKeys: issuer.keys.kind === "secret" ? undefined : jwksKeys({ issuer, clock, fetchJson }),
  });
  return jwtTokenVerifier({ issuers: [{ issuer, keys }], clock });
}

describe(PATH, () => {
  it("has a recorded token for every entry, and an entry for every recorded token", () => {
    expect([...entries.keys()]).toEqual(Object.keys(RECORDED));
  });

  describe.each(Object.entries(RECORDED))("%s", (name, recorded) => {
    const rules = rulesOf({ ...(parse(entries.get(name) ?? "") as object), rules: [OWN_FOLDER] });
    const [issuer] = rules.issuers;
    if (issuer === undefined) throw new Error(`${name} has no issuer`);
    const { algorithm = "RS256", header = {}, claims, ofAnotherApp, user, jwksUri } = recorded;
    const tokenOf = (change: object, signedWith: Algorithm = algorithm) =>
      appToken({
        algorithm: signedWith,
        header: { kid: signedWith.startsWith("HS") ? undefined : signedWith, ...header },
        claims: { iss: issuer.issuer, aud: undefined, ...claims, ...change },
        ...(signedWith.startsWith("HS") ? { key: secretKeyFrom(SECRET) } : {}),
      });
    const judge = (token: string) => verifierFor(issuer, jwksUri).verify(token);

    it("takes the App's own token, and names its user", async () => {
      const result = await judge(tokenOf({}));
      expect(result).toMatchObject({ ok: true, value: { issuer: issuer.name } });
      if (!result.ok) return;
      expect(principalOf(rules, result.value.claims as Record<string, unknown>, issuer.name).user).toBe(user);
    });

    it("refuses a token that the same issuer made for another App", async () => {
      expect(await judge(tokenOf(ofAnotherApp))).toEqual(
        invalid("iss" in ofAnotherApp ? "issuer" : "audience"),
      );
    });

    it("refuses a token whose audience is left out", async () => {
      expect(await judge(tokenOf({ [issuer.audienceClaim]: undefined }))).toEqual(invalid("audience"));
    });
  });

  it("Supabase: takes the old secret's tokens too, and no other key's", async () => {
    const [issuer] = rulesOf({
      ...(parse(entries.get("Supabase") ?? "") as object),
      rules: [OWN_FOLDER],
    }).issuers;
    if (issuer === undefined) throw new Error("no issuer");
    const claims = { ...RECORDED["Supabase"]?.claims, iss: issuer.issuer };
    const verifier = verifierFor(issuer, undefined);
    const old = appToken({ algorithm: "HS256", key: secretKeyFrom(SECRET), claims });
    expect(await verifier.verify(old)).toMatchObject({ ok: true });
    expect(await verifier.verify(appToken({ algorithm: "HS256", claims }))).toEqual(invalid("signature"));
  });
});
