import { type LargestPolicy, largestPolicyFor } from "../../shared/domain/policy/policy-size.ts";
import { MAX_SESSION_POLICY_BYTES } from "../../shared/domain/policy/session-policy.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { type AccessFileResult, readAccessFile } from "./access-file.ts";
import { runAccessTests } from "./access-tests.ts";

/**
 * What a build wants to know of access.yaml: {@link readAccessFile}, then its promises, of which a broken one is a
 * problem, and the largest policy, which is a warning where STS would not take it. `bucket`: OSS_BUCKET, if known.
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
      file.located(
        where,
        `is "${promise}", a broken promise: ${expected === "can" ? "they cannot" : got === "partly" ? "they can in part" : "they can"} (${because})`,
      ),
    );
  if (broken.length > 0) return { ok: false, problems: broken };
  const size = policySizeWarnings(file.rules, bucket).map((warning) => file.located(["rules"], warning));
  return { ...file, warnings: [...file.warnings, ...size] };
}

/** Characters. Source: OSS, bucket naming rules. */
const MAX_BUCKET_LENGTH = 63;

/** {@link largestPolicyFor}; a bucket that is not known yet counts as long as a bucket's name can be. */
export function largestPolicyOf(rules: AccessRules, bucket: string | undefined): LargestPolicy {
  return largestPolicyFor(rules, bucket ?? "b".repeat(MAX_BUCKET_LENGTH));
}

/** Where a user could get a policy too long for STS: the sum, and what would help. Empty where all fit. */
export function policySizeWarnings(rules: AccessRules, bucket: string | undefined): readonly string[] {
  const { bytes, arithmetic } = largestPolicyOf(rules, bucket);
  if (bytes <= MAX_SESSION_POLICY_BYTES) return [];
  const assumed = bucket === undefined ? `; with a bucket's name of ${MAX_BUCKET_LENGTH} characters` : "";
  return [
    `a session policy can have ${bytes} bytes, ${MAX_SESSION_POLICY_BYTES} are the most; such a user gets no credentials (500 ServerError): ${arithmetic.join("; ")}${assumed}`,
  ];
}
