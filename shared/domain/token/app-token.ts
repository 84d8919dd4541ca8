import { granted, type Refused, type Result, refused, type TokenCheck } from "../refusal.ts";
import { ALGORITHMS, type Algorithm, type Issuer } from "./issuer.ts";
import { strictJsonObjectFrom } from "./strict-json.ts";

/** A parsed App token. Nothing in it is verified: anybody can write one. */
export interface UnverifiedAppToken {
  /** The compact serialisation, unchanged. */
  readonly text: string;
  readonly algorithm: Algorithm;
  /** 1 to 128 characters of any kind. Use it only as a key of a Map. */
  readonly kid: string | undefined;
  readonly type: string | undefined;
  /** Without a prototype. */
  readonly unverifiedClaims: Readonly<Record<string, unknown>>;
}

/**
 * Parses a compact JWS, without a key and without network. Refuses with TOKEN_INVALID everything that two libraries could
 * read differently. Source: RFC 7515 section 5.2, RFC 8725 section 3.
 */
export function unverifiedAppTokenFrom(appToken: unknown): Result<UnverifiedAppToken> {
  if (typeof appToken !== "string") return invalid("shape");
  if (appToken.length > MAX_TOKEN_LENGTH) return invalid("length");
  if (!THREE_PARTS.test(appToken)) return invalid("shape");
  const parts = appToken.split(".");
  if (!parts.every(isCanonical)) return invalid("encoding");
  const [headerText = "", payloadText = ""] = parts;

  const header = strictJsonObjectFrom(Buffer.from(headerText, "base64url"));
  if (header === undefined) return invalid("header");
  if (REFUSED_PARAMETERS.some((name) => header[name] !== undefined)) return invalid("critical-header");
  const algorithm = ALGORITHMS.find((known) => known === header["alg"]);
  if (algorithm === undefined) return invalid("algorithm");
  const { typ: type, kid } = header;
  if (type !== undefined && typeof type !== "string") return invalid("type");
  if (kid !== undefined && !isKeyId(kid)) return invalid("key-id");

  const unverifiedClaims = strictJsonObjectFrom(Buffer.from(payloadText, "base64url"));
  if (unverifiedClaims === undefined) return invalid("payload");
  return granted({ text: appToken, algorithm, kid, type, unverifiedClaims });
}

/**
 * Whether base64url of the right alphabet is the one text of its bytes: no single last character, and no unused bits that
 * are set. Otherwise there are several texts for one token, and a deny list of token texts would miss some. Source: RFC 4648
 * section 3.5.
 */
function isCanonical(part: string): boolean {
  const last = part.charAt(part.length - 1);
  switch (part.length % 4) {
    case 1:
      return false;
    case 2:
      // Four unused bits.
      return "AQgw".includes(last);
    case 3:
      // Two unused bits.
      return "AEIMQUYcgkosw048".includes(last);
    default:
      return true;
  }
}

/** Why a token's header does not fit this issuer; undefined when it does. */
export function refusalOfHeader(token: HeaderFields, issuer: Issuer): Refused | undefined {
  const [check] = headerChecks(token, issuer).find(([, holds]) => !holds) ?? [];
  return check === undefined ? undefined : invalid(check);
}

type HeaderFields = Pick<UnverifiedAppToken, "algorithm" | "type">;

/** The checks of a header against an issuer, in their order, and whether each holds. */
export function headerChecks(
  { algorithm, type }: HeaderFields,
  { algorithms, tokenTypes }: Issuer,
): readonly (readonly [check: "algorithm" | "type", holds: boolean])[] {
  return [
    ["algorithm", algorithms.includes(algorithm)],
    ["type", tokenTypes === undefined || isAmong(tokenTypes, type)],
  ];
}

/** Compared without case and without `application/`. Source: RFC 7515 section 4.1.9, RFC 8725 section 3.11. */
function isAmong(types: readonly string[], type: string | undefined): boolean {
  return type !== undefined && types.some((allowed) => mediaTypeOf(allowed) === mediaTypeOf(type));
}

function mediaTypeOf(type: string): string {
  // ASCII only: toLowerCase would also turn the Kelvin sign into a k.
  return type.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/^application\/(?=[^/]+$)/, "");
}

function isKeyId(kid: unknown): kid is string {
  return typeof kid === "string" && kid.length >= 1 && kid.length <= MAX_KEY_ID_LENGTH;
}

function invalid(check: TokenCheck): Refused {
  return refused({ code: "TOKEN_INVALID", check });
}

/** Bytes: a token is ASCII. Source: Function Compute, "HTTP trigger overview": headers of 8 KB at the most. */
export const MAX_TOKEN_LENGTH = 8_192;

/** Characters. Ours: longer ones are attacks (docs/threat-model.md, J9). */
export const MAX_KEY_ID_LENGTH = 128;

/** Three parts, none empty. A JWE has five; an unsecured or detached JWS has an empty one. */
const THREE_PARTS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Header parameters that no App token needs: they change how it is read (jsonwebtoken ignores `crit` and `b64`),
 * announce another kind of content, or contain a key or its address. `x5t` only names a certificate, and is allowed.
 */
export const REFUSED_PARAMETERS = ["crit", "b64", "zip", "enc", "cty", "jwk", "jwks", "jku", "x5u", "x5c"];
