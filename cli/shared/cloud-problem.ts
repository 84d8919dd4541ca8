/** Milliseconds that one request of a command may take: a cold start, a slow line, an issuer's keys among it. */
export const REQUEST_TIMEOUT_MS = 15_000;

/** Why a service did not do what it was asked for. Holds no request, so no signature, key or policy. */
export interface CloudProblem {
  /** refused: it said no; silent: no answer came; alien: something answered, and not as the service does. */
  readonly kind: "refused" | "silent" | "alien";
  /** What it said no with, e.g. NoPermission; "no answer" and "no answer of the service's" for the other kinds. */
  readonly code: string;
  /** The service's own words, or what happened in place of an answer; may be empty. */
  readonly words: string;
  /** Which kind of policy refused, where STS or RAM says so, e.g. AssumeRolePolicy. */
  readonly policyType: string | undefined;
}

/** An answer that lacks what it must hold: whatever gave it is not the service that was asked. */
export class AlienAnswer extends Error {
  constructor(lack: string) {
    super(lack);
    this.name = "AlienAnswer";
  }
}

/**
 * From what the SDKs for STS and RAM, ali-oss and fetch reject with. Not from an SDK's message as it is: that can hold
 * the request's whole URL.
 */
export function cloudProblemFrom(error: unknown): CloudProblem {
  const { code, data, accessDeniedDetail, status, message } = Object(error) as SdkError;
  const silence = silenceIn(error);
  if (silence !== undefined)
    return { kind: "silent", code: "no answer", words: silence, policyType: undefined };
  // An answer without a code makes the SDK for STS and RAM write "undefined" in its place.
  if (typeof code !== "string" || code === "undefined")
    return {
      kind: "alien",
      code: "not an answer from this service",
      words: oddityIn(error),
      policyType: undefined,
    };
  const detail = accessDeniedDetail ?? data?.AccessDeniedDetail;
  // Of ali-oss the message is the service's own; the other SDKs put code and request id around it.
  const words = data?.Message ?? (status === undefined ? "" : message);
  return {
    kind: "refused",
    code,
    words: typeof words === "string" ? words.replace(/ server string to sign is:.*$/s, "") : "",
    policyType: typeof detail?.PolicyType === "string" ? detail.PolicyType : undefined,
  };
}

/** `NoPermission: You are not authorized to do this action.` */
export function problemText({ code, words }: CloudProblem): string {
  return words === "" ? code : `${code}: ${words.replace(/\s+\.?$/, "")}`;
}

/** Whose fault it can be, by the names of settings. */
export interface Suspects {
  /** How the settings of the keys begin, e.g. ALIBABA_CLOUD. */
  readonly keys: string;
  /** The setting that says where the service is, e.g. RAM_ENDPOINT. */
  readonly address: string;
}

/** What to do where keys, clock, address or network are the reason; undefined: the reason is another. */
export function remedyOfAccess(
  { kind, code, words }: CloudProblem,
  { keys, address }: Suspects,
): string | undefined {
  if (kind === "silent")
    return `fix ${address}, or this machine's connection to it: a proxy, a firewall, the network`;
  if (kind === "alien") return `check ${address}: another service, or a proxy, answers there`;
  switch (code) {
    case "InvalidAccessKeyId.NotFound":
    case "InvalidAccessKeyId":
      return `set ${keys}_ACCESS_KEY_ID to a key that exists; a key ID that starts with "STS." also needs ${keys}_SECURITY_TOKEN`;
    case "InvalidAccessKeyId.Inactive":
      return `the key is disabled: enable it in RAM, or set ${keys}_ACCESS_KEY_ID to another key`;
    case "SignatureDoesNotMatch":
      return `set ${keys}_ACCESS_KEY_SECRET to the secret of exactly this key, without spaces around it`;
    case "MissingSecurityToken":
      return `set ${keys}_SECURITY_TOKEN: a key ID that starts with "STS." works only with its security token`;
    case "InvalidSecurityToken.Expired":
    case "SecurityTokenExpired":
      return `the keys have expired: get new ones, and set all three ${keys}_ values again`;
    case "InvalidSecurityToken.Malformed":
    case "InvalidSecurityToken.MismatchWithAccessKey":
    case "InvalidSecurityToken":
    case "AccessKeyIdAndSecurityTokenNotMatch":
      return `set ${keys}_SECURITY_TOKEN to the complete token that came with this key; for a long-lived key, leave it empty`;
    case "InvalidTimeStamp.Expired":
    case "RequestTimeTooSkewed":
      return "set this machine's clock (NTP): a signed request is valid for 15 minutes";
    case "PublicEndpointForbidden":
      return PUBLIC_ENDPOINT_CLOSED;
    case "NoPermission":
      return /\broot accounts?\b/i.test(words) ? remedyOfRootKey(keys) : undefined;
    case "InvalidAction.NotFound":
    case "InvalidVersion":
      return `check ${address}: another service of Alibaba Cloud answers there`;
    default:
      return /^(Throttling|ServiceUnavailable|InternalError|QpsLimitExceeded)/.test(code)
        ? "wait a moment and run it again"
        : undefined;
  }
}

const PUBLIC_ENDPOINT_CLOSED =
  "bind a domain of your own to the bucket (OSS console > the bucket > Bucket Settings > Domain Names) and write it into OSS_ENDPOINT: the public endpoints of mainland China are closed to the objects of accounts that use OSS since 2025-03-20 (docs/deploy.md)";

/** The keys are the account's own. Source: STS, "Roles may not be assumed by root accounts." */
export function remedyOfRootKey(keys: string): string {
  return `${keys}_ACCESS_KEY_ID is a key of the account itself (root), which may assume no role: use a RAM user's key (npm run valet -- provision apply --caller-user NAME), and delete the account's keys`;
}

/** {@link remedyOfAccess}, or where to look the code up. */
export function remedyOf(problem: CloudProblem, suspects: Suspects): string {
  return (
    remedyOfAccess(problem, suspects) ??
    `look up ${problem.code}: https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(problem.code)}`
  );
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One GET, which follows no redirect. Rejects as fetch does, and after REQUEST_TIMEOUT_MS. */
export function httpGet(url: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
  return httpSent(url, { headers });
}

/** One request, which follows no redirect. Rejects as fetch does, and after REQUEST_TIMEOUT_MS. */
export async function httpSent(url: string, request: RequestInit): Promise<HttpAnswer> {
  const response = await fetch(url, {
    ...request,
    redirect: "manual",
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

interface SdkError {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  /** Of ali-oss; -1 and -2 stand for the network. */
  readonly status?: unknown;
  readonly cause?: { readonly code?: unknown };
  readonly accessDeniedDetail?: { readonly PolicyType?: unknown };
  readonly data?: {
    readonly Message?: unknown;
    readonly AccessDeniedDetail?: { readonly PolicyType?: unknown };
  };
}

/** What the network says, by the code that Node.js has for it. */
const SILENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host's name could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the host cannot be reached",
  ETIMEDOUT: "the connection could not be made in time",
  UND_ERR_CONNECT_TIMEOUT: "the connection could not be made in time",
};

/** Names of errors: httpx, urllib of ali-oss, fetch. */
const TOO_LATE = ["RequestTimeoutError", "ResponseTimeoutError", "ConnectionTimeoutError", "TimeoutError"];

/** Codes of TLS, as OpenSSL and Node.js have them. */
const TLS = /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$)/;

/** Why no answer came, in words; undefined: one did. */
function silenceIn(error: unknown): string | undefined {
  const { code, name, message, cause, status } = Object(error) as SdkError;
  if (TOO_LATE.includes(String(name))) return `no answer within ${REQUEST_TIMEOUT_MS / 1000} s`;
  // ali-oss says only in its message what happened to the connection.
  const ofOss = status === -1 || status === -2;
  const [inMessage] = (ofOss && /\b(?:E[A-Z_]{4,}|[A-Z]+(?:_[A-Z]+)+)\b/.exec(String(message))) || [];
  const reason = String(cause?.code ?? inMessage ?? code);
  const words = SILENCES[reason];
  if (words !== undefined) return `${words} (${reason})`;
  if (TLS.test(reason)) return `its certificate is not trusted, or it does not speak TLS (${reason})`;
  return ofOss || (name === "TypeError" && message === "fetch failed") ? "no connection" : undefined;
}

/** What is odd about an answer that is not the service's. */
function oddityIn(error: unknown): string {
  const { name, message, status, statusCode } = Object(error) as SdkError & { readonly statusCode?: unknown };
  if (error instanceof AlienAnswer) return String(message);
  const number = status ?? statusCode;
  return typeof number === "number"
    ? `status ${number} without an error code`
    : name === "SyntaxError"
      ? "not JSON"
      : "in another form";
}
