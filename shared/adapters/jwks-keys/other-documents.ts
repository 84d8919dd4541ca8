import type { Problem } from "../../domain/problem.ts";
import type { Issuer } from "../../domain/token/issuer.ts";

/**
 * What a document at the address of a key set is instead, and what to write; undefined when nobody can tell. `address` is
 * the operator's. Nothing of the document is quoted.
 */
export function otherDocument(document: unknown, address: URL): Problem | undefined {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return undefined;
  if ("jwks_uri" in document) {
    return {
      is: "is a discovery document, not a key set",
      fix: "write its jwks_uri as jwks, or delete jwks if it is the document of this issuer",
    };
  }
  const values = Object.values(document);
  if (values.length === 0 || !values.every(isPem)) return undefined;
  const known = documentedKeySet(address);
  return {
    is: `is a map of ${values.every((text) => text.includes("CERTIFICATE")) ? "certificates" : "PEM keys"}; the issuer's JWK Set has another address`,
    fix:
      known === undefined
        ? "write the address of the JWK Set (jwks_uri) that the provider documents"
        : `write jwks: ${known}`,
  };
}

/** Why a discovery document is not the issuer's: it names another one. What it says is cut and quoted in ASCII. */
export function problemOfOtherIssuer(stated: unknown, { issuer }: Issuer): Problem {
  const is =
    typeof stated === "string"
      ? `is the document of another issuer: it says ${quoted(stated)}, and access.yaml ${quoted(issuer)}`
      : `is the document of another issuer, or of none: it names no issuer, and access.yaml has ${quoted(issuer)}`;
  // Every address in the advice is the operator's own with a part changed, never the document's text.
  const otherEnd = issuer.endsWith("/") ? issuer.slice(0, -1) : `${issuer}/`;
  if (stated === otherEnd) return { is, fix: `write issuer: ${otherEnd}` };
  if (typeof stated === "string" && /\{tenant_?id\}/i.test(stated)) {
    const own = issuer.replace(/\/(common|organizations|consumers)(?=\/|$)/, "/<tenant ID>");
    const fix = "this address is for all tenants; write the ID of your own tenant, as the tokens' iss has it";
    return { is, fix: own === issuer ? fix : `${fix}: issuer: ${own}` };
  }
  return {
    is,
    fix: "write as issuer exactly what the tokens have in iss; if that is right, write jwks with the address of the keys",
  };
}

/** Addresses of key sets next to maps of certificates. Source: Google and Firebase, pages on verifying ID tokens. */
function documentedKeySet({ hostname, pathname }: URL): string | undefined {
  const [, account] = /^\/robot\/v1\/metadata\/x509\/([\w.@-]+)$/.exec(pathname) ?? [];
  if (hostname === "www.googleapis.com" && account !== undefined)
    return `https://www.googleapis.com/service_accounts/v1/jwk/${account}`;
  return KEY_SETS[`${hostname}${pathname}`];
}

const KEY_SETS: Readonly<Record<string, string>> = {
  "www.googleapis.com/oauth2/v1/certs": "https://www.googleapis.com/oauth2/v3/certs",
  "www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys":
    "https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys",
  "www.gstatic.com/iap/verify/public_key": "https://www.gstatic.com/iap/verify/public_key-jwk",
};

function isPem(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("-----BEGIN ");
}

/** No control character, no right-to-left mark and no look-alike letter of a foreign text gets into the log. */
function quoted(text: string): string {
  const ascii = JSON.stringify(text).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return ascii.length > MAX_QUOTED ? `${ascii.slice(0, MAX_QUOTED)}…"` : ascii;
}

/** Characters. Assumption: issuers are shorter. */
const MAX_QUOTED = 120;
