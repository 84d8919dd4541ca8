import { type PolicyDocument, PolicyGrammarError, parsePolicy } from "../ram/policy-document.ts";
import type { Answer } from "./answer.ts";
import { documentBody } from "./body.ts";
import type { BucketCall } from "./call.ts";
import { ossError } from "./errors.ts";

/** Bytes. Source: OSS "Bucket policy", limits: 16 KB. */
export const MAX_POLICY_BYTES = 16_384;

/** GetBucketPolicy: the text as it was put. Throws 404 NoSuchBucketPolicy. */
export function getBucketPolicy({ bucket }: BucketCall): Answer {
  if (bucket.policy === undefined) {
    throw ossError(404, "NoSuchBucketPolicy", "The bucket policy does not exist.", undefined, {
      Bucket: bucket.name,
    });
  }
  return { status: 200, headers: { "content-type": "application/json" }, body: bucket.policy };
}

/** PutBucketPolicy. Throws 400 InvalidPolicyDocument. */
export async function putBucketPolicy(call: BucketCall): Promise<Answer> {
  const text = await documentBody(call);
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw invalidPolicy(`Invalid policy: the policy is longer than ${MAX_POLICY_BYTES} bytes.`);
  }
  refuseAddressesAlone(policyFrom(text));
  call.bucket.policy = text;
  return { status: 200 };
}

/** DeleteBucketPolicy. */
export function deleteBucketPolicy({ bucket }: BucketCall): Answer {
  bucket.policy = undefined;
  return { status: 204 };
}

function policyFrom(text: string): PolicyDocument {
  const [wrong] = /^\s*([^\s{["\d\-tfn])/.exec(text)?.slice(1) ?? [];
  // The words of the service, which the official suite for C++ expects.
  if (wrong !== undefined) throw invalidPolicy(`unknown char ${wrong}`);
  try {
    return parsePolicy(text, "stored resource");
  } catch (error) {
    if (error instanceof PolicyGrammarError) throw invalidPolicy(`Invalid policy: ${error.message}.`);
    throw error;
  }
}

/**
 * An address can belong to the internet or to any VPC, so a statement with acs:SourceIp needs acs:SourceVpc too. Only new
 * policies are checked: those of a seed stay as they are. Source: EC 0030-00000008; OSS "Bucket policy", usage notes. The
 * code and the text are assumptions.
 */
function refuseAddressesAlone({ statements }: PolicyDocument): void {
  const isAlone = statements.some(({ conditions }) => {
    const keys = conditions.map(({ key }) => key);
    return keys.includes("acs:SourceIp") && !keys.includes("acs:SourceVpc");
  });
  if (!isAlone) return;
  throw invalidPolicy(
    "acs:SourceVpc must be specified when acs:SourceIp is used in a Condition.",
    "0030-00000008",
  );
}

function invalidPolicy(message: string, ec?: string) {
  return ossError(400, "InvalidPolicyDocument", message, ec);
}
