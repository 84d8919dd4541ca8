import { createHash, createHmac } from "node:crypto";
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

/** A request as it came, with its body. */
export interface SignedRequest {
  readonly method: string;
  /** Percent-decoded. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Milliseconds, in both directions. Source: SLS "Error codes", RequestTimeExpired: 15 minutes. */
const DATE_WINDOW_MS = 15 * 60 * 1000;

/** By x-log-signaturemethod. Sources: SLS "Request signatures" (hmac-sha1); @alicloud/gateway-sls 0.4.1 (hmac-sha256). */
const METHODS: Readonly<Record<string, string>> = { "hmac-sha1": "sha1", "hmac-sha256": "sha256" };

/** Who signed the request. Throws CloudError. Signature version 4 of SLS is not emulated. */
export function callerOf(world: World, request: SignedRequest): Caller {
  const { headers } = request;
  const [, accessKeyId, signature] = /^LOG ([^:]+):(\S+)$/.exec(headers["authorization"] ?? "") ?? [];
  const algorithm = METHODS[headers["x-log-signaturemethod"] ?? ""];
  if (accessKeyId === undefined || signature === undefined || algorithm === undefined)
    throw new CloudError(
      400,
      "ParameterInvalid",
      "Http extend authorization : authorization pair is invalid.",
    );
  const caller = callerWith(world, accessKeyId);
  if (caller === undefined) throw unauthorized(`AccessKeyId not found: ${accessKeyId}`);
  if (caller.kind !== "session" && caller.key.status !== "Active")
    throw unauthorized(`AccessKeyId is inactive: ${accessKeyId}`);
  securityTokenChecked(world, caller, headers["x-acs-security-token"]);
  dateChecked(world, caller, headers["date"]);
  if (headers["content-md5"] !== undefined && headers["content-md5"] !== md5Of(request.body))
    throw new CloudError(400, "InvalidContentMD5", "Content-MD5 does not match the body.");
  const expected = createHmac(algorithm, secretOf(caller)).update(stringToSign(request)).digest("base64");
  if (!sameSecret(signature, expected))
    throw new CloudError(401, "SignatureNotMatch", `Signature ${signature} not matched.`);
  return caller;
}

/** Source: SLS "Request signatures", SignString. The SDK signs an empty Content-MD5 for an empty body. */
function stringToSign({ method, path, query, headers }: SignedRequest): string {
  const extended = Object.keys(headers)
    .filter((name) => name.startsWith("x-log-") || name.startsWith("x-acs-"))
    .sort()
    .map((name) => `${name}:${headers[name]}`);
  const parameters = [...query]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  return [
    method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    headers["date"] ?? "",
    ...extended,
    parameters.length === 0 ? path : `${path}?${parameters.join("&")}`,
  ].join("\n");
}

function securityTokenChecked(world: World, caller: Caller, token: string | undefined): void {
  if (caller.kind !== "session") return;
  const content = token === undefined ? undefined : openSecurityToken(world, token);
  if (content?.accessKeyId !== caller.session.accessKeyId)
    throw unauthorized("The security token you provided is invalid.");
  if (endInCloudTime(world, caller, content.expiresMs) <= world.clock.nowMs())
    throw unauthorized("The security token you provided has expired.");
}

function dateChecked(world: World, caller: Caller, date: string | undefined): void {
  const dateMs = Date.parse(date ?? "");
  if (Number.isNaN(dateMs))
    throw new CloudError(400, "InvalidRequestTime", `Request time ${date} not follow RFC822 spec.`);
  const nowMs = world.clock.nowMs();
  if (Math.abs(signedInCloudTime(world, caller, dateMs) - nowMs) > DATE_WINDOW_MS)
    throw new CloudError(
      400,
      "RequestTimeExpired",
      `Request time ${date} has been expired while server time is ${new Date(nowMs).toUTCString()}.`,
    );
}

function unauthorized(message: string): CloudError {
  return new CloudError(401, "Unauthorized", message);
}

const md5Of = (body: Buffer): string =>
  body.length === 0 ? "" : createHash("md5").update(body).digest("hex").toUpperCase();
