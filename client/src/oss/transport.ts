import { ValetError } from "../valet-error.ts";

export interface Sending {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Blob | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the body that have left so far. `fetch` never says. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

export interface Answer {
  readonly status: number;
  /** Undefined, too, when the bucket's CORS rule does not expose it to the page. */
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

export type Transport = (sending: Sending) => Promise<Answer>;

export interface Ways {
  readonly fetch?: typeof fetch | undefined;
  readonly xhr?: (new () => XMLHttpRequest) | undefined;
}

/**
 * Sends by XMLHttpRequest where there is one, because only it tells how much of a body has left; otherwise by fetch. Throws
 * the signal's reason, NetworkError or Timeout.
 */
export function uploading({ fetch, xhr = globalThis.XMLHttpRequest }: Ways): Transport {
  return limited(fetch === undefined && xhr !== undefined ? byXhr(xhr) : byFetch(fetch));
}

/** Sends by fetch. Throws the signal's reason, NetworkError or Timeout. */
export function asking({ fetch }: Ways): Transport {
  return limited(byFetch(fetch));
}

/** Milliseconds without a byte that leaves and without an answer. Phones that change networks lose connections silently. */
const STALLED_MS = 60_000;

/** Milliseconds for a byte where nobody says how many have left: the slowest connection that fetch may have, 10 kB/s. */
const MS_PER_BYTE = 0.1;

function limited(send: Transport): Transport {
  return async (sending) => {
    const { method, url, body, signal, onSent } = sending;
    signal?.throwIfAborted();
    const ending = new AbortController();
    const end = () => ending.abort();
    let timer = setTimeout(end, STALLED_MS + (body?.size ?? 0) * MS_PER_BYTE);
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
      const what = `${method} ${new URL(url).origin}`;
      throw ending.signal.aborted
        ? new ValetError(`OSS does not answer in time (${what}).`, { ...NO_ANSWER, code: "Timeout", cause })
        : new ValetError(
            `No answer from OSS (${what}): no network, or no CORS rule of the bucket allows this page.`,
            { ...NO_ANSWER, code: "NetworkError", cause },
          );
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  };
}

const NO_ANSWER = { source: "network", retryable: true } as const;

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
      header: (name) => response.headers.get(name) ?? undefined,
      text: await response.text(),
    };
  };
}

function byXhr(Xhr: new () => XMLHttpRequest): Transport {
  return ({ method, url, headers, body, signal, onSent }) =>
    new Promise((resolve, reject) => {
      const xhr = new Xhr();
      xhr.open(method, url);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = ({ loaded }) => onSent?.(loaded);
      xhr.onload = () => {
        // One by one, browsers write an error to the console for each header that is not exposed.
        const exposed = xhr.getAllResponseHeaders().toLowerCase().split("\r\n");
        resolve({
          status: xhr.status,
          header: (name) =>
            exposed.some((line) => line.startsWith(`${name}:`))
              ? (xhr.getResponseHeader(name) ?? undefined)
              : undefined,
          text: xhr.responseText,
        });
      };
      xhr.onerror = xhr.onabort = reject;
      signal?.addEventListener("abort", () => xhr.abort());
      xhr.send(body ?? null);
    });
}
