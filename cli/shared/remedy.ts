import type { CloudProblem } from "./cloud-problem.ts";

/** Whose fault it can be, by the names of settings. */
export interface Suspects {
  /** How the settings of the keys begin, e.g. ALIBABA_CLOUD. */
  readonly keys: string;
  /** The setting that says where the service is, e.g. RAM_ENDPOINT. */
  readonly address: string;
}

/** What to do where keys, clock, address or network are the reason; undefined: the reason is another. */
export function remedyOfAccess(
  { kind, code }: CloudProblem,
  { keys, address }: Suspects,
): string | undefined {
  if (kind === "silent")
    return `mend ${address}, or this machine's way there: a proxy, a firewall, the network`;
  if (kind === "alien")
    return `is ${address} right? Something else answers there: another service, or a proxy`;
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
    case "InvalidAction.NotFound":
    case "InvalidVersion":
      return `is ${address} right? Another service of Alibaba Cloud answers there`;
    default:
      return /^(Throttling|ServiceUnavailable|InternalError|QpsLimitExceeded)/.test(code)
        ? "wait a moment and run it again"
        : undefined;
  }
}

/** {@link remedyOfAccess}, or where to look the code up. */
export function remedyOf(problem: CloudProblem, suspects: Suspects): string {
  return (
    remedyOfAccess(problem, suspects) ??
    `look ${problem.code} up: https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(problem.code)}`
  );
}
