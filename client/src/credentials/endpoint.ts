import { invalid } from "../failure.ts";

/** Loopback is the one place where http is safe. A path is of the page's own origin. */
const SAFE_ENDPOINT = /^(https:\/\/[^/]|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)|\/(?!\/))/;

/** Throws InvalidArgument. `path`: what the endpoint ends with, for the message. */
export function safeEndpoint(endpoint: string, path: string): string {
  const text = String(endpoint);
  if (SAFE_ENDPOINT.test(text)) return text;
  throw invalid(`endpoint is "${text}"; write https://…${path}, or http only for this machine`);
}
