import { CloudError } from "../cloud-error.ts";
import { type Caller, callerWith, secretOf, type World } from "../world.ts";
import {
  acs3AuthorizationFrom,
  acs3CanonicalRequest,
  acs3Signature,
  acs3StringToSign,
} from "./acs3-signature.ts";
import { sameSecret } from "./constant-time.ts";
import { missingParameter, type RpcRequest, refuseDuplicates } from "./rpc-request.ts";
import { rpcSignature, rpcStringToSign } from "./rpc-signature.ts";
import { openSecurityToken } from "./security-token.ts";
import { seenNonces } from "./seen-nonces.ts";

/** Milliseconds. Source: Alibaba Cloud help, "Request syntax and signature method V3": 15 minutes. The page of V2 says 31. */
const TIMESTAMP_WINDOW_MS = 15 * 60_000;

/** What a request says of who sent it, before any of it is believed. */
interface Proof {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
  readonly stringToSign: string;
  readonly expectedSignature: (secret: string) => string;
  /** Headers that are there but not signed; the first one. */
  readonly unsigned: string | undefined;
}

/**
 * Tells who signed a request. Checks, in this order: the access key exists, and is active; the security token is
 * there, ours, that of the key, not expired; the timestamp; the nonce; no parameter twice; the signature; every
 * header that must be signed is. Throws CloudError. The real order is documented nowhere (assumption).
 */
export function authenticatorFor(
  world: World,
  timestampWindowMs = TIMESTAMP_WINDOW_MS,
): (request: RpcRequest) => Caller {
  const nonces = seenNonces((timestampMs) => isStale(world, timestampMs, timestampWindowMs));
  return (request) => {
    const proof = proofIn(request);
    const caller = keyOwner(world, proof.accessKeyId);
    verifySecurityToken(world, caller, proof.securityToken);
    const timestampMs = timestampFrom(proof.timestamp);
    if (isStale(world, timestampMs, timestampWindowMs)) {
      throw new CloudError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
    }
    // Only a verified request uses its nonce up: a forged one must not block the honest one that it copies.
    if (nonces.has(proof.accessKeyId, proof.nonce)) {
      throw new CloudError(400, "SignatureNonceUsed", "Specified signature nonce was used already.");
    }
    refuseDuplicates(request);
    if (!sameSecret(proof.signature, proof.expectedSignature(secretOf(caller)))) {
      throw new CloudError(
        400,
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation.",
        { StringToSign: proof.stringToSign },
      );
    }
    if (proof.unsigned !== undefined) throw incomplete();
    nonces.add(proof.accessKeyId, proof.nonce, timestampMs);
    return caller;
  };
}

/** pop-core sends x-acs-* headers with HMAC-SHA1 signatures too: the Authorization header decides. */
function proofIn(request: RpcRequest): Proof {
  const { authorization } = request.headers;
  if (authorization?.startsWith("ACS3-") === true) return acs3Proof(request, authorization);
  return rpcProof(request);
}

function acs3Proof(request: RpcRequest, header: string): Proof {
  const authorization = acs3AuthorizationFrom(header);
  const { "x-acs-date": timestamp, "x-acs-signature-nonce": nonce } = request.headers;
  if (authorization === undefined) throw incomplete();
  if (timestamp === undefined || timestamp === "") throw missingParameter("Timestamp");
  if (nonce === undefined || nonce === "") throw missingParameter("SignatureNonce");
  const { accessKeyId, signedHeaders, signature } = authorization;
  const stringToSign = acs3StringToSign(acs3CanonicalRequest(request, signedHeaders));
  const mustBeSigned = Object.keys(request.headers).filter(
    (name) => name === "host" || name.startsWith("x-acs-"),
  );
  return {
    accessKeyId,
    securityToken: request.headers["x-acs-security-token"],
    timestamp,
    nonce,
    signature,
    stringToSign,
    expectedSignature: (secret) => acs3Signature(secret, stringToSign),
    // The hash that was signed is that of the body which came; the header must say the same, or be refused.
    unsigned:
      request.headers["x-acs-content-sha256"] === request.bodySha256
        ? mustBeSigned.find((name) => !signedHeaders.includes(name))
        : "x-acs-content-sha256",
  };
}

function rpcProof(request: RpcRequest): Proof {
  const parameter = (name: string): string => {
    const value = request.parameters.get(name);
    if (value === undefined || value === "") throw missingParameter(name);
    return value;
  };
  const accessKeyId = parameter("AccessKeyId");
  const signature = parameter("Signature");
  if (parameter("SignatureMethod") !== "HMAC-SHA1") {
    throw new CloudError(
      400,
      "InvalidSignatureMethod",
      "Specified signature method is not valid, only HMAC-SHA1 is.",
    );
  }
  if (parameter("SignatureVersion") !== "1.0") throw incomplete();
  const stringToSign = rpcStringToSign(request.method, request.pairs);
  return {
    accessKeyId,
    securityToken: request.parameters.get("SecurityToken"),
    timestamp: parameter("Timestamp"),
    nonce: parameter("SignatureNonce"),
    signature,
    stringToSign,
    expectedSignature: (secret) => rpcSignature(secret, stringToSign),
    unsigned: undefined,
  };
}

function keyOwner(world: World, accessKeyId: string): Caller {
  const caller = callerWith(world, accessKeyId);
  if (caller === undefined) {
    throw new CloudError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
  }
  if (caller.kind !== "session" && caller.key.status !== "Active") {
    throw new CloudError(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.");
  }
  return caller;
}

/** A token with a long-lived key is refused as a mismatch (assumption: no document says what happens). */
function verifySecurityToken(world: World, caller: Caller, token: string | undefined): void {
  const given = token === undefined || token === "" ? undefined : token;
  if (given === undefined) {
    if (caller.kind !== "session") return;
    throw new CloudError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.");
  }
  const content = openSecurityToken(world, given);
  if (content === undefined) {
    throw new CloudError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.");
  }
  if (caller.kind !== "session" || content.accessKeyId !== caller.session.accessKeyId) {
    throw new CloudError(
      400,
      "InvalidSecurityToken.MismatchWithAccessKey",
      "Specified SecurityToken mismatch with the AccessKey.",
    );
  }
  if (caller.session.expiresMs <= world.clock.nowMs()) {
    throw new CloudError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.");
  }
}

/** ali-oss sends milliseconds, everybody else whole seconds. */
function timestampFrom(text: string): number {
  const timestampMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(timestampMs)) {
    throw new CloudError(
      400,
      "InvalidTimeStamp.Format",
      "Specified time stamp or date value is not well formatted.",
    );
  }
  return timestampMs;
}

function isStale(world: World, timestampMs: number, windowMs: number): boolean {
  return Math.abs(world.clock.nowMs() - world.clock.signedMs(timestampMs)) > windowMs;
}

function incomplete(): CloudError {
  return new CloudError(
    400,
    "IncompleteSignature",
    "The request signature does not conform to Aliyun standards.",
  );
}
