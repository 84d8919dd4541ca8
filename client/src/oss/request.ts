import type { LiveCredentials } from "../live-credentials.ts";
import { saysEnded } from "./ended.ts";
import { ossErrorFrom } from "./oss-error.ts";
import { type Place, urlOf } from "./place.ts";
import { encodedQuery, type Query, signedHeaders, type Texts } from "./sign-v4.ts";
import type { Answer, Sending, Transport } from "./transport.ts";
import { elementOf } from "./xml.ts";

/** What a request is about, and how it is sent. */
export interface Target {
  readonly credentials: LiveCredentials;
  readonly send: Transport;
  readonly place: Place;
  /** Empty: the bucket itself. */
  readonly key: string;
}

export interface OssRequest extends Pick<Sending, "body" | "signal" | "onSent"> {
  readonly method: string;
  readonly query?: Query;
  /** Lower-case names. */
  readonly headers?: Texts;
  /** Ends a whole answer. A 200 without its end is InvalidAnswer: a proxy's page, or an answer that was cut off. */
  readonly element?: string;
}

/**
 * Sends a signed request. After a refusal for the time or for ended credentials, it corrects the clock or gets new ones, and
 * tries once more. Throws ValetError; the signal's reason.
 */
export async function asked(
  { credentials, send, place, key }: Target,
  { method, query = {}, headers = {}, element, ...sending }: OssRequest,
): Promise<Answer> {
  const search = encodedQuery(query);
  const url = urlOf(place, key) + (search && `?${search}`);
  const request = { method, bucket: place.bucket, key, query, headers };
  let clockCorrected = false;
  let renewed = false;
  for (;;) {
    const used = await credentials.get({ signal: sending.signal });
    const signed = await signedHeaders(used, request, credentials.now());
    const answer = await send({ ...sending, method, url, headers: signed });
    const { status, text } = answer;
    // Whatever is deleted, OSS answers 204.
    const isWhole = element ? text.includes(`</${element}>`) : method !== "DELETE" || status === 204;
    if (status < 300 && isWhole) return answer;
    const error = ossErrorFrom(answer, `${method} ${url}`);
    const serverMs = Date.parse(elementOf(text, "ServerTime") ?? "");
    if (serverMs && !clockCorrected) {
      clockCorrected = true;
      credentials.correctClock(serverMs);
    } else if (saysEnded(error) && !renewed) {
      renewed = true;
      credentials.invalidate(used);
    } else throw error;
  }
}
