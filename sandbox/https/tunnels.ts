import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { ServiceListener } from "../service-listener.ts";
import { isFor, type Target } from "./proxy-request.ts";
import type { Refused } from "./refusals.ts";

/** The connections that came through the proxy, each with the one target that it is for. */
export interface Tunnels {
  opened(socket: Socket, target: Target): void;
  /** The listener, for requests that are for the target of their connection. Any other one gets 421. */
  around(listener: ServiceListener): ServiceListener;
}

export function tunnelsOf(refused: Refused): Tunnels {
  const targets = new WeakMap<Socket, Target>();
  return {
    opened: (socket, target) => void targets.set(socket, target),
    around: (listener) => (request, response, planted) => {
      const target = targets.get(request.socket);
      if (target === undefined || isFor(request, target)) return listener(request, response, planted);
      const problem = `the connection is for ${target.host}, and the Host header or the path names another host`;
      refused(whatOf(request), problem, 421);
      request.resume();
      response.writeHead(421, { "content-type": "text/plain;charset=utf-8", connection: "close" });
      response.end(`The sandbox's proxy refuses this request: ${problem}.\n`);
      return undefined;
    },
  };
}

function whatOf(request: IncomingMessage): string {
  return `${request.method} for ${request.headers.host ?? "no host"}`;
}
