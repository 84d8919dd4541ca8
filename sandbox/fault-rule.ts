import { validateHeaderName, validateHeaderValue } from "node:http";
import { RAM_ACTIONS } from "./ram/server.ts";
import { STS_ACTIONS } from "./sts/server.ts";
import type { JournalEntry } from "./world.ts";

/** Log Service has no faults: nothing of ours calls it but doctor. */
export type ServiceName = Exclude<JournalEntry["service"], "proxy" | "sls">;

/** What goes wrong. Milliseconds are real time, not the sandbox's clock. */
export type Fault =
  /** STS and RAM: 400 Throttling.User; OSS: 503 QpsLimitExceeded; FC: 429 ResourceExhausted; the issuer: 429. */
  | { readonly kind: "throttle" }
  /** 302 without a Location: throttling can look like this too. Source: STS FAQ. */
  | { readonly kind: "redirect" }
  /** The service's own error, in its own form. */
  | { readonly kind: "error"; readonly status: 500 | 503 }
  /** The 502 page of a proxy. */
  | { readonly kind: "html" }
  /** 200 without the requested content. */
  | { readonly kind: "empty" }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** The right answer, `ms` later. Can be combined with every other fault. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The right answer, one byte every `ms`. */
  | { readonly kind: "drip"; readonly ms: number }
  /** The connection ends in the middle of the right answer. */
  | { readonly kind: "truncated" }
  /** No answer, ever. */
  | { readonly kind: "hang" }
  | { readonly kind: "reset" };

/** Which requests a fault affects. */
export interface FaultRule {
  readonly service: ServiceName;
  /**
   * STS and RAM: an action, e.g. AssumeRole. Others: method, a space and the beginning of the path, e.g.
   * `GET /.well-known/jwks.json`. Default: every request.
   */
  readonly operation?: string;
  readonly fault: Fault;
  /** How many requests it affects. Default: every request until it is cleared. */
  readonly times?: number;
  /** Of those that it could affect, so many get it: above 0, up to 1. Default: all of them. */
  readonly share?: number;
  /** Which ones those are: the same for the same seed. A whole number below 2^32, default 1. Only with `share`. */
  readonly seed?: number;
}

export const SERVICE_NAMES: readonly ServiceName[] = ["sts", "oss", "ram", "fc", "issuer"];

/** The members of each kind of fault, besides `kind`, with the check for each. */
const KINDS: Readonly<Record<Fault["kind"], Readonly<Record<string, Check>>>> = {
  throttle: {},
  redirect: {},
  error: { status: { form: "500 or 503", holds: (value) => value === 500 || value === 503 } },
  html: {},
  empty: {},
  answer: {
    status: { form: "a status from 200 to 599", holds: (value) => isWhole(value, 200, 599) },
    headers: { form: "an object of HTTP headers, without trailer", holds: isHeaders, optional: true },
    body: { form: "a text", holds: (value) => typeof value === "string" },
  },
  slow: { ms: { form: "milliseconds from 1 to 600000", holds: (value) => isWhole(value, 1, 600_000) } },
  drip: { ms: { form: "milliseconds from 1 to 600000", holds: (value) => isWhole(value, 1, 600_000) } },
  truncated: {},
  hang: {},
  reset: {},
};

interface Check {
  readonly form: string;
  readonly holds: (value: unknown) => boolean;
  readonly optional?: boolean;
}

/**
 * A fault rule as it comes over HTTP, flat: `{ "service": "sts", "operation": "AssumeRole", "kind": "slow",
 * "ms": 500, "times": 3 }`. Or what is wrong with it, beginning with the member's name.
 */
export function faultRuleFrom(
  json: Readonly<Record<string, unknown>>,
): { readonly rule: FaultRule } | { readonly problem: string } {
  const { service, operation, times, share, seed, kind, ...rest } = json;
  const named = SERVICE_NAMES.find((name) => name === service);
  if (named === undefined) return { problem: `service: must be one of ${SERVICE_NAMES.join(", ")}` };
  const check = operationCheck(named);
  if (operation !== undefined && !check.holds(operation)) {
    return { problem: `operation: must be ${check.form}` };
  }
  if (times !== undefined && !isWhole(times, 1, 1_000_000)) {
    return { problem: "times: must be a whole number of requests, 1 or more" };
  }
  if (share !== undefined && !(typeof share === "number" && share > 0 && share <= 1)) {
    return { problem: "share: must be a number above 0, up to 1" };
  }
  if (seed !== undefined && !isWhole(seed, 0, 2 ** 32 - 1)) {
    return { problem: "seed: must be a whole number from 0 to 4294967295" };
  }
  if (seed !== undefined && share === undefined) return { problem: "seed: needs share; add it" };
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
    return { problem: `kind: must be one of ${Object.keys(KINDS).join(", ")}` };
  }
  const problem = problemIn(rest, KINDS[kind as Fault["kind"]], kind);
  if (problem !== undefined) return { problem };
  return {
    rule: {
      service: named,
      fault: { kind, ...rest } as Fault,
      ...(operation === undefined ? {} : { operation: operation as string }),
      ...(times === undefined ? {} : { times: times as number }),
      ...(share === undefined ? {} : { share }),
      ...(seed === undefined ? {} : { seed: seed as number }),
    },
  };
}

/** Refuses an operation that no request can have: the fault would wait forever. */
function operationCheck(service: ServiceName): Check {
  const actions = service === "sts" ? STS_ACTIONS : service === "ram" ? RAM_ACTIONS : undefined;
  return actions === undefined
    ? {
        form: "a method and the beginning of a path, e.g. GET /.well-known/jwks.json",
        holds: (value) => typeof value === "string" && /^[A-Z]+ \/\S*$/.test(value),
      }
    : {
        form: `one of ${actions.join(", ")}`,
        holds: (value) => actions.some((action) => action === value),
      };
}

function problemIn(
  members: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
  kind: string,
): string | undefined {
  const unknown = Object.keys(members).find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined) return `${unknown}: a fault of kind ${kind} has no member of that name`;
  for (const [name, check] of Object.entries(checks)) {
    if (members[name] === undefined && check.optional === true) continue;
    if (!check.holds(members[name])) return `${name}: must be ${check.form}`;
  }
  return undefined;
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function isHeaders(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(([name, text]) => isHeader(name, text))
  );
}

/** True for a header that Node.js sends. It announces a trailer only for chunked bodies. */
function isHeader(name: string, value: unknown): boolean {
  if (typeof value !== "string" || name.toLowerCase() === "trailer") return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
