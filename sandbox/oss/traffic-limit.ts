import { invalidArgument } from "./errors.ts";
import type { OssRequest } from "./request.ts";

/** Bits a second. Source: OSS "Single-connection bandwidth throttling". */
const MIN = 245_760;
const MAX = 838_860_800;

/**
 * What an answer to a request with x-oss-traffic-limit has in addition: how long it was held up: here always 0.
 * Throws 400 InvalidArgument.
 */
export function trafficLimitHeaders({ headers, parameters }: OssRequest): Readonly<Record<string, string>> {
  const name = "x-oss-traffic-limit";
  const limit = headers[name] ?? parameters.get(name);
  if (limit === undefined) return {};
  if (!/^\d{1,9}$/.test(limit) || Number(limit) < MIN || Number(limit) > MAX) {
    throw invalidArgument(`${name} must be an integer between ${MIN} and ${MAX}.`, name, limit);
  }
  return { "x-oss-qos-delay-time": "0" };
}
