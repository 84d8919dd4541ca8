import { onTestFinished, vi } from "vitest";

/** A request on its way to OSS. */
export interface Passing {
  readonly method: string;
  /** Key and query, decoded: `users/alice/a.bin?partNumber=3`. Upload ids are left out. */
  readonly what: string;
  /** Lets OSS have it. */
  readonly send: (change?: RequestInit) => Promise<Response>;
}

/** A fetch with somebody between the client and OSS: a network that loses things, or a page without CORS. */
export function fetchWith(between: (passing: Passing) => Promise<Response>): typeof fetch {
  return async (input, init) => {
    init?.signal?.throwIfAborted();
    const url = new URL(String(input));
    const key = decodeURIComponent(url.pathname).split("/").slice(2).join("/");
    url.searchParams.delete("uploadId");
    const query =
      url.search === ""
        ? ""
        : `?${[...url.searchParams.keys()].map((name) => `${name}=${url.searchParams.get(name)}`).join("&")}`;
    return between({
      method: init?.method ?? "GET",
      what: key + query,
      send: (change) => fetch(input, { ...init, ...change }),
    });
  };
}

/** An answer whose headers were changed on the way; undefined takes one away. */
export async function withHeaders(
  answer: Promise<Response>,
  changes: Readonly<Record<string, string | undefined>>,
): Promise<Response> {
  const { status, headers, body } = await answer;
  const changed = new Headers(headers);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
  }
  return new Response(status === 204 ? null : body, { status, headers: changed });
}

/** Pauses between tries take no time in this test. Returns the milliseconds that each would have taken. */
export function pausesTakeNoTime(): readonly number[] {
  const pauses: number[] = [];
  const real = setTimeout;
  const isPause = (ms: number) => ms >= 250 && ms <= 10_000;
  const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(((
    run: () => void,
    ms = 0,
    ...args: never[]
  ) => {
    if (isPause(ms)) pauses.push(ms);
    return real(run, isPause(ms) ? 0 : ms, ...args);
  }) as typeof setTimeout);
  onTestFinished(() => spy.mockRestore());
  return pauses;
}
