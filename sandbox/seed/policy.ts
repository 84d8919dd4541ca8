import { MAX_POLICY_BYTES } from "../oss/bucket-policy.ts";
import { MAX_POLICY_LENGTH } from "../ram/parameters.ts";
import { type PolicyKind, policyGrammarProblem } from "../ram/policy-document.ts";
import type { SeedNode, SeedReader } from "./reader.ts";

/** Reads a policy, written as an object or as its text. Its length is limited as in the APIs of RAM and OSS. */
export function policyText(
  read: SeedReader,
  node: SeedNode | undefined,
  path: string,
  kind: PolicyKind,
): string {
  if (node === undefined) {
    read.problem(path, "is missing");
    return "";
  }
  const text = typeof node === "string" ? node : JSON.stringify(node);
  const problem = lengthProblem(text, kind) ?? policyGrammarProblem(text, kind);
  if (problem !== undefined) read.problem(path, problem);
  return text;
}

function lengthProblem(text: string, kind: PolicyKind): string | undefined {
  if (kind === "stored resource") {
    return Buffer.byteLength(text) > MAX_POLICY_BYTES
      ? `is too long; the limit for a bucket policy is ${MAX_POLICY_BYTES} bytes`
      : undefined;
  }
  return text.length > MAX_POLICY_LENGTH
    ? `is too long; the limit for a policy is ${MAX_POLICY_LENGTH} characters`
    : undefined;
}
