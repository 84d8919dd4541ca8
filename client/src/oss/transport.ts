import { failure } from "../failure.ts";
import type { Texts } from "./sign-v4.ts";

export interface Sending {
  readonly method: string;
  readonly url: string;
  readonly headers: Texts;
  readonly body?: Blob | FormData | undefined;
  /** Bytes. Default: those of a Blob. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the body that have left so far. `fetch` never says. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. Without those that the bucket's CORS rule does not expose to the page. */
  readonly headers: Partial<Texts>;
  readonly text: string;
}

/** Throws the signal's reason, NetworkError or Timeout. */
export type Transport = (sending: Sending) => Promise<Answer>;

export interface Ways {
  /** Default: XMLHttpRequest for uploads where there is one, because only it tells how much has left; otherwise `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** Milliseconds without a byte that leaves and without an answer. Phones that change networks lose connections silently. */
const STALLED_MS = 60_000;

/** Milliseconds for a byte where nobody says how many have left: the slowest connection that fetch may have, 10 kB/s. */
const MS_PER_BYTE = 0.1;

export function transportOf({ fetch }: Ways): Transport {
  return async (sending) => {
    const { method, url, body, size = (body as Blob | undefined)?.size ?? 0, signal, onSent } = sending;
    signal?.throwIfAborted();
    const ending = new AbortController();
    const end = () => ending.abort();
    const send = body && !fetch && globalThis.XMLHttpRequest ? byXhr : byFetch(fetch);
    let timer = setTimeout(end, STALLED_MS + size * MS_PER_BYTE);
    signal?.addEventListener("abort", end);
    try {
      return await send({
        ...sending,
        signal: ending.signal,
        onSent: (bytes) => {
          clearTimeout(timer);
          timer = setTimeout(end, STALLED_MS);
          onSent?.(bytes);
        },
      });
    } catch (cause) {
      signal?.throwIfAborted();
      const [code, why] = ending.signal.aborted
        ? ["Timeout", "no answer in time"]
        : ["NetworkError", "no network, or no CORS rule for this page"];
      throw failure("network", code, `${method} ${url}: ${why}`, { retryable: true, cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  };
}

function byFetch(fetch: Ways["fetch"] = globalThis.fetch): Transport {
  return async ({ method, url, headers, body, signal }) => {
    const response = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      signal: signal ?? null,
      cache: "no-store",
      credentials: "omit",
      // The security token must not go to another place.
      redirect: "error",
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text: await response.text(),
    };
  };
}

const byXhr: Transport = ({ method, url, headers, body, signal, onSent }) =>
  new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => onSent?.(loaded);
    xhr.onload = () =>
      resolve({
        status: xhr.status,
        // All at once: for a single one that is not exposed, browsers write an error to the console.
        headers: Object.fromEntries(
          xhr
            .getAllResponseHeaders()
            .split("\r\n")
            .map((line) => line.split(": ", 2)),
        ),
        text: xhr.responseText,
      });
    xhr.onerror = xhr.onabort = reject;
    signal?.addEventListener("abort", () => xhr.abort());
    xhr.send(body ?? null);
  });
