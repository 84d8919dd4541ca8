import { CloudError } from "./cloud-error.ts";
import type { Fault, ServiceName } from "./fault-rule.ts";
import { internalServerError, resourceExhausted } from "./fc/errors.ts";
import { ossError, ossInternalError } from "./oss/errors.ts";

/** What is answered as no service would; a body that is not JSON or XML, or none. */
export interface FaultAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What takes the place of the right answer: an error, which the service answers in its own form, or a whole answer.
 * Undefined when the fault spoils the right answer or the connection.
 */
export function insteadOf(
  fault: Fault,
  service: ServiceName,
  requestId: string,
): CloudError | FaultAnswer | undefined {
  switch (fault.kind) {
    case "throttle":
      return throttled(service);
    case "error":
      return fault.status === 500 ? internal(service) : unavailable(service);
    case "redirect":
      return { status: 302, headers: {}, body: "" };
    case "html":
      return {
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
      };
    case "empty":
      return {
        status: 200,
        headers: { "content-type": "application/json;charset=utf-8" },
        body: JSON.stringify({ RequestId: requestId }),
      };
    case "answer":
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body };
    case "slow":
    case "drip":
    case "truncated":
    case "hang":
    case "reset":
      return undefined;
  }
}

/**
 * Sources: common errors of the API gateway; OSS error codes, EC 0004-00000302; FC "Error codes"; RFC 6749, section
 * 4.1.2.1 (for the issuer, with a status of its own).
 */
function throttled(service: ServiceName): CloudError {
  switch (service) {
    case "sts":
    case "ram":
      return new CloudError(400, "Throttling.User", "Request was denied due to user flow control.");
    case "oss":
      return ossError(503, "QpsLimitExceeded", "The QPS limit has been exceeded.", "0004-00000302");
    case "fc":
      return resourceExhausted();
    case "issuer":
      return new CloudError(429, "temporarily_unavailable", "Too many requests.");
  }
}

/** Sources: those of throttled(); OSS's message is the one that the sandbox answers its own bugs with. */
function internal(service: ServiceName): CloudError {
  switch (service) {
    case "sts":
    case "ram":
      return new CloudError(
        500,
        "InternalError",
        "The request processing has failed due to some unknown error.",
      );
    case "oss":
      return ossInternalError();
    case "fc":
      return internalServerError();
    case "issuer":
      return new CloudError(500, "server_error", "An internal error has occurred.");
  }
}

/** Source: common errors of the API gateway. For OSS and FC, code and message are an assumption. */
function unavailable(service: ServiceName): CloudError {
  const message = "The request has failed due to a temporary failure of the server.";
  return new CloudError(
    503,
    service === "issuer" ? "temporarily_unavailable" : "ServiceUnavailable",
    message,
  );
}
