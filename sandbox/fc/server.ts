import type { RequestListener } from "node:http";
import type { World } from "../world.ts";
import { domainNameOf, serveTrigger } from "./http-trigger.ts";
import type { RunningFunction } from "./running-function.ts";

/**
 * Function Compute's front: every request goes to the HTTP trigger of the function whose domain the Host header
 * names, else to that of the first one, so that `http://127.0.0.1:<port>/…` reaches it too. Create the server with
 * FC_SERVER_OPTIONS, or Node.js refuses long headers before FC's own limit is reached.
 */
export function fcServer(
  world: World,
  functions: readonly [RunningFunction, ...RunningFunction[]],
): RequestListener {
  const byDomain = new Map(functions.map((target) => [domainNameOf(target.settings), target]));
  return (message, response) => {
    const host = (message.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    void serveTrigger(world, byDomain.get(host) ?? functions[0], message, response);
  };
}
