import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Finding, findingsTo } from "../../../../cli/doctor/finding.ts";
import { issuerKeysChecked } from "../../../../cli/doctor/issuer-keys.ts";
import { settingKeys } from "../../../../shared/adapters/fixed-keys.ts";
import type { Issuer } from "../../../../shared/domain/token/issuer.ts";
import { type JwksServer, json, keySet, startJwksServer } from "../../../support/jwks-server.ts";
import { selfSignedCertificate } from "../../../support/self-signed.ts";
import { issuerOf, jwkOf, keyPair } from "../../../support/tokens.ts";

const SECRET = "kY3vQ9xT7bN2mW5rL8pZ4cH6jD1fG0sA";
const DAY_MS = 86_400_000;

let server: JwksServer;
beforeEach(async () => {
  server = await startJwksServer();
});
afterEach(() => server.close());

async function findingsOf(
  issuer: Issuer,
  environment: Readonly<Record<string, string>> = {},
  nowMs = Date.now(),
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const { JWT_SECRET: secret, JWT_PUBLIC_KEY: pem } = environment;
  const keys = {
    issuer,
    secret: secret === undefined ? undefined : settingKeys.secretKeysFrom(secret, ["HS256"]),
    publicKey: pem === undefined ? undefined : settingKeys.publicKeysFrom(pem, ["ES256"]),
  };
  const clock = { nowMs: () => nowMs };
  await issuerKeysChecked(
    [keys],
    clock,
    environment,
    findingsTo((finding) => void findings.push(finding)),
  );
  return findings;
}

describe("an issuer with a secret and public keys", () => {
  it("has a line for each", async () => {
    server.answer(keySet(jwkOf(keyPair("P-256").publicKey, { kid: "one" })));
    const issuer = issuerOf({
      keys: { kind: "jwks", url: server.jwksUrl },
      secretBeside: "JWT_SECRET",
      algorithms: ["HS256", "ES256"],
    });
    expect(await findingsOf(issuer, { JWT_SECRET: SECRET })).toEqual([
      { check: "keys of issuer login", outcome: "ok", seen: "JWT_SECRET fits HS256" },
      { check: "keys of issuer login", outcome: "ok", seen: "1 for ES256" },
    ]);
  });
});

describe("a certificate as publicKey", () => {
  const { cert } = selfSignedCertificate();
  const examinedAfter = (days: number) =>
    findingsOf(issuerOf(), { JWT_PUBLIC_KEY: cert }, Date.now() + days * DAY_MS);

  it("is fine while its dates are", async () => {
    expect(await examinedAfter(0)).toEqual([
      { check: "keys of issuer login", outcome: "ok", seen: "JWT_PUBLIC_KEY fits ES256" },
    ]);
  });

  it.each([
    [2, /^JWT_PUBLIC_KEY is a certificate that is valid only until .*; its key is used all the same$/],
    [-2, /^JWT_PUBLIC_KEY is a certificate that is valid only from /],
  ])("is warned of %i days from now", async (days, seen) => {
    expect((await examinedAfter(days))[1]).toEqual({
      check: "keys of issuer login",
      outcome: "warn",
      seen: expect.stringMatching(seen),
      fix: "write the certificate whose key the issuer signs with now",
    });
  });
});

describe("a document that is no key set", () => {
  it("is a failure with the advice of the log: a map of certificates", async () => {
    server.answer(json({ "key-1": selfSignedCertificate().cert }));
    expect(await findingsOf(issuerOf({ keys: { kind: "jwks", url: server.jwksUrl } }))).toEqual([
      {
        check: "keys of issuer login",
        outcome: "fail",
        seen: `${server.jwksUrl} is a map of certificates; the issuer's JWK Set has another address`,
        fix: "write the address of the JWK Set (jwks_uri) that the provider documents (access.yaml, issuer login)",
      },
    ]);
  });

  it("is a failure that names both issuers: a discovery document without the slash", async () => {
    server.answer(json({ issuer: server.origin, jwks_uri: server.jwksUrl }));
    const issuer = issuerOf({ keys: { kind: "discovery" }, issuer: `${server.origin}/` });
    expect(await findingsOf(issuer)).toEqual([
      {
        check: "keys of issuer login",
        outcome: "fail",
        seen: expect.stringContaining(`it says "${server.origin}", and access.yaml "${server.origin}/"`),
        fix: `write issuer: ${server.origin} (access.yaml, issuer login)`,
      },
    ]);
  });
});
