import { type LargestPolicy, largestPolicyFor } from "../../shared/domain/policy/policy-size.ts";
import { MAX_SESSION_POLICY_BYTES } from "../../shared/domain/policy/session-policy.ts";
import type { Problem } from "../../shared/domain/problem.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { type AccessFileResult, readAccessFile } from "./access-file.ts";
import { runAccessTests } from "./access-tests.ts";

/**
 * All checks of access.yaml before a build: {@link readAccessFile}, then its promises (a broken one is a problem), then
 * the largest policy (a warning when it is too long for STS). `bucket`: OSS_BUCKET, if known.
 */
export function checkedAccessFile(
  path: string,
  options: { readonly bucket?: string | undefined; readonly nowMs: number },
): AccessFileResult {
  const file = readAccessFile(path);
  if (!file.ok) return file;
  const { bucket, nowMs } = options;
  const broken = runAccessTests(file.rules, { nowMs, ...(bucket === undefined ? {} : { bucket }) })
    .filter(({ kept }) => !kept)
    .map(({ path: where, promise, expected, got, because }) =>
      file.located(where, {
        is: `is "${promise}", a broken promise: ${expected === "can" ? "the user cannot do this" : got === "partly" ? "the user can do a part of this" : "the user can do this"} (${because})`,
        fix: "change the rules or the promise",
      }),
    );
  if (broken.length > 0) return { ok: false, problems: broken };
  const size = policySizeWarnings(file.rules, bucket).map((warning) => file.located(["rules"], warning));
  return { ...file, warnings: [...file.warnings, ...size] };
}

/** Characters. Source: OSS, bucket naming rules. */
const MAX_BUCKET_LENGTH = 63;

/** {@link largestPolicyFor}; an unknown bucket counts with the longest possible name. */
export function largestPolicyOf(rules: AccessRules, bucket: string | undefined): LargestPolicy {
  return largestPolicyFor(rules, bucket ?? "b".repeat(MAX_BUCKET_LENGTH));
}

/** When some user's policy would be too long for STS: the sum, and what would shorten it. Empty when all fit. */
export function policySizeWarnings(rules: AccessRules, bucket: string | undefined): readonly Problem[] {
  const { bytes, arithmetic } = largestPolicyOf(rules, bucket);
  if (bytes <= MAX_SESSION_POLICY_BYTES) return [];
  const assumed = bucket === undefined ? `; for a bucket name of ${MAX_BUCKET_LENGTH} characters` : "";
  return [
    {
      is: `can make a session policy of ${bytes} bytes, more than ${MAX_SESSION_POLICY_BYTES}: such a user gets no credentials (500 ServerError)`,
      fix: `shorten it: ${arithmetic.join("; ")}${assumed}`,
    },
  ];
}
