import type { AccessRules } from "../../shared/domain/access-rules.ts";
import type { Issuer } from "../../shared/domain/issuer.ts";

/** A JWT, decoded and not verified: anybody can have written it. */
export interface UnverifiedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Decodes; undefined where the text is no JWT. */
export function unverifiedTokenFrom(text: string): UnverifiedToken | undefined {
  const parts = text
    .trim()
    .replace(/^Bearer\s+/i, "")
    .split(".");
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map(objectFrom);
  return header === undefined || claims === undefined ? undefined : { header, claims };
}

/** The issuer whose `iss` the token has, to the letter. */
export function issuerOf({ claims }: UnverifiedToken, rules: AccessRules): Issuer | undefined {
  return rules.issuers.find(({ issuer }) => issuer === claims["iss"]);
}

/** What can be seen of the verifier's checks without the key; its own are stricter, and more. */
export interface VisibleCheck {
  /** The name that the log has for it. */
  readonly check: string;
  readonly holds: boolean;
  readonly because: string;
}

export function visibleChecks(
  { header, claims }: UnverifiedToken,
  issuer: Issuer,
  nowMs: number,
): readonly VisibleCheck[] {
  const now = nowMs / 1000;
  const { clockToleranceSeconds: leeway, maxTokenAgeSeconds: maxAge, tokenTypes } = issuer;
  const { aud, exp, nbf, iat } = claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  const type =
    typeof header["typ"] === "string" ? header["typ"].toLowerCase().replace(/^application\//, "") : "";
  const missing = issuer.requiredClaims.filter((name) => !Object.hasOwn(claims, name));
  const check = (name: string, holds: boolean, because: string): VisibleCheck => ({
    check: name,
    holds,
    because,
  });
  return [
    check(
      "algorithm",
      issuer.algorithms.some((algorithm) => algorithm === header["alg"]),
      `alg is ${shown(header["alg"])}; allowed are ${issuer.algorithms.join(", ")}`,
    ),
    issuer.audience === null
      ? check("audience", true, "switched off (audience: null)")
      : check(
          "audience",
          audiences.includes(issuer.audience),
          `aud is ${shown(aud)}; needed is ${issuer.audience}`,
        ),
    check("expiry", typeof exp === "number" && exp > now - leeway, `exp is ${timeOf(exp)}`),
    ...(nbf === undefined
      ? []
      : [check("not-before", typeof nbf === "number" && nbf <= now + leeway, `nbf is ${timeOf(nbf)}`)]),
    ...(iat === undefined
      ? []
      : [check("issued-at", typeof iat === "number" && iat <= now + leeway, `iat is ${timeOf(iat)}`)]),
    ...(maxAge === undefined
      ? []
      : [
          check(
            "age",
            typeof iat === "number" && iat >= now - maxAge - leeway,
            `iat is ${timeOf(iat)}; ${maxAge} s are the most`,
          ),
        ]),
    ...(tokenTypes === undefined
      ? []
      : [
          check(
            "type",
            tokenTypes.some((allowed) => allowed.toLowerCase().replace(/^application\//, "") === type),
            `typ is ${shown(header["typ"])}; allowed are ${tokenTypes.join(", ")}`,
          ),
        ]),
    ...(missing.length === 0 ? [] : [check("required-claim", false, `${missing.join(", ")} missing`)]),
    ...(header["crit"] === undefined ? [] : [check("critical-header", false, "crit is never taken")]),
  ];
}

function objectFrom(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
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
