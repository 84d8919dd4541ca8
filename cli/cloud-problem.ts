/** What a service said no with. Holds no request, so no signature, key or policy. */
export interface CloudProblem {
  /** e.g. NoPermission; "no answer" where none came. */
  readonly code: string;
  /** The service's own words, or the network's; may be empty. */
  readonly words: string;
  /** Which kind of policy refused, where STS or RAM says so, e.g. AssumeRolePolicy. */
  readonly policyType: string | undefined;
}

/**
 * From what the SDKs for STS and RAM, and ali-oss, reject with. Not from an SDK's message: that can hold the request's
 * whole URL.
 */
export function cloudProblemFrom(error: unknown): CloudProblem {
  const { code, data, accessDeniedDetail, status, message } = Object(error) as SdkError;
  const detail = accessDeniedDetail ?? data?.AccessDeniedDetail;
  const answered = typeof code === "string" && !NETWORK.test(code) && status !== -1 && status !== -2;
  if (!answered) return { code: "no answer", words: networkWords(error), policyType: undefined };
  // Of ali-oss the message is the service's own; the other SDKs put code and request id around it.
  const words = data?.Message ?? (status === undefined ? "" : message);
  return {
    code,
    words: typeof words === "string" ? words.replace(/ server string to sign is:.*$/s, "") : "",
    policyType: typeof detail?.PolicyType === "string" ? detail.PolicyType : undefined,
  };
}

/** `NoPermission: You are not authorized to do this action.` */
export function problemText({ code, words }: CloudProblem): string {
  return words === "" ? code : `${code}: ${words.replace(/\s+\.?$/, "")}`;
}

/** What to do where the keys or the clock are the reason; undefined: something else is. `keys` names the settings. */
export function remedyOfAccess({ code }: CloudProblem, keys: string): string | undefined {
  switch (code) {
    case "InvalidAccessKeyId.NotFound":
    case "InvalidAccessKeyId":
      return `set ${keys}_ACCESS_KEY_ID to a key that exists; one that begins with STS. needs its ${keys}_SECURITY_TOKEN too`;
    case "InvalidAccessKeyId.Inactive":
      return `the key is disabled: enable it in RAM, or set ${keys}_ACCESS_KEY_ID to another`;
    case "SignatureDoesNotMatch":
      return `set ${keys}_ACCESS_KEY_SECRET to the secret of this very key, without blanks around it`;
    case "MissingSecurityToken":
      return `set ${keys}_SECURITY_TOKEN: a key that begins with STS. is no key without it`;
    case "InvalidSecurityToken.Expired":
    case "SecurityTokenExpired":
      return `the keys have expired: get new ones, and set all three ${keys}_ values anew`;
    case "InvalidSecurityToken.Malformed":
    case "InvalidSecurityToken.MismatchWithAccessKey":
    case "InvalidSecurityToken":
    case "AccessKeyIdAndSecurityTokenNotMatch":
      return `set ${keys}_SECURITY_TOKEN to the whole token that came with this key, and empty for a long-lived key`;
    case "InvalidTimeStamp.Expired":
    case "RequestTimeTooSkewed":
      return "set this machine's clock (NTP): requests are good for 15 minutes";
    default:
      return /^Throttling/.test(code) ? "wait a moment and run it again" : undefined;
  }
}

interface SdkError {
  readonly code?: unknown;
  readonly message?: unknown;
  /** Of ali-oss; -1 and -2 stand for the network. */
  readonly status?: unknown;
  readonly accessDeniedDetail?: { readonly PolicyType?: unknown };
  readonly data?: {
    readonly Message?: unknown;
    readonly AccessDeniedDetail?: { readonly PolicyType?: unknown };
  };
}

const NETWORK = /^(E[A-Z_]+|UND_ERR.*|RequestError|.*Timeout.*|ConnectionTimeoutError)$/;

function networkWords(error: unknown): string {
  const { code, name, message, cause } = Object(error) as {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly name?: unknown;
    readonly cause?: { readonly code?: unknown };
  };
  // ali-oss says what happened to the connection in its message alone.
  const [inMessage] = /\bE[A-Z]{4,}\b/.exec(String(message)) ?? [];
  return String(cause?.code ?? inMessage ?? code ?? name);
}
