import { isSecure } from "../../shared/domain/secure-address.ts";

/** Where an issuer's keys are. */
export interface IssuerKeys {
  readonly jwks: string;
  readonly algorithms: readonly string[];
  /** The issuer's own name for itself, where it differs by a slash at its end. */
  readonly issuer: string;
  /** What to tell: where this comes from, and what to check. */
  readonly note: string;
}

/** Milliseconds that the issuer may take. Ours: somebody waits for it. */
const TIME_LIMIT_MS = 3000;

/** What access.yaml may list for keys of a key set. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

const PATH = ".well-known/openid-configuration";

/**
 * Asks the issuer's discovery document (OpenID Connect Discovery 1.0) where its keys are and what it signs with. Where it does not
 * say, the usual address and RS256. Never rejects.
 */
export async function keysOf(
  issuer: string,
  { offline, fetch }: { readonly offline: boolean; readonly fetch: typeof globalThis.fetch },
): Promise<IssuerKeys> {
  const usual = { issuer, jwks: beside(issuer, ".well-known/jwks.json"), algorithms: ["RS256"] };
  const unknown = (because: string): IssuerKeys => ({
    ...usual,
    note: `${because}. access.yaml has the usual address of the keys, ${usual.jwks}: compare it with your login's documents`,
  });
  if (offline) return unknown("The issuer was not asked (--offline)");
  try {
    const response = await fetch(beside(issuer, PATH), {
      redirect: "error",
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      headers: { Accept: "application/json" },
    });
    if (!response.ok) return unknown(`The issuer answers ${response.status} for /${PATH}`);
    const document = (await response.json()) as Readonly<Record<string, unknown>>;
    const { issuer: own, jwks_uri: jwks, id_token_signing_alg_values_supported: signing } = document;
    if (typeof own !== "string" || withoutSlash(own) !== withoutSlash(issuer))
      return unknown(`The document at ${beside(issuer, PATH)} is of another issuer, ${JSON.stringify(own)}`);
    if (typeof jwks !== "string" || !URL.canParse(jwks) || !isSecure(new URL(jwks)))
      return unknown("The issuer's document names no https address of keys");
    const algorithms = (Array.isArray(signing) ? signing : []).filter((one) =>
      ALGORITHMS.includes(String(one)),
    );
    return {
      issuer: own,
      jwks,
      algorithms: algorithms.length > 0 ? algorithms.map(String) : usual.algorithms,
      note: `The issuer's own document names its keys: ${jwks}`,
    };
  } catch (error) {
    const { message, cause } = error as Error;
    return unknown(`The issuer cannot be reached (${cause instanceof Error ? cause.message : message})`);
  }
}

function beside(issuer: string, path: string): string {
  return `${withoutSlash(issuer)}/${path}`;
}

function withoutSlash(text: string): string {
  return text.replace(/\/$/, "");
}
