import type { CorsRule } from "../world.ts";
import { isHeaderName } from "./request.ts";

/** Source: OSS PutBucketCors: up to 10 rules (now 20). */
export const MAX_CORS_RULES = 20;

/** Source: OSS PutBucketCors, AllowedMethod. */
const METHODS: ReadonlySet<string> = new Set(["GET", "PUT", "DELETE", "POST", "HEAD"]);

/** Seconds. Source: OSS PutBucketCors, MaxAgeSeconds. */
const MAX_AGE_SECONDS = 999_999_999;

/** Reads a MaxAgeSeconds; NaN when it is not a whole number. */
export function secondsFrom(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** What PutBucketCors refuses about a rule, and in which of its elements, or undefined when nothing is wrong. */
export function corsRuleProblem(
  rule: CorsRule,
): { readonly element: string; readonly value: string; readonly message: string } | undefined {
  const { allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders, maxAgeSeconds } = rule;
  const badMethod = allowedMethods.find((method) => !METHODS.has(method));
  if (badMethod !== undefined) {
    return {
      element: "AllowedMethod",
      value: badMethod,
      message: "Unsupported method in AllowedMethod.",
    };
  }
  const twoStars = [...allowedOrigins, ...allowedHeaders].find((text) => /\*.*\*/s.test(text));
  if (twoStars !== undefined) {
    return {
      element: "AllowedOrigin",
      value: twoStars,
      message: "A value can have at most one * wildcard.",
    };
  }
  // It is answered with, as it stands. An asterisk is a character of header names, and no wildcard here.
  const badHeader = exposeHeaders.find((text) => !isHeaderName(text) || text.includes("*"));
  if (badHeader !== undefined) {
    return {
      element: "ExposeHeader",
      value: badHeader,
      message: "ExposeHeader must be a header's name, without a wildcard.",
    };
  }
  if (maxAgeSeconds !== undefined && !(maxAgeSeconds >= 0 && maxAgeSeconds <= MAX_AGE_SECONDS)) {
    return { element: "MaxAgeSeconds", value: String(maxAgeSeconds), message: "Invalid MaxAgeSeconds." };
  }
  return undefined;
}
