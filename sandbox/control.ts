import type { IncomingMessage, ServerResponse } from "node:http";
import {
  CONTROL_ROUTES,
  type ControlAnswer,
  type ControlRequest,
  type ControlRoute,
  type Controls,
  clearingRoute,
  refused,
} from "./control-routes.ts";
import { jsonObjectFrom, wholeBody } from "./http.ts";
import type { ServiceListener } from "./service-listener.ts";

/** Bytes. */
const MAX_BODY_LENGTH = 65_536;

/** A Host header that names this machine. */
const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/**
 * The control API: changes the sandbox over HTTP, in JSON. Documented in docs/sandbox.md. Requests from web pages are
 * refused, so that a page that somebody has open cannot change anything, nor read the keys.
 */
export function controlServer(controls: Controls): ServiceListener {
  return async (request, response) => answer(response, await answerTo(controls, request));
}

function answer(response: ServerResponse, { status, body }: ControlAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json;charset=utf-8" });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}

async function answerTo(controls: Controls, request: IncomingMessage): Promise<ControlAnswer> {
  const [path = "/", query = ""] = (request.url ?? "/").split("?");
  const text = (await wholeBody(request, MAX_BODY_LENGTH))?.toString("utf8");
  // A page whose name somebody lets lead to 127.0.0.1 (DNS rebinding) sends its own name, and no Origin with GET.
  if (!LOCAL_HOST.test(request.headers.host ?? "")) {
    return {
      status: 403,
      body: { error: "Host: must be 127.0.0.1, localhost or [::1], with or without a port" },
    };
  }
  // Browsers send Origin with every request that may change something.
  if (request.headers.origin !== undefined) {
    return {
      status: 403,
      body: { error: "web pages cannot use the control API; send the request without Origin" },
    };
  }
  if (text === undefined) return refused("the body is larger than 64 KB; send a smaller one");
  if (text !== "" && request.headers["content-type"]?.startsWith("application/json") !== true) {
    return refused("the body must be JSON, with Content-Type: application/json");
  }
  const body = jsonObjectFrom(text === "" ? "{}" : text);
  if (body === undefined) return refused("the body must be a JSON object");
  const operation = `${request.method} ${path}`;
  const fault = /^DELETE \/faults\/([a-z0-9-]+)$/.exec(operation)?.[1];
  const route = fault === undefined ? CONTROL_ROUTES[operation] : clearingRoute(fault);
  if (route === undefined) {
    return {
      status: 404,
      body: { error: `unknown route ${operation}`, switches: Object.keys(CONTROL_ROUTES) },
    };
  }
  const given = { query: new URLSearchParams(query), body };
  const unknown = unknownIn(route, given);
  if (unknown !== undefined) return refused(`${unknown}: unknown parameter of ${operation}`);
  const names = [...given.query.keys()];
  const repeated = names.find((name, at) => names.indexOf(name) < at);
  if (repeated !== undefined) return refused(`${repeated}: appears more than once; send it once`);
  return route.run(controls, given);
}

/** The first parameter or member that the route does not accept: a typo must not be ignored. */
function unknownIn(route: ControlRoute, { query, body }: ControlRequest): string | undefined {
  const { query: parameters = [], body: members = [] } = route;
  return (
    [...query.keys()].find((name) => !parameters.includes(name)) ??
    (members === "looked at by itself"
      ? undefined
      : Object.keys(body).find((name) => !members.includes(name)))
  );
}
