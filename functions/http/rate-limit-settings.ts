import { quoted, type Setting, type Settings } from "./settings.ts";

/** RATE_LIMIT: so many requests of one principal in so many seconds. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

export const RATE_LIMIT_SETTINGS: readonly Setting[] = [{ name: "RATE_LIMIT", needed: false }];

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

/** Reads {@link RATE_LIMIT_SETTINGS}; undefined where it is not set: then there is no limit. */
export function rateLimitFrom({ read, refuse }: Settings): RateLimit | undefined {
  const value = read("RATE_LIMIT");
  if (value === undefined) return undefined;
  const [, requests, unit = ""] = /^([1-9]\d{0,5})\/(s|min|h)$/.exec(value) ?? [];
  if (requests === undefined)
    refuse("RATE_LIMIT", quoted(value), "write requests and a unit (s, min or h), such as 60/min");
  return { requests: Number(requests), seconds: SECONDS[unit] ?? 0 };
}
