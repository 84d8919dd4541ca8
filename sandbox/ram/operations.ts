import type { RpcCall } from "../sts/gateway.ts";
import type { World } from "../world.ts";

/** Operations of the RAM API, by action. */
export type RamOperations = Readonly<Record<string, (world: World, call: RpcCall) => object>>;

/** The form of times in answers, e.g. 2015-01-23T12:33:18Z */
export function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
