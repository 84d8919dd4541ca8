import type { IncomingMessage, ServerResponse } from "node:http";
import { faultRuleFrom } from "./fault-rule.ts";
import type { Faults } from "./faults.ts";
import { wholeBody } from "./http.ts";
import type { TokenIssuer } from "./idp/issuer.ts";
import type { ServiceListener } from "./service-listener.ts";
import type { World } from "./world.ts";

/** Bytes. */
const MAX_BODY_LENGTH = 65_536;

/** Milliseconds: a hundred years. */
const MAX_CLOCK_CHANGE_MS = 3_155_760_000_000;

/** What can be switched from outside. */
export interface Controls {
  readonly world: World;
  readonly faults: Faults;
  readonly issuer: TokenIssuer;
}

/**
 * The sandbox's switches, in JSON: `GET /clock`, `POST /clock {advanceMs, skewMs}`, `GET|POST|DELETE /faults`,
 * `DELETE /faults/<id>`, `GET|DELETE /journal` (`?service=` and `?last=` choose), `POST /rotate-keys {dropOld}`.
 * A body must say that it is JSON: no page of another origin can make a browser send one unasked.
 */
export function controlServer(controls: Controls): ServiceListener {
  return (request, response) => answer(controls, request, response);
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What a request says, and nothing of HTTP. */
interface ControlRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Undefined where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

async function answer(controls: Controls, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answerTo(controls, request);
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json;charset=utf-8" });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}

async function answerTo(controls: Controls, request: IncomingMessage): Promise<Answer> {
  const [path = "/", query = ""] = (request.url ?? "/").split("?");
  const text = (await wholeBody(request, MAX_BODY_LENGTH))?.toString("utf8");
  if (text === undefined) return refused("the body is larger than 64 KB");
  if (text !== "" && request.headers["content-type"]?.startsWith("application/json") !== true) {
    return refused("the body must be JSON, with Content-Type: application/json");
  }
  const body = objectFrom(text === "" ? "{}" : text);
  if (body === undefined) return refused("the body is not a JSON object");
  const fault = /^\/faults\/([a-z0-9-]+)$/.exec(path)?.[1];
  if (fault !== undefined && request.method === "DELETE") return clearFault(controls, fault);
  const route = ROUTES[`${request.method} ${path}`];
  if (route === undefined) {
    return { status: 404, body: { error: "no such switch", switches: Object.keys(ROUTES) } };
  }
  return route(controls, { path, query: new URLSearchParams(query), body });
}

const ROUTES: Readonly<
  Record<string, ((controls: Controls, request: ControlRequest) => Answer | Promise<Answer>) | undefined>
> = {
  "GET /clock": (controls) => ok(clockOf(controls)),
  "POST /clock": moveClock,
  "GET /faults": ({ faults }) => ok(faults.list()),
  "POST /faults": addFault,
  "DELETE /faults": ({ faults }) => ok({ cleared: faults.clear() }),
  "GET /journal": journal,
  "DELETE /journal": ({ world }) => ok({ cleared: world.journal.splice(0).length }),
  "POST /rotate-keys": rotateKeys,
};

function moveClock(controls: Controls, { body }: ControlRequest): Answer {
  const { advanceMs, skewMs, ...rest } = body;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) return refused(`${unknown}: a clock has advanceMs and skewMs`);
  if (advanceMs !== undefined && !(isMilliseconds(advanceMs) && advanceMs >= 0)) {
    return refused("advanceMs: must be a whole number of milliseconds, 0 or more: time does not go back");
  }
  if (skewMs !== undefined && !isMilliseconds(skewMs)) {
    return refused("skewMs: must be a whole number of milliseconds");
  }
  const { clock } = controls.world;
  if (advanceMs !== undefined) clock.advance(advanceMs);
  if (skewMs !== undefined) clock.skew(skewMs);
  return ok(clockOf(controls));
}

function addFault({ faults }: Controls, { body }: ControlRequest): Answer {
  const parsed = faultRuleFrom(body);
  if ("problem" in parsed) return refused(parsed.problem);
  return { status: 201, body: { id: faults.add(parsed.rule) } };
}

function clearFault({ faults }: Controls, id: string): Answer {
  return faults.clear(id) ? ok({ cleared: true }) : { status: 404, body: { error: `no fault ${id}` } };
}

function journal({ world }: Controls, { query }: ControlRequest): Answer {
  const service = query.get("service");
  const last = query.get("last");
  if (last !== null && !/^\d{1,6}$/.test(last)) return refused("last: must be a number of entries");
  const chosen = world.journal.filter((entry) => service === null || entry.service === service);
  return ok(last === null ? chosen : chosen.slice(chosen.length - Math.min(Number(last), chosen.length)));
}

async function rotateKeys({ issuer }: Controls, { body }: ControlRequest): Promise<Answer> {
  const { dropOld = false } = body;
  if (typeof dropOld !== "boolean") return refused("dropOld: must be true or false");
  await issuer.rotate({ dropOld });
  return ok(issuer.jwks());
}

function clockOf({ world }: Controls): object {
  return { cloud: new Date(world.clock.nowMs()).toISOString() };
}

function isMilliseconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= MAX_CLOCK_CHANGE_MS;
}

function objectFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function refused(error: string): Answer {
  return { status: 400, body: { error } };
}
