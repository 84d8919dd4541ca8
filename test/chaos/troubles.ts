import type { Fault } from "../../sandbox/fault-rule.ts";

/** A fault of a service, with the name that the table gives it. */
export interface NamedFault {
  readonly name: string;
  readonly fault: Fault;
}

const body = (code: string) =>
  JSON.stringify({
    RequestId: "4F8A2A64-0000-4000-8000-000000000000",
    Code: code,
    Message: "told by a test",
  });

/** What every service can do wrong. */
export const COMMON: readonly NamedFault[] = [
  { name: "throttled", fault: { kind: "throttle" } },
  { name: "302 without a Location", fault: { kind: "redirect" } },
  { name: "500", fault: { kind: "error", status: 500 } },
  { name: "503", fault: { kind: "error", status: 503 } },
  { name: "a proxy's 502 page", fault: { kind: "html" } },
  { name: "200 without the content", fault: { kind: "empty" } },
  { name: "cut off in the middle", fault: { kind: "truncated" } },
  { name: "no answer", fault: { kind: "hang" } },
  { name: "connection reset", fault: { kind: "reset" } },
];

/** What only makes it slow: the requests are served. */
export const SLOW: readonly NamedFault[] = [
  { name: "200 ms slower", fault: { kind: "slow", ms: 200 } },
  { name: "1 s slower", fault: { kind: "slow", ms: 1_000 } },
  { name: "byte by byte", fault: { kind: "drip", ms: 1 } },
];

/** What STS can answer besides. */
export const STS_ANSWERS: readonly NamedFault[] = [
  {
    name: "throttled, Retry-After: 1",
    fault: {
      kind: "answer",
      status: 429,
      headers: { "retry-after": "1" },
      body: body("Throttling.User"),
    },
  },
  {
    name: "throttled, x-acs-retry-after: 300 ms",
    fault: {
      kind: "answer",
      status: 400,
      headers: { "x-acs-retry-after": "300", "content-type": "application/json" },
      body: body("Throttling.Api"),
    },
  },
  {
    name: "503, Retry-After: 2",
    fault: {
      kind: "answer",
      status: 503,
      headers: { "retry-after": "2" },
      body: body("ServiceUnavailable"),
    },
  },
  { name: "200 with a text", fault: { kind: "answer", status: 200, headers: {}, body: "OK" } },
  {
    name: "200 with credentials that are over",
    fault: {
      kind: "answer",
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        RequestId: "4F8A2A64-0000-4000-8000-000000000000",
        Credentials: {
          AccessKeyId: "STS.over",
          AccessKeySecret: "over",
          SecurityToken: "over",
          Expiration: "2020-01-01T00:00:00Z",
        },
      }),
    },
  },
  {
    name: "200 with a megabyte",
    fault: { kind: "answer", status: 200, headers: {}, body: "x".repeat(1_048_576) },
  },
];

/** Real misconfigurations: no retry helps, and 500 says so. */
export const STS_DENIALS: readonly NamedFault[] = [
  {
    name: "403 NoPermission",
    fault: {
      kind: "answer",
      status: 403,
      headers: { "content-type": "application/json" },
      body: body("NoPermission"),
    },
  },
  {
    name: "404 InvalidAccessKeyId.NotFound",
    fault: {
      kind: "answer",
      status: 404,
      headers: { "content-type": "application/json" },
      body: body("InvalidAccessKeyId.NotFound"),
    },
  },
];

/** Each two of them, once. */
export function pairsOf<T>(all: readonly T[]): readonly (readonly [T, T])[] {
  return all.flatMap((first, at) => all.slice(at + 1).map((second): readonly [T, T] => [first, second]));
}
