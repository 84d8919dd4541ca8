import { granted, type Refused, type Result, refused, type TokenCheck } from "../refusal.ts";
import { ALGORITHMS, type Algorithm, type Issuer } from "./issuer.ts";
import { strictJsonObjectFrom } from "./strict-json.ts";

/** An App token taken apart. Nothing in it is verified: anybody can write such a thing. */
export interface UnverifiedAppToken {
  /** The compact serialisation, to the letter. */
  readonly text: string;
  readonly algorithm: Algorithm;
  /** 1 to 128 characters, of any kind: a key of a Map, and nothing else. */
  readonly kid: string | undefined;
  readonly type: string | undefined;
  /** Without a prototype. */
  readonly unverifiedClaims: Readonly<Record<string, unknown>>;
}

/**
 * Takes a compact JWS apart, and refuses with TOKEN_INVALID whatever two libraries could read differently. Pure
 * text work: no key and no network. Source: RFC 7515 section 5.2, RFC 8725 section 3.
 */
export function unverifiedAppTokenFrom(appToken: unknown): Result<UnverifiedAppToken> {
  if (typeof appToken !== "string") return invalid("shape");
  if (appToken.length > MAX_TOKEN_LENGTH) return invalid("length");
  if (!THREE_PARTS.test(appToken)) return invalid("shape");
  const parts = appToken.split(".").map((part) => Buffer.from(part, "base64url"));
  // Padding and unused bits spell one token in several ways, and a deny list of token texts would miss some.
  if (parts.map((part) => part.toString("base64url")).join(".") !== appToken) return invalid("encoding");
  const [headerBytes = EMPTY, payloadBytes = EMPTY] = parts;

  const header = strictJsonObjectFrom(headerBytes);
  if (header === undefined) return invalid("header");
  if (REFUSED_PARAMETERS.some((name) => header[name] !== undefined)) return invalid("critical-header");
  const algorithm = ALGORITHMS.find((known) => known === header["alg"]);
  if (algorithm === undefined) return invalid("algorithm");
  const { typ: type, kid } = header;
  if (type !== undefined && typeof type !== "string") return invalid("type");
  if (kid !== undefined && !isKeyId(kid)) return invalid("key-id");

  const unverifiedClaims = strictJsonObjectFrom(payloadBytes);
  if (unverifiedClaims === undefined) return invalid("payload");
  return granted({ text: appToken, algorithm, kid, type, unverifiedClaims });
}

/** Why a token's header is none of this issuer's; undefined where it can be. */
export function refusalOfHeader(token: HeaderFields, issuer: Issuer): Refused | undefined {
  const [check] = headerChecks(token, issuer).find(([, holds]) => !holds) ?? [];
  return check === undefined ? undefined : invalid(check);
}

type HeaderFields = Pick<UnverifiedAppToken, "algorithm" | "type">;

/** What is checked of the header against an issuer, in its order, and whether it holds. */
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

/** Three parts, none of them empty: no JWE (five), no unsecured or detached JWS (an empty one). */
const THREE_PARTS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Header parameters that no App token needs: they change how it is read (jsonwebtoken ignores `crit` and `b64`),
 * announce another kind of content, or bring a key or its address along. `x5t` names a certificate and may stay.
 */
export const REFUSED_PARAMETERS = ["crit", "b64", "zip", "enc", "cty", "jwk", "jwks", "jku", "x5u", "x5c"];

const EMPTY = Buffer.alloc(0);
