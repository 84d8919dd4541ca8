import { failure } from "../failure.ts";
import type { ValetError } from "../valet-error.ts";
import type { Answer } from "./transport.ts";
import { elementOf } from "./xml.ts";

/** The error that an answer of OSS describes; InvalidAnswer when it describes none. `what`: the request, for the message. */
export function ossErrorFrom({ status, text, headers }: Answer, what: string): ValetError {
  const code = elementOf(text, "Code") ?? "InvalidAnswer";
  const ec = elementOf(text, "EC");
  const message = elementOf(text, "Message") ?? `status ${status}, no whole answer of OSS`;
  return failure("oss", code, `${what}: ${code}${ec === undefined ? "" : ` (${ec})`}: ${message}`, {
    // A 200 that is no answer of OSS passes like a network fault. The last two: the connection was too slow, or ended before the body did. Source: OSS, "Error codes".
    retryable:
      status > 499 || status < 300 || status === 429 || /^(RequestTimeout|IncompleteBody)$/.test(code),
    status,
    requestId: headers["x-oss-request-id"] ?? elementOf(text, "RequestId"),
    ec,
  });
}
