import type { Refusal, TokenCheck } from "../../shared/domain/refusal.ts";
import {
  headerChecks,
  MAX_KEY_ID_LENGTH,
  MAX_TOKEN_LENGTH,
  REFUSED_PARAMETERS,
  unverifiedAppTokenFrom,
} from "../../shared/domain/token/app-token.ts";
import { claimAt } from "../../shared/domain/token/claim.ts";
import type { Issuer } from "../../shared/domain/token/issuer.ts";
import { type ClaimsCheck, claimsChecks } from "../../shared/domain/token/token-claims.ts";
import { objectInTokenPart } from "../shared/values.ts";

/** A JWT, decoded and not verified: anybody can have written it. */
export interface UnverifiedToken {
  /** Without `Bearer` and blanks around. */
  readonly text: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Decodes, also what the function refuses for its form; undefined when the text is not a JWT. */
export function unverifiedTokenFrom(given: string): UnverifiedToken | undefined {
  const text = given.trim().replace(/^Bearer\s+/i, "");
  const parts = text.split(".");
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map(objectInTokenPart);
  return header === undefined || claims === undefined ? undefined : { text, header, claims };
}

/** One of the verifier's checks that can be seen without the key. */
export interface VisibleCheck {
  /** The name that the log has for it. */
  readonly check: string;
  readonly holds: boolean;
  readonly because: string;
}

/** What the verifier itself says of everything but key and signature, with what there is to see. */
export function visibleChecks(
  token: UnverifiedToken,
  issuer: Issuer,
  nowMs: number,
): readonly VisibleCheck[] {
  const parsed = unverifiedAppTokenFrom(token.text);
  const ofForm: readonly VisibleCheck[] = parsed.ok
    ? headerChecks(parsed.value, issuer).map(([check, holds]) => ({
        check,
        holds,
        because: `${headerField(check, token)}; allowed: ${allowedFor(check, issuer)}`,
      }))
    : [formCheck(parsed.refusal, token)];
  const checks = new Map(claimsChecks(token.claims, issuer, nowMs));
  // The log has one code for an expired token and another for a token without exp; here both are one line.
  const expiry = checks.get("expiry") === true && checks.get("expired") === true;
  const ofClaims = [...checks]
    .filter(([check]) => check !== "expired")
    .map(([check, holds]) => ({
      check,
      holds: check === "expiry" ? expiry : holds,
      because: claimsReason(check, token.claims, issuer),
    }));
  return [...ofForm, ...ofClaims];
}

function formCheck(refusal: Refusal, token: UnverifiedToken): VisibleCheck {
  if (refusal.code !== "TOKEN_INVALID") throw new Error(`unreachable: a token's form gives ${refusal.code}`);
  const { check } = refusal;
  const because = FORM_REASONS[check]?.(token) ?? `the ${check} is not a JSON object, or it has a name twice`;
  return { check, holds: false, because };
}

const FORM_REASONS: Readonly<Partial<Record<TokenCheck, (token: UnverifiedToken) => string>>> = {
  length: ({ text }) => `it has ${text.length} characters; the limit is ${MAX_TOKEN_LENGTH}`,
  shape: () => "it is not three parts of base64url, none of them empty",
  encoding: () => "a part is not canonical base64url",
  "critical-header": ({ header }) =>
    `the header has ${REFUSED_PARAMETERS.filter((name) => header[name] !== undefined).join(", ")}`,
  algorithm: (token) => headerField("algorithm", token),
  type: (token) => headerField("type", token),
  "key-id": () => `kid is not a text of 1 to ${MAX_KEY_ID_LENGTH} characters`,
};

function headerField(check: "algorithm" | "type", { header }: UnverifiedToken): string {
  return check === "algorithm" ? `alg is ${shown(header["alg"])}` : `typ is ${shown(header["typ"])}`;
}

function allowedFor(check: "algorithm" | "type", { algorithms, tokenTypes }: Issuer): string {
  return check === "algorithm" ? algorithms.join(", ") : (tokenTypes?.join(", ") ?? "all");
}

function claimsReason(
  check: ClaimsCheck,
  claims: Readonly<Record<string, unknown>>,
  { audience, audienceClaim, maxTokenAgeSeconds, requiredClaims }: Issuer,
): string {
  const { exp, nbf, iat } = claims;
  switch (check) {
    case "audience":
      return audience === null
        ? "switched off (audience: null)"
        : `${audienceClaim} is ${shown(claimAt(claims, audienceClaim))}; it must be${audienceClaim === "aud" ? ", or contain," : ""} ${audience.join(" or ")}`;
    case "expiry":
    case "expired":
      return `exp is ${timeOf(exp)}`;
    case "not-before":
      return `nbf is ${timeOf(nbf)}`;
    case "issued-at":
      return `iat is ${timeOf(iat)}`;
    case "age":
      return maxTokenAgeSeconds === undefined
        ? "not limited (no maxTokenAge)"
        : `iat is ${timeOf(iat)}; the token may be at most ${maxTokenAgeSeconds} s old`;
    case "required-claim": {
      const missing = requiredClaims.filter((name) => claimAt(claims, name) === undefined);
      return missing.length === 0 ? "all are present" : `${missing.join(", ")} missing`;
    }
  }
}

function timeOf(seconds: unknown): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return shown(seconds);
  const ms = seconds * 1000;
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(seconds);
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}
