import { CloudError } from "./cloud-error.ts";
import type { Fault, ServiceName } from "./fault-rule.ts";
import { rpcErrorBody } from "./sts/rpc-response.ts";
import { newRequestId } from "./world.ts";

export interface FaultAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const JSON_TYPE = { "content-type": "application/json;charset=utf-8" };

/** What is answered instead of the right answer; undefined where the fault is of another kind. */
export function answerFor(fault: Fault, service: ServiceName): FaultAnswer | undefined {
  switch (fault.kind) {
    case "throttle":
      return errorAnswer(service, throttled(service));
    case "error":
      return errorAnswer(service, outage(fault.status));
    case "redirect":
      return { status: 302, headers: {}, body: "" };
    case "html":
      return {
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
      };
    case "empty":
      return { status: 200, headers: JSON_TYPE, body: JSON.stringify({ RequestId: newRequestId() }) };
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

/** Source of the first: common errors of the API gateway. Of the second: OSS error codes. The last: assumption. */
function throttled(service: ServiceName): CloudError {
  switch (service) {
    case "sts":
    case "ram":
      return new CloudError(400, "Throttling.User", "Request was denied due to user flow control.");
    case "oss":
      return new CloudError(503, "QpsLimitExceeded", "The QPS limit has been exceeded.");
    case "fc":
    case "issuer":
      return new CloudError(429, "TooManyRequests", "Too many requests.");
  }
}

function outage(status: 500 | 503): CloudError {
  return status === 500
    ? new CloudError(500, "InternalError", "The request processing has failed due to some unknown error.")
    : new CloudError(
        503,
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.",
      );
}

/** OSS speaks XML, everything else JSON. */
function errorAnswer(service: ServiceName, error: CloudError): FaultAnswer {
  const xml = service === "oss";
  const product = service === "ram" ? "Ram" : "Sts";
  const context = { requestId: newRequestId(), hostId: `${service}.aliyuncs.com`, product };
  return {
    status: error.status,
    headers: xml ? { "content-type": "application/xml" } : JSON_TYPE,
    body: rpcErrorBody(error, context, xml ? "XML" : "JSON"),
  };
}
