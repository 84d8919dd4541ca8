import type { ServiceListener } from "../service-listener.ts";
import type { World } from "../world.ts";
import { type DomainRoute, routeFor } from "./domain-routes.ts";
import { domainNameOf, serveTrigger } from "./http-trigger.ts";
import { isApiPath, serveInvocationApi } from "./invocation-api.ts";
import type { RunningFunction } from "./running-function.ts";

/**
 * Function Compute's front. A request goes to the HTTP trigger of the function whose domain the Host header names;
 * else, below /2016-08-15/ and /2023-03-30/, to the API; else to the function that `routes` names for its path, so that
 * `http://127.0.0.1:<port>/…` is like a custom domain. Default: every path is the first function's. Other names of FC's
 * domains get 404. Create the server with FC_SERVER_OPTIONS, or Node.js refuses long headers before FC's own limit is
 * reached.
 */
export function fcServer(
  world: World,
  functions: readonly RunningFunction[],
  routes?: readonly DomainRoute[],
): ServiceListener {
  const byDomain = new Map(functions.map((target) => [domainNameOf(target.settings), target]));
  const byPath = (url: string): RunningFunction | undefined => {
    if (routes === undefined) return functions[0];
    const name = routeFor(routes, url.split("?")[0] ?? "")?.functionName;
    return functions.find(({ settings }) => settings.name === name);
  };
  return (message, response, planted) => {
    const host = (message.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    const named = byDomain.get(host);
    if (named === undefined && (isApiPath(message.url ?? "/") || host.endsWith(".aliyuncs.com"))) {
      return serveInvocationApi(world, functions, message, response, planted);
    }
    // A domain of FC that belongs to no function here is not the first function's.
    const target = named ?? (host.endsWith(".fcapp.run") ? undefined : byPath(message.url ?? "/"));
    return serveTrigger(world, target, message, response, planted);
  };
}
