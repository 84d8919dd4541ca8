import { REQUEST_TIMEOUT_MS } from "./cloud-problem.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One GET, which follows no redirect. Rejects as fetch does, and after REQUEST_TIMEOUT_MS. */
export async function httpGet(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    headers,
    redirect: "manual",
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
