import type { CredentialsBody, ErrorBody, RefusedKeyHeader } from "../../../shared/wire.ts";
import { ValetError } from "../valet-error.ts";

/** The part of `fetch` that this package uses: what has it, such as an adapter for a mini program, can take its place. */
export type Fetch = (
  url: string,
  init: {
    readonly headers: Record<string, string>;
    readonly signal: AbortSignal;
    readonly cache: "no-store";
    readonly credentials: "omit";
    readonly redirect: "error";
  },
) => Promise<FetchResponse>;

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface ValetCall {
  /** Of /credentials, with its query. */
  readonly url: string;
  readonly appToken: string;
  /** The access key that OSS refuses, if any: the function may have kept it, and must not give it again. */
  readonly refusedKey: string | undefined;
  readonly fetch: Fetch;
  /** Milliseconds for the whole call, the body included. */
  readonly timeoutMs: number;
}

export interface ValetAnswer {
  readonly body: Partial<CredentialsBody>;
  /** The header Date in milliseconds. undefined where the page may not read it, as it is for a page of another origin. */
  readonly dateMs: number | undefined;
}

/** One call of /credentials. Throws a {@link ValetError} with the function's own code, or NetworkError, Timeout, InvalidAnswer. */
export async function askValet({
  url,
  appToken,
  refusedKey,
  fetch,
  timeoutMs,
}: ValetCall): Promise<ValetAnswer> {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), timeoutMs);
  try {
    const response = await fetch(url, {
      headers: {
        Authorization: `Bearer ${appToken}`,
        ...(refusedKey &&
          ({ "X-Refused-Access-Key-Id": refusedKey } satisfies Record<RefusedKeyHeader, string>)),
      },
      signal: aborter.signal,
      // The answer is for this user alone; a redirect would take the App token to another address.
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    const body = jsonOf(await response.text()) ?? {};
    if (!response.ok) throw refusalOf(response, body);
    const dateMs = Date.parse(response.headers.get("Date") ?? "");
    return { body, dateMs: Number.isNaN(dateMs) ? undefined : dateMs };
  } catch (cause) {
    if (cause instanceof ValetError) throw cause;
    const [code, what] = aborter.signal.aborted
      ? ["Timeout", `did not answer in ${timeoutMs} ms`]
      : [
          "NetworkError",
          "did not answer. Is the device online, and does ALLOWED_ORIGINS have this page's origin?",
        ];
    throw new ValetError(`${url} ${what}`, { code, source: "network", retryable: true, cause });
  } finally {
    clearTimeout(timer);
  }
}

/** undefined when it is no JSON. */
export function jsonOf(text: string): object | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the function answered, as an error. */
export function refusalOf(
  { status, headers }: Pick<FetchResponse, "status" | "headers">,
  body: object,
): ValetError {
  const { Code, Message, RequestId } = body as Partial<ErrorBody>;
  const known = typeof Code === "string";
  return new ValetError(
    Message ?? `The credentials endpoint answered ${status} without the function's body.`,
    {
      code: known ? Code : "InvalidAnswer",
      source: known ? "valet" : "network",
      // 500 of the function is its own fault, which does not pass by itself. Another 500, 502 and 504 are of what is in front of it.
      retryable: status === 429 || status > (Code === "ServerError" ? 500 : 499),
      status,
      requestId: RequestId,
      retryAfterMs: retryAfterMs(headers.get("Retry-After")),
    },
  );
}

/** Seconds. Whoever asks for more is mistaken, and must not stop the App for good. */
const LONGEST_RETRY_AFTER = 3600;

/** In seconds; a date would be the server's, and the device's clock may be wrong. */
function retryAfterMs(header: string | null): number | undefined {
  return header && /^\d+$/.test(header) ? Math.min(Number(header), LONGEST_RETRY_AFTER) * 1000 : undefined;
}
