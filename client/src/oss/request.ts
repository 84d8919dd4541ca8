import type { Credentials, LiveCredentials } from "../live-credentials.ts";
import { saysEnded } from "./ended.ts";
import { ossErrorFrom } from "./oss-error.ts";
import { type Place, urlOf } from "./place.ts";
import { encodedQuery, signedHeaders } from "./sign-v4.ts";
import type { Answer, Sending, Transport } from "./transport.ts";
import { elementOf } from "./xml.ts";

export interface OssRequest extends Pick<Sending, "body" | "signal" | "onSent"> {
  readonly method: string;
  /** Undefined: that of the grant that the key, or the query's prefix, lies in. */
  readonly place?: Place | undefined;
  /** Undefined: the bucket itself. */
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends a signed request. After a refusal for the time or for ended credentials, it corrects the clock or gets new ones, and
 * tries once more. Throws ValetError; the signal's reason.
 */
export async function ossAnswer(
  credentials: LiveCredentials,
  send: Transport,
  request: OssRequest,
): Promise<Answer> {
  let clockCorrected = false;
  let renewed = false;
  for (;;) {
    const used = await credentials.get({ signal: request.signal });
    const answer = await sendSigned(credentials, used, send, request);
    if (answer.status < 300) return answer;
    const error = ossErrorFrom(
      answer,
      `${request.method} ${request.key ?? request.place?.bucket ?? "bucket"}`,
    );
    const serverMs = Date.parse(elementOf(answer.text, "ServerTime") ?? "");
    if (!Number.isNaN(serverMs) && !clockCorrected) {
      clockCorrected = true;
      credentials.correctClock(serverMs);
    } else if (saysEnded(error.code) && !renewed) {
      renewed = true;
      credentials.invalidate(used);
    } else throw error;
  }
}

async function sendSigned(
  credentials: LiveCredentials,
  used: Credentials,
  send: Transport,
  { method, place, key, query = {}, headers = {}, body, signal, onSent }: OssRequest,
): Promise<Answer> {
  const { bucket, endpoint, cname } = place ?? used;
  const request = { method, bucket, key, query, headers };
  const search = encodedQuery(query);
  return send({
    method,
    url: urlOf({ bucket, endpoint, cname }, key) + (search === "" ? "" : `?${search}`),
    headers: await signedHeaders(used, request, credentials.now()),
    body,
    signal,
    onSent,
  });
}
