import type { SandboxClock } from "../clock.ts";
import { ossError } from "./errors.ts";

/** The policy of a form, parsed: until when, and what the form must hold. */
export interface PostPolicy {
  /** By the clock of who signed it. */
  readonly expirationMs: number;
  readonly conditions: readonly PostCondition[];
  /** Bytes of the file, or undefined for any size. */
  readonly contentLength: { readonly min: number; readonly max: number } | undefined;
}

/** One condition on a field. */
export interface PostCondition {
  /** Lower case, without the dollar sign. */
  readonly field: string;
  readonly holds: (value: string) => boolean;
  /** As it was written, for the refusal. */
  readonly text: string;
}

/**
 * Parses the `policy` field: base64 of JSON. Throws 400 InvalidPolicyDocument. Sources: OSS PostObject, "Appendix:
 * Post Policy"; ECs: OSS help, pages of 0006-00000201, 203, 208, 220 and 224.
 */
export function postPolicyFrom(base64: string): PostPolicy {
  const json = jsonFrom(base64);
  const { expiration, conditions } = json;
  if (typeof expiration !== "string") throw invalidPolicy("Policy missing expiration.", "0006-00000208");
  const expirationMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(expiration)
    ? Date.parse(expiration)
    : Number.NaN;
  if (Number.isNaN(expirationMs)) throw invalidPolicy("Invalid expiration.");
  if (!Array.isArray(conditions) || conditions.length === 0) {
    throw invalidPolicy("Policy missing conditions.");
  }
  const lengths = conditions.filter(
    (one: unknown) => Array.isArray(one) && one[0] === "content-length-range",
  );
  return {
    expirationMs,
    conditions: conditions.filter((one: unknown) => !lengths.includes(one)).map(conditionFrom),
    contentLength: lengths.map(lengthFrom).reduce<PostPolicy["contentLength"]>(
      // Several of them: all must hold.
      (all, one) =>
        all === undefined ? one : { min: Math.max(all.min, one.min), max: Math.min(all.max, one.max) },
      undefined,
    ),
  };
}

/** Throws 403 AccessDenied when the policy has ended, or a condition does not hold. A missing field is empty. */
export function refuseAgainstPolicy(
  { expirationMs, conditions }: PostPolicy,
  fields: ReadonlyMap<string, string>,
  clock: Pick<SandboxClock, "nowMs" | "endMs">,
): void {
  if (clock.endMs(expirationMs) <= clock.nowMs()) {
    throw ossError(403, "AccessDenied", "Invalid according to Policy: Policy expired.");
  }
  const failed = conditions.find(({ field, holds }) => !holds(fields.get(field) ?? ""));
  if (failed === undefined) return;
  throw ossError(
    403,
    "AccessDenied",
    `Invalid according to Policy: Policy Condition failed: ${failed.text}`,
    "0006-00000227",
  );
}

function jsonFrom(base64: string): { readonly expiration?: unknown; readonly conditions?: unknown } {
  const bytes = Buffer.from(base64, "base64");
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw error instanceof SyntaxError
      ? invalidPolicy("Policy is not JSON.", "0006-00000201")
      : invalidPolicy("Policy is not UTF-8.", "0006-00000203");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw invalidPolicy("Policy is not a JSON object.", "0006-00000201");
  }
  return json;
}

function conditionFrom(json: unknown): PostCondition {
  const text = JSON.stringify(json);
  if (!Array.isArray(json)) {
    const [only, ...others] = Object.entries(typeof json === "object" && json !== null ? json : {});
    if (only === undefined || others.length > 0) {
      throw invalidPolicy(
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
      );
    }
    const [field, value] = only;
    if (typeof value !== "string") throw invalidType();
    return { field: field.toLowerCase(), holds: (given) => given === value, text };
  }
  const [operator, field, value]: readonly unknown[] = json;
  if (typeof operator !== "string" || typeof field !== "string" || json.length !== 3) throw invalidType();
  return { field: field.replace(/^\$/, "").toLowerCase(), holds: comparison(operator, value), text };
}

function comparison(operator: string, value: unknown): (given: string) => boolean {
  switch (operator.toLowerCase()) {
    case "eq":
      if (typeof value !== "string") throw invalidType();
      return (given) => given === value;
    case "starts-with":
      if (typeof value !== "string") throw invalidType();
      return (given) => given.startsWith(value);
    case "in":
    case "not-in": {
      if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) throw invalidType();
      const wanted = operator.toLowerCase() === "in";
      return (given) => value.includes(given) === wanted;
    }
    default:
      throw invalidPolicy(`Invalid Condition: unknown operation ${operator}.`);
  }
}

function lengthFrom(condition: readonly unknown[]): { readonly min: number; readonly max: number } {
  const [, min, max] = condition;
  if (condition.length === 3 && isByteCount(min) && isByteCount(max) && min <= max) return { min, max };
  throw invalidPolicy("Invalid content-length-range: it takes a minimum and a maximum.", "0006-00000220");
}

/** The page of the EC asks for positive numbers; examples elsewhere begin with 0. */
function isByteCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalidType() {
  return invalidPolicy(
    "Invalid Condition: a field or value has another type than its operation takes.",
    "0006-00000224",
  );
}

function invalidPolicy(reason: string, ec?: string) {
  return ossError(400, "InvalidPolicyDocument", `Invalid Policy: ${reason}`, ec);
}
