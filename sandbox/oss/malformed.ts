import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { CloudError } from "../cloud-error.ts";
import type { AnswerToMalformed } from "../malformed-request.ts";
import { record, type World } from "../world.ts";
import { newOssRequestId } from "./answer.ts";
import { errorXml } from "./error-xml.ts";
import { invalidArgument, notImplemented, ossError } from "./errors.ts";

/** For bytes that Node.js does not read as a request: an error of OSS, and a line in the journal. */
export function answerToMalformed(world: World): AnswerToMalformed {
  return (code) => {
    const error = errorFor(code);
    const requestId = newOssRequestId();
    record(world, {
      service: "oss",
      operation: "Unknown",
      principal: undefined,
      resource: undefined,
      status: error.status,
      code: error.code,
      because: `${error.message} (${code})`,
      requestId,
    });
    return {
      status: error.status,
      reason: STATUS_CODES[error.status] ?? "",
      headers: {
        Server: "AliyunOSS",
        Date: new Date(world.clock.nowMs()).toUTCString(),
        "Content-Type": "application/xml",
        "x-oss-request-id": requestId,
      },
      body: errorXml(error, { requestId, hostId: "" }),
    };
  };
}

/**
 * Refuses what the parser lets through and no server takes. OSS's parser is lenient, because OSS takes Content-Length
 * and Transfer-Encoding together. Throws 400 BadRequest, 400 InvalidArgument for two signatures, 501 for an encoding
 * that is not `chunked`.
 */
export function refuseMalformed({ httpVersion, headers, rawHeaders }: IncomingMessage): void {
  const times = (wanted: string) =>
    rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === wanted).length;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") throw badRequest("The HTTP version is not supported.");
  if (times("host") > 1 || (httpVersion === "1.1" && times("host") === 0)) {
    throw badRequest("A request must have one Host header.");
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header cannot hold
  if (rawHeaders.some((text) => /[\x00-\x08\x0a-\x1f\x7f]/.test(text))) {
    throw badRequest("A header must not have control characters.");
  }
  if (times("authorization") > 1) {
    throw invalidArgument("Only one auth mechanism allowed.", "Authorization", "");
  }
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked") {
    throw notImplemented(`Transfer-Encoding: ${encoding}`);
  }
}

function errorFor(code: string): CloudError {
  switch (code) {
    case "HPE_INVALID_METHOD":
      return ossError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    case "HPE_INVALID_URL":
      return ossError(400, "InvalidURI", "Couldn't parse the specified URI.");
    case "HPE_HEADER_OVERFLOW":
      return badRequest("The headers of the request are too long.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return ossError(
        400,
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period.",
      );
    default:
      return badRequest("The request is malformed.");
  }
}

function badRequest(message: string): CloudError {
  return ossError(400, "BadRequest", message);
}
