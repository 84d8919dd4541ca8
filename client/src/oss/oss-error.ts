import { ValetError } from "../valet-error.ts";
import type { Answer } from "./transport.ts";
import { elementOf } from "./xml.ts";

/** The error that an answer of OSS describes. `what`: the operation, for the message. */
export function ossErrorFrom({ status, text, header }: Answer, what: string): ValetError {
  const code = elementOf(text, "Code");
  const isOverloaded = status >= 500 || status === 429;
  if (code === undefined) {
    return new ValetError(`${what}: status ${status}, and no answer of OSS.`, {
      code: "InvalidAnswer",
      source: "oss",
      retryable: isOverloaded,
      status,
      requestId: header("x-oss-request-id"),
    });
  }
  const ec = elementOf(text, "EC");
  return new ValetError(
    `${what}: ${code}${ec === undefined ? "" : ` (${ec})`}: ${elementOf(text, "Message") ?? ""}`,
    {
      code,
      source: "oss",
      retryable: isOverloaded || CUT_OFF.has(code),
      status,
      requestId: elementOf(text, "RequestId") ?? header("x-oss-request-id"),
      ec,
    },
  );
}

/** The connection was too slow, or ended before the body did. Source: OSS, "Error codes". */
const CUT_OFF: ReadonlySet<string> = /* @__PURE__ */ new Set(["RequestTimeout", "IncompleteBody"]);
