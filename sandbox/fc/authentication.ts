import { createHash, createHmac } from "node:crypto";
import { CloudError } from "../cloud-error.ts";
import {
  acs3AuthorizationFrom,
  acs3CanonicalRequest,
  acs3Signature,
  acs3StringToSign,
} from "../sts/acs3-signature.ts";
import { sameSecret } from "../sts/constant-time.ts";
import { openSecurityToken } from "../sts/security-token.ts";
import { type Caller, callerWith, secretOf, sha256Hex, type World } from "../world.ts";

/** What a signature of FC covers. */
export interface SignedRequest {
  readonly method: string;
  /** As it came over the wire. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Milliseconds. Source: FC "Configure an HTTP trigger", 403: a request's time may be 15 minutes off. */
const TIME_WINDOW_MS = 15 * 60_000;

/**
 * Tells who signed with `FC <AccessKeyId>:<signature>`, API version 2016-08-15. Throws CloudError: 400
 * MissingRequiredHeader, InvalidArgument (Content-MD5); 403 InvalidAccessKeyID, InvalidSecurityToken,
 * SignatureNotMatch, AccessDenied (too early, too late). Source: FC "Signature algorithm", "Error codes".
 */
export function verifyFcSignature(world: World, request: SignedRequest): Caller {
  const { headers } = request;
  const [, accessKeyId, signature] = /^FC ([^:\s]+):(\S+)$/.exec(needed(headers, "authorization")) ?? [];
  if (accessKeyId === undefined || signature === undefined) throw notMatching();
  const date = needed(headers, "date");
  const caller = keyOwner(world, accessKeyId, headers["x-fc-security-token"]);
  const expected = createHmac("sha256", secretOf(caller)).update(fcStringToSign(request)).digest("base64");
  if (!sameSecret(signature, expected)) throw notMatching();
  checkTime(world, date);
  checkMd5(headers["content-md5"], request.body);
  return caller;
}

/** The text that `FC` signatures sign. */
export function fcStringToSign({ method, path, headers }: SignedRequest): string {
  const fcHeaders = Object.keys(headers)
    .filter((name) => name.startsWith("x-fc-"))
    .sort()
    .map((name) => `${name}:${headers[name] ?? ""}\n`)
    .join("");
  const { "content-md5": md5 = "", "content-type": type = "", date = "" } = headers;
  return `${method}\n${md5}\n${type}\n${date}\n${fcHeaders}${path}`;
}

/**
 * Tells who signed with ACS3-HMAC-SHA256. The API wants the body's hash signed, in `x-acs-content-sha256`; an HTTP
 * trigger does without, as in the documents' example. Throws as verifyFcSignature does. Source: Alibaba Cloud help,
 * "Request syntax and signature method V3"; FC "Configure signature authentication for HTTP triggers".
 */
export function verifyAcs3Signature(
  world: World,
  request: SignedRequest,
  signed: "with the body" | "body or not",
): Caller {
  const { headers } = request;
  const authorization = acs3AuthorizationFrom(needed(headers, "authorization"));
  if (authorization === undefined) throw notMatching();
  const date = needed(headers, "x-acs-date", "Date");
  const caller = keyOwner(world, authorization.accessKeyId, headers["x-acs-security-token"]);
  const announced =
    signed === "with the body"
      ? needed(headers, "x-acs-content-sha256", "x-acs-content-sha256")
      : headers["x-acs-content-sha256"];
  const mustBeSigned = Object.keys(headers).filter((name) => name.startsWith("x-acs-"));
  const stringToSign = acs3StringToSign(
    acs3CanonicalRequest({ ...request, bodySha256: announced ?? "" }, authorization.signedHeaders),
  );
  const matches =
    sameSecret(authorization.signature, acs3Signature(secretOf(caller), stringToSign)) &&
    mustBeSigned.every((name) => authorization.signedHeaders.includes(name)) &&
    (announced === undefined || announced === sha256Hex(request.body));
  if (!matches) throw notMatching();
  checkTime(world, date);
  return caller;
}

function needed(
  headers: Readonly<Record<string, string | undefined>>,
  name: string,
  called = name.replace(/^./, (letter) => letter.toUpperCase()),
): string {
  const value = headers[name];
  if (value !== undefined && value !== "") return value;
  throw new CloudError(400, "MissingRequiredHeader", `required HTTP header ${called} was not specified`);
}

function keyOwner(world: World, accessKeyId: string, securityToken: string | undefined): Caller {
  const caller = callerWith(world, accessKeyId);
  if (caller === undefined || (caller.kind !== "session" && caller.key.status !== "Active")) {
    throw new CloudError(403, "InvalidAccessKeyID", `invalid access key ID '${accessKeyId}'`);
  }
  if (caller.kind === "session" && !isTokenOf(world, caller.session, securityToken)) {
    // The code is an assumption: FC's error table names none for security tokens.
    throw new CloudError(403, "InvalidSecurityToken", "the security token is missing, invalid or expired");
  }
  return caller;
}

function isTokenOf(
  world: World,
  session: { readonly accessKeyId: string; readonly expiresMs: number },
  securityToken: string | undefined,
): boolean {
  return (
    securityToken !== undefined &&
    openSecurityToken(world, securityToken)?.accessKeyId === session.accessKeyId &&
    session.expiresMs > world.clock.nowMs()
  );
}

function checkTime(world: World, date: string): void {
  const nowMs = world.clock.nowMs();
  if (Math.abs(nowMs - world.clock.signedMs(Date.parse(date))) <= TIME_WINDOW_MS) return;
  const now = new Date(nowMs).toUTCString();
  throw new CloudError(
    403,
    "AccessDenied",
    `the difference between the request time '${date}' and the current time '${now}' is too large`,
  );
}

/** fc2 sends the base64 of the hexadecimal digits, the RFC says that of the bytes: both are taken (assumption). */
function checkMd5(contentMd5: string | undefined, body: Buffer): void {
  if (contentMd5 === undefined) return;
  const digest = createHash("md5").update(body).digest();
  const forms = [digest.toString("base64"), Buffer.from(digest.toString("hex")).toString("base64")];
  if (!forms.includes(contentMd5)) {
    throw new CloudError(400, "InvalidArgument", "Content-MD5 does not match the body");
  }
}

function notMatching(): CloudError {
  return new CloudError(
    403,
    "SignatureNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your access key and signing method",
  );
}
