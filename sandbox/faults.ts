import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { answerFor } from "./fault-answers.ts";
import type { Fault, FaultRule, ServiceName } from "./fault-rule.ts";
import { catchBody, drip, truncate } from "./spoilt-body.ts";
import { newRequestId, record, type World } from "./world.ts";

export interface ActiveFault extends FaultRule {
  readonly id: string;
}

/** The faults that are switched on. Every service's listener is wrapped once, at the start. */
export interface Faults {
  /** Returns an id to clear it by. */
  add(rule: FaultRule): string;
  /** Ends one fault, or all of them. Whether there was one. */
  clear(id?: string): boolean;
  list(): readonly ActiveFault[];
  /** The listener, with whatever faults are on at the time of each request. */
  around(service: ServiceName, listener: RequestListener): RequestListener;
}

export function faultsIn(world: World): Faults {
  const active = new Map<string, { readonly rule: FaultRule; left: number }>();
  let count = 0;
  return {
    add: (rule) => {
      const id = `fault-${++count}`;
      active.set(id, { rule, left: rule.times ?? Number.POSITIVE_INFINITY });
      return id;
    },
    clear: (id) => {
      if (id !== undefined) return active.delete(id);
      const any = active.size > 0;
      active.clear();
      return any;
    },
    list: () =>
      [...active].map(([id, { rule, left }]) => ({
        id,
        ...rule,
        ...(left === Number.POSITIVE_INFINITY ? {} : { times: left }),
      })),
    around: (service, listener) => (request, response) => {
      const { delayMs, fault } = take(service, request);
      const go = () => {
        if (fault === undefined) {
          listener(request, response);
          return;
        }
        note(service, request, fault);
        strike(fault, service, listener, request, response);
      };
      if (delayMs === 0) {
        go();
        return;
      }
      const timer = setTimeout(go, delayMs);
      response.once("close", () => clearTimeout(timer));
    },
  };

  /** Uses up one of each fault that meets the request: all delays, and the first of the others. */
  function take(
    service: ServiceName,
    request: IncomingMessage,
  ): { delayMs: number; fault: Fault | undefined } {
    let delayMs = 0;
    let fault: Fault | undefined;
    for (const [id, one] of active) {
      if (!meets(one.rule, service, request)) continue;
      const { fault: candidate } = one.rule;
      if (candidate.kind === "slow") delayMs += candidate.ms;
      else if (fault === undefined) fault = candidate;
      else continue;
      if (--one.left <= 0) active.delete(id);
    }
    return { delayMs, fault };
  }

  function note(service: ServiceName, request: IncomingMessage, fault: Fault): void {
    // Those that spoil the right answer let the service write its own entry.
    if (fault.kind === "drip" || fault.kind === "truncated") return;
    record(world, {
      service,
      operation: operationOf(service, request),
      principal: undefined,
      resource: undefined,
      status: answerFor(fault, service)?.status ?? 0,
      code: undefined,
      because: `fault: ${fault.kind}`,
      requestId: newRequestId(),
    });
  }
}

function meets(rule: FaultRule, service: ServiceName, request: IncomingMessage): boolean {
  if (rule.service !== service) return false;
  if (rule.operation === undefined) return true;
  const operation = operationOf(service, request);
  return service === "sts" || service === "ram"
    ? operation === rule.operation
    : operation.startsWith(rule.operation);
}

/**
 * The action where it can be seen without reading the body. Of the SDKs, ali-oss alone hides it in a form, and
 * AssumeRole is all that it calls.
 */
function operationOf(service: ServiceName, request: IncomingMessage): string {
  if (service !== "sts" && service !== "ram") return `${request.method} ${request.url}`;
  const inHeader = request.headers["x-acs-action"];
  if (typeof inHeader === "string") return inHeader;
  const query = (request.url ?? "").split("?")[1];
  return new URLSearchParams(query).get("Action") ?? (service === "sts" ? "AssumeRole" : "");
}

function strike(
  fault: Fault,
  service: ServiceName,
  listener: RequestListener,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const answer = answerFor(fault, service);
  if (answer !== undefined) {
    // What the client still sends is thrown away: an answer must not come as a reset.
    request.resume();
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
    return;
  }
  if (fault.kind === "hang") return;
  if (fault.kind === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  if (fault.kind === "truncated") catchBody(response, truncate);
  if (fault.kind === "drip") catchBody(response, drip(fault.ms));
  listener(request, response);
}
