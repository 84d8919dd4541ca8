import { sameSecret } from "../sts/constant-time.ts";
import { type Caller, secretOf } from "../world.ts";
import { keyOwner, signatureDoesNotMatch, verifySecurityToken } from "./authentication.ts";
import type { BucketCall } from "./call.ts";
import { invalidArgument } from "./errors.ts";
import { v1Signature } from "./signature-v1.ts";
import { V4_ALGORITHM, v4CredentialFrom, v4Signature, v4TimeFrom } from "./signature-v4.ts";

/** A form's fields by lower-case name. */
export type Fields = ReadonlyMap<string, string>;

/** Milliseconds. Source: OSS, "POST V4 signature", x-oss-date. */
const MAX_CREDENTIAL_AGE_MS = 7 * 24 * 3600_000;
const MAX_SKEW_MS = 15 * 60_000;

/**
 * Who signed the form, or undefined. If one field of a signature is present, the others must be too. Throws 400
 * InvalidArgument, and 403 as for other requests. Source: OSS PostObject; ECs: OSS help, pages of 0002-00000702 to 709.
 */
export function formCaller(call: BucketCall, fields: Fields): Caller | undefined {
  if (!SIGNATURE_FIELDS.some((name) => fields.has(name))) return undefined;
  const policy = fields.get("policy") ?? "";
  if (policy === "") throw missingField("policy", "0002-00000702");
  const isV4 = fields.has("x-oss-signature-version") || fields.has("x-oss-credential");
  const { accessKeyId, signature, signatureWith } = isV4 ? v4Proof(call, fields) : v1Proof(fields);
  const token = fields.get("x-oss-security-token");
  const securityToken = token === "" ? undefined : token;
  const caller = keyOwner(call.world, accessKeyId, securityToken);
  verifySecurityToken(call.world, caller, securityToken, call.expiredTokenCode);
  if (sameSecret(signature, signatureWith(secretOf(caller), policy))) return caller;
  throw signatureDoesNotMatch({
    OSSAccessKeyId: accessKeyId,
    SignatureProvided: signature,
    StringToSign: policy,
  });
}

const SIGNATURE_FIELDS = [
  "policy",
  "ossaccesskeyid",
  "signature",
  "x-oss-signature",
  "x-oss-credential",
  "x-oss-signature-version",
];

function v1Proof(fields: Fields) {
  const accessKeyId = fields.get("ossaccesskeyid");
  if (accessKeyId === undefined) throw missingField("OSSAccessKeyId", "0002-00000706");
  if (accessKeyId === "") throw missingField("OSSAccessKeyId", "0002-00000707");
  return { accessKeyId, signature: signatureIn(fields, "Signature"), signatureWith: v1Signature };
}

function v4Proof({ world, bucket }: BucketCall, fields: Fields) {
  const version = fields.get("x-oss-signature-version") ?? "";
  if (version !== V4_ALGORITHM) {
    throw invalidArgument("Unsupported signature version.", "x-oss-signature-version", version);
  }
  const credentialText = fields.get("x-oss-credential") ?? "";
  const credential = v4CredentialFrom(credentialText);
  if (credential === undefined) {
    throw invalidArgument("Invalid x-oss-credential.", "x-oss-credential", credentialText, "0002-00000708");
  }
  const date = fields.get("x-oss-date") ?? "";
  const ageMs = world.clock.nowMs() - world.clock.signedMs(v4TimeFrom(date));
  const isFresh = ageMs >= -MAX_SKEW_MS && ageMs <= MAX_CREDENTIAL_AGE_MS;
  if (date.slice(0, 8) !== credential.day || !isFresh) {
    throw invalidArgument("Invalid signing date in x-oss-credential.", "x-oss-date", date, "0002-00000709");
  }
  if (credential.region !== bucket.region) {
    throw invalidArgument(
      "Invalid signing region in x-oss-credential.",
      "x-oss-credential",
      credential.region,
    );
  }
  return {
    accessKeyId: credential.accessKeyId,
    signature: signatureIn(fields, "x-oss-signature"),
    signatureWith: (secret: string, policy: string) => v4Signature(secret, credential, policy),
  };
}

function signatureIn(fields: Fields, name: string): string {
  const signature = fields.get(name.toLowerCase());
  if (signature === undefined) throw missingField(name, "0002-00000703");
  if (signature === "") throw missingField(name, "0002-00000704");
  return signature;
}

function missingField(name: string, ec: string) {
  return invalidArgument(
    `The bucket POST must contain the specified '${name}'. If it is specified, please check the order of the fields`,
    name,
    "",
    ec,
  );
}
