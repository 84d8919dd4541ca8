import { CloudError } from "../cloud-error.ts";
import { sameSecret } from "../sts/constant-time.ts";
import { openSecurityToken } from "../sts/security-token.ts";
import {
  type Caller,
  callerWith,
  endInCloudTime,
  secretOf,
  signedInCloudTime,
  type World,
} from "../world.ts";
import type { Address } from "./addressing.ts";
import { invalidArgument, ossError } from "./errors.ts";
import { bytesOf } from "./header-bytes.ts";
import type { Proof } from "./proof.ts";
import { proofIn } from "./proof-in.ts";
import type { OssRequest } from "./request.ts";
import { timeText } from "./xml.ts";

/** How an expired security token is answered; real answers of both kinds are known. */
export type ExpiredTokenCode = "SecurityTokenExpired" | "InvalidAccessKeyId";

/** What the checks need in addition to the request. */
export interface AuthenticationSettings {
  readonly expiredTokenCode: ExpiredTokenCode;
  /** That of the bucket, or undefined when the bucket does not exist or the call is for the service. */
  readonly region: string | undefined;
}

/** Milliseconds. Source: OSS, "Include signatures in the Authorization header": 15 minutes either way. */
const MAX_SKEW_MS = 15 * 60_000;

/** Milliseconds. From here on a V4 date counts as no signing date at all (assumption). */
const MAX_V4_DATE_DISTANCE_MS = 24 * 3600_000;

/** Seconds. Source: OSS "Add V4 signatures to URLs": 7 days, with STS credentials 12 hours. */
const MAX_EXPIRES_SECONDS = 604_800;
const MAX_EXPIRES_SECONDS_OF_SESSIONS = 43_200;

/**
 * Finds who signed the request, or undefined. Checks, in this order: the form of the signature, the access
 * key, the security token, the time, the signature, the region. Throws CloudError with the codes of docs/fidelity/oss.md.
 * The order is assumption, but that a URL's expiry comes before its signature.
 */
export function authenticate(
  world: World,
  request: OssRequest,
  address: Address,
  settings: AuthenticationSettings,
): Caller | undefined {
  const proof = proofIn(request, address);
  if (proof === undefined) return undefined;
  const caller = keyOwner(world, proof.accessKeyId, proof.securityToken);
  verifySecurityToken(world, caller, proof.securityToken, settings.expiredTokenCode);
  verifyTime(world, proof, caller);
  verifySignature(proof, secretOf(caller));
  const { credential } = proof;
  if (credential !== undefined && settings.region !== undefined && credential.region !== settings.region) {
    throw invalidArgument(
      "Invalid signing region in Authorization header.",
      "region",
      credential.region,
      "0002-00000226",
    );
  }
  return caller;
}

/**
 * Finds the owner of the access key. A long-lived key sent with a security token is searched among the temporary keys,
 * and does not exist there. Sources: OSS help, pages of EC 0002-00000002, 0002-00000902, 0002-00000904.
 */
export function keyOwner(world: World, accessKeyId: string, securityToken: string | undefined): Caller {
  const caller = callerWith(world, accessKeyId);
  const unknown = "The OSS Access Key Id you provided does not exist in our records.";
  const refused = (message: string, ec: string) =>
    ossError(403, "InvalidAccessKeyId", message, ec, { OSSAccessKeyId: accessKeyId });
  if (securityToken === undefined && accessKeyId.startsWith("STS.")) {
    const lost = `${unknown} The Security Token may be lost to specify that it is a STS Access Id.`;
    throw refused(lost, "0002-00000003");
  }
  if (caller === undefined) throw refused(unknown, "0002-00000902");
  if (caller.kind === "session") return caller;
  if (securityToken !== undefined) throw refused(unknown, "0002-00000002");
  if (caller.key.status !== "Active") {
    throw refused("The OSS Access Key Id you provided is disabled.", "0002-00000904");
  }
  return caller;
}

/** Throws when the token is not one of this world, not the session's own, or over. EC of expiry: OSS help. */
export function verifySecurityToken(
  world: World,
  caller: Caller,
  token: string | undefined,
  expiredTokenCode: ExpiredTokenCode,
): void {
  if (caller.kind !== "session") return;
  const { session } = caller;
  const content = openSecurityToken(world, token ?? "");
  if (content === undefined) {
    const message = "The security token you provided is invalid.";
    throw ossError(403, "InvalidSecurityToken", message, "0002-00000008");
  }
  if (content.accessKeyId !== session.accessKeyId) {
    const message = "The OSS access key id and security token you provided does not match.";
    throw ossError(403, "AccessKeyIdAndSecurityTokenNotMatch", message);
  }
  if (session.expiresMs > world.clock.nowMs()) return;
  if (expiredTokenCode === "InvalidAccessKeyId") {
    const message = "The OSS Access Key Id you provided does not exist in our records.";
    const details = { OSSAccessKeyId: session.accessKeyId };
    throw ossError(403, "InvalidAccessKeyId", message, "0002-00000902", details);
  }
  const message = "The security token you provided has expired.";
  throw ossError(403, "SecurityTokenExpired", message, "0002-00000007");
}

/** 403 SignatureDoesNotMatch, with what the service would have signed. Source: docs/fidelity/oss.md. */
export function signatureDoesNotMatch(details: Readonly<Record<string, string>>): CloudError {
  return new CloudError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    { ...details, EC: "0002-00000040" },
  );
}

function verifyTime(world: World, proof: Proof, caller: Caller): void {
  const { clock } = world;
  const nowMs = clock.nowMs();
  if (proof.place === "header") {
    const distanceMs = Math.abs(nowMs - clock.signedMs(proof.dateMs));
    if (proof.version === "V4" && distanceMs > MAX_V4_DATE_DISTANCE_MS) throw invalidSigningDate(nowMs);
    if (distanceMs > MAX_SKEW_MS) throw tooSkewed(nowMs, proof);
    return;
  }
  if (proof.version === "V4") {
    const max = caller.kind === "session" ? MAX_EXPIRES_SECONDS_OF_SESSIONS : MAX_EXPIRES_SECONDS;
    if (proof.expiresSeconds < 1 || proof.expiresSeconds > max) {
      const message = `The x-oss-expires parameter must be between 1 and ${max}.`;
      throw invalidArgument(message, "x-oss-expires", String(proof.expiresSeconds), "0002-00000070");
    }
    if (signedInCloudTime(world, caller, proof.dateMs) - nowMs > MAX_SKEW_MS) {
      throw ossError(403, "AccessDenied", "Request is not valid yet.", "0002-00000235");
    }
  }
  const endMs =
    proof.version === "V4"
      ? signedInCloudTime(world, caller, proof.dateMs) + proof.expiresSeconds * 1000
      : endInCloudTime(world, caller, proof.dateMs);
  if (nowMs > endMs) {
    throw ossError(
      403,
      "AccessDenied",
      "Request has expired.",
      proof.version === "V4" ? "0002-00000236" : "0002-00000069",
      { Expires: timeText(endMs), ServerTime: timeText(nowMs) },
    );
  }
}

function verifySignature(proof: Proof, secret: string): void {
  const { canonicals } = proof;
  if (canonicals.some((canonical) => sameSecret(proof.signature, canonical.signature(secret)))) return;
  const [canonical] = canonicals;
  if (canonical === undefined) throw new Error("a proof without a canonical form");
  const shown = (text: string) =>
    proof.securityToken === undefined ? text : text.replaceAll(proof.securityToken, "***");
  const stringToSign = shown(canonical.stringToSign);
  throw signatureDoesNotMatch({
    OSSAccessKeyId: proof.accessKeyId,
    SignatureProvided: proof.signature,
    StringToSign: stringToSign,
    StringToSignBytes: hexBytes(stringToSign),
    ...(canonical.canonicalRequest === undefined
      ? {}
      : { CanonicalRequest: shown(canonical.canonicalRequest) }),
  });
}

function hexBytes(text: string): string {
  return bytesOf(text)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?=.)/g, "$& ");
}

/** ServerTime: the SDKs for the browser, Swift and Kotlin set their clocks by it. */
function tooSkewed(nowMs: number, { date }: Proof): CloudError {
  return ossError(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    "0002-00000504",
    { RequestTime: date, ServerTime: timeText(nowMs) },
  );
}

function invalidSigningDate(nowMs: number): CloudError {
  return ossError(400, "InvalidArgument", "Invalid signing date in Authorization header.", undefined, {
    ServerTime: timeText(nowMs),
  });
}
