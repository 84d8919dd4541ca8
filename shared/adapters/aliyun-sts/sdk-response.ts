import type { IncomingMessage } from "node:http";
import { StsExchangeError } from "./exchange-error.ts";

/** What the SDK reads of a response. */
interface SdkResponse extends Pick<IncomingMessage, "statusCode" | "statusMessage" | "headers"> {
  on(event: string, listener: (chunk?: Buffer) => void): void;
  removeListener(): void;
}

/**
 * The response for the SDK when it is a success or a denial. An error of ours for what the SDK would misread or lose: a
 * redirect (it takes one for success), throttling with a success status or without JSON, and the pause that a failing
 * server asks for.
 */
export function sdkResponseFrom(response: IncomingMessage, body: Buffer): IncomingMessage | StsExchangeError {
  const { statusCode: status = 0, statusMessage } = response;
  const text = body.toString("latin1");
  // The STS FAQ: throttling may come with 302.
  if (status === 429 || SAYS_THROTTLED.test(text))
    return new StsExchangeError("throttled", { retryAfterMs: retryAfterMsFrom(response.headers) });
  if (status >= 300 && status < 400) return new StsExchangeError("redirect");
  if (status >= 500) {
    const requestId = REQUEST_ID.exec(text)?.slice(1).find(Boolean);
    return new StsExchangeError("server error", {
      requestId,
      retryAfterMs: retryAfterMsFrom(response.headers),
    });
  }
  const answer: SdkResponse = {
    statusCode: status,
    statusMessage,
    headers: headersFor(response, text),
    // The SDK listens for "data" and then for "end". We have the whole body already.
    on: (event, listener) => {
      if (event === "data") listener(body);
      if (event === "end") listener();
    },
    removeListener: () => {},
  };
  return answer as unknown as IncomingMessage;
}

/** Of a success, nobody reads the headers: Node need not parse them. */
function headersFor(response: IncomingMessage, text: string): IncomingMessage["headers"] {
  if (response.statusCode === 200) return {};
  return XML_ERROR.test(text) ? { ...response.headers, "content-type": SDK_XML } : response.headers;
}

const SAYS_THROTTLED = /"Code"\s*:\s*"[^"]*Throttling|<Code>[^<]*Throttling/i;
const REQUEST_ID = /"RequestId"\s*:\s*"([^"]*)"|<RequestId>([^<]*)</;

/** The SDK reads XML only with exactly this type. With any other type, it fails to parse it as JSON. */
const SDK_XML = "text/xml;charset=utf-8";
const XML_ERROR = /^\s*<(?:\?xml[^>]*>\s*<)?Error>/;

/** x-acs-retry-after is in milliseconds. The standard header, which a gateway may send, is in seconds. */
function retryAfterMsFrom(headers: IncomingMessage["headers"]): number | undefined {
  const [value, unitMs] =
    headers["x-acs-retry-after"] === undefined
      ? [headers["retry-after"], 1_000]
      : [String(headers["x-acs-retry-after"]), 1];
  return /^[1-9]\d{0,8}$/.test(value ?? "") ? Number(value) * unitMs : undefined;
}
