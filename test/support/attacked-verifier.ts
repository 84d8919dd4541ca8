import { fixedKeys } from "../../shared/adapters/fixed-keys.ts";
import { jwksKeys } from "../../shared/adapters/jwks-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import type { Issuer } from "../../shared/domain/token/issuer.ts";
import type { TokenVerifier } from "../../shared/ports.ts";
import { appToken, fakeClock, GOOD_CLAIMS, issuerOf, jwkOf, keyPair, secretKey } from "./tokens.ts";

/** The address from which the attacked issuer's keys come, and no other. */
export const JWKS_URL = "https://login.example.com/jwks.json";

/** kid `ec-1`; of the attacked issuer. */
export const ecKeys = keyPair("P-256", "ec-1");
/** kid `ec-2`; of the attacked issuer. */
export const otherEcKeys = keyPair("P-256", "ec-2");
/** kid `rsa-1`, without an `alg`; of the attacked issuer. */
export const rsaKeys = keyPair("rsa", "rsa-1");
/** kid `tenant`; of another trusted issuer, TENANT. */
export const tenantKeys = keyPair("P-256", "tenant");
/** Whoever wants in. */
export const malloryKeys = keyPair("P-256", "mallory");

/** An issuer that signs with `secretKey`. */
export const SHARED: Issuer = issuerOf({
  name: "shared",
  issuer: "https://shared.example.com",
  algorithms: ["HS256"],
});

/** Another issuer with a key set. */
export const TENANT: Issuer = issuerOf({ name: "tenant", issuer: "https://tenant.example.com" });

/** A verifier that trusts three issuers, and a record of every address that it asked for keys. */
export function attackedVerifier(change: Partial<Issuer> = {}): {
  readonly verifier: TokenVerifier;
  readonly fetched: readonly string[];
} {
  const clock = fakeClock();
  const fetched: string[] = [];
  const published = new Map([
    [
      JWKS_URL,
      {
        keys: [
          jwkOf(ecKeys.publicKey, { kid: "ec-1", alg: "ES256" }),
          jwkOf(otherEcKeys.publicKey, { kid: "ec-2", alg: "ES256" }),
          jwkOf(rsaKeys.publicKey, { kid: "rsa-1" }),
          jwkOf(rsaKeys.publicKey, { kid: "rsa-bound", alg: "RS256" }),
        ],
      },
    ],
    ["https://tenant.example.com/jwks.json", { keys: [jwkOf(tenantKeys.publicKey, { kid: "tenant" })] }],
  ]);
  const fetchJson = async (url: URL) => {
    fetched.push(url.href);
    return published.get(url.href);
  };
  const login = issuerOf({
    keys: { kind: "jwks", url: JWKS_URL },
    algorithms: ["ES256", "RS256"],
    ...change,
  });
  const tenant: Issuer = { ...TENANT, keys: { kind: "jwks", url: "https://tenant.example.com/jwks.json" } };
  const verifier = jwtTokenVerifier({
    issuers: [
      { issuer: login, keys: jwksKeys({ issuer: login, clock, fetchJson }) },
      { issuer: tenant, keys: jwksKeys({ issuer: tenant, clock, fetchJson }) },
      { issuer: SHARED, keys: fixedKeys(secretKey, SHARED.algorithms) },
    ],
    clock,
  });
  return { verifier, fetched };
}

/** What a fresh verifier says of a token. */
export function judge(token: string, change?: Partial<Issuer>): Promise<unknown> {
  return attackedVerifier(change).verifier.verify(token);
}

/** A token that the attacked issuer has really signed with ec-1, with some parts changed before it did. */
export function signedByLogin(parts: Parameters<typeof appToken>[0] = {}): string {
  const header = typeof parts.header === "object" && !Buffer.isBuffer(parts.header) ? parts.header : {};
  return appToken({
    key: ecKeys.privateKey,
    ...parts,
    header: rawHeader(parts.header) ?? { kid: "ec-1", ...header },
  });
}

/** The same token with another signature part. */
export function withSignature(token: string, signature: string): string {
  return [...token.split(".").slice(0, 2), signature].join(".");
}

/** JSON text of good claims with more members written behind them, unescaped and unchecked. */
export function claimsText(more: string): string {
  return JSON.stringify(GOOD_CLAIMS).replace(/}$/, `,${more}}`);
}

/** JSON text of a good header with more members written behind them. */
export function headerText(more: string): string {
  return `{"alg":"ES256","kid":"ec-1",${more}}`;
}

function rawHeader(
  header: NonNullable<Parameters<typeof appToken>[0]>["header"],
): string | Buffer | undefined {
  return typeof header === "string" || Buffer.isBuffer(header) ? header : undefined;
}
