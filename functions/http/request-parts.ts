import { sentenceOf } from "../../shared/domain/problem.ts";
import { granted, type Refused, type Result, refused } from "../../shared/domain/refusal.ts";

/** Only the header of RFC 6750 section 2.1: a token in a query or a body would end up in logs and histories. */
export function bearerTokenFrom(values: readonly string[]): Result<string> {
  // FC joins repeated headers with commas, and no Bearer token has one.
  if (values.length > 1 || values.some((value) => value.includes(","))) {
    return invalid("Authorization", "appears more than once", "send it once, as Bearer <App token>");
  }
  const [value] = values;
  const found = value === undefined ? null : /^Bearer(?: +(.*))?$/i.exec(value.trim());
  const token = found?.[1]?.trim();
  return token === undefined || token === "" ? refused({ code: "TOKEN_MISSING" }) : granted(token);
}

/** 400, with what to send instead. */
export function invalid(field: string, is: string, fix: string): Refused {
  return refused({ code: "REQUEST_INVALID", field, problem: sentenceOf({ is, fix }) });
}

/** The answer repeats a name from the caller: cut short, with harmless characters only (such as those of `a[]`). */
export function shortened(name: string): string {
  return name.replace(/[^A-Za-z0-9._[\]-]/g, "").slice(0, 40) || "a name";
}
