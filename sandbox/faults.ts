import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "./cloud-error.ts";
import { insteadOf } from "./fault-answers.ts";
import type { Fault, FaultRule, ServiceName } from "./fault-rule.ts";
import { connectionOf } from "./https/tls.ts";
import { seededRandom } from "./seeded-random.ts";
import type { ServiceListener } from "./service-listener.ts";
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
  around(service: ServiceName, listener: ServiceListener): ServiceListener;
}

export function faultsIn(world: World): Faults {
  const active = new Map<
    string,
    { readonly rule: FaultRule; readonly strikes: () => boolean; left: number }
  >();
  let count = 0;
  return {
    add: (rule) => {
      const id = `fault-${++count}`;
      active.set(id, { rule, strikes: strikesOf(rule), left: rule.times ?? Number.POSITIVE_INFINITY });
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
    around: (service, listener) => async (request, response) => {
      const { delayMs, fault } = take(service, request);
      if (delayMs > 0 && (await afterDelay(delayMs, response)) === "gone") {
        recordUnanswered(service, request, "fault: slow; the client did not wait");
        return;
      }
      await (fault === undefined
        ? listener(request, response)
        : strike(fault, service, listener, request, response));
    },
  };

  /** Uses up one of each fault that meets the request and strikes: all delays, and the first of the others. */
  function take(
    service: ServiceName,
    request: IncomingMessage,
  ): { delayMs: number; fault: Fault | undefined } {
    let delayMs = 0;
    let fault: Fault | undefined;
    for (const [id, one] of active) {
      const { fault: candidate } = one.rule;
      const isDelay = candidate.kind === "slow";
      if ((!isDelay && fault !== undefined) || !meets(one.rule, service, request) || !one.strikes()) continue;
      if (isDelay) delayMs += candidate.ms;
      else fault = candidate;
      if (--one.left <= 0) active.delete(id);
    }
    return { delayMs, fault };
  }

  function strike(
    fault: Fault,
    service: ServiceName,
    listener: ServiceListener,
    request: IncomingMessage,
    response: ServerResponse,
  ): void | Promise<void> {
    const because = `fault: ${fault.kind}`;
    const requestId = newRequestId();
    const answer = insteadOf(fault, service, requestId);
    if (answer instanceof CloudError) return listener(request, response, { error: answer, because });
    // Those that spoil the right answer let the service write its own entry, too.
    if (fault.kind === "truncated" || fault.kind === "drip") {
      catchBody(response, fault.kind === "truncated" ? truncate : drip(fault.ms));
      return listener(request, response);
    }
    recordUnanswered(service, request, because, { status: answer?.status ?? 0, requestId });
    if (answer !== undefined) {
      // What the client still sends is thrown away: an answer must not come as a reset.
      request.resume();
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    } else if (fault.kind === "reset") {
      connectionOf(request.socket).resetAndDestroy();
    }
  }

  /** The entry of a request that the service itself never saw. Status 0: it got no answer at all. */
  function recordUnanswered(
    service: ServiceName,
    request: IncomingMessage,
    because: string,
    told: { readonly status: number; readonly requestId: string } = { status: 0, requestId: newRequestId() },
  ): void {
    record(world, {
      service,
      operation: operationOf(service, request).split("?")[0] ?? "",
      principal: undefined,
      resource: undefined,
      code: undefined,
      because,
      ...told,
    });
  }
}

/** Whether the fault strikes this time. Of a fault without a share: always. */
function strikesOf({ share, seed = 1 }: FaultRule): () => boolean {
  if (share === undefined) return () => true;
  const random = seededRandom(seed);
  return () => random() < share;
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
 * AssumeRole is all that it calls. Elsewhere with the query, in which there may be tokens.
 */
function operationOf(service: ServiceName, request: IncomingMessage): string {
  if (service !== "sts" && service !== "ram") return `${request.method} ${request.url}`;
  const inHeader = request.headers["x-acs-action"];
  if (typeof inHeader === "string") return inHeader;
  const query = (request.url ?? "").split("?")[1];
  return new URLSearchParams(query).get("Action") ?? (service === "sts" ? "AssumeRole" : "");
}

/** Settles after so many milliseconds, or as soon as the client has gone. */
function afterDelay(ms: number, response: ServerResponse): Promise<"over" | "gone"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("over"), ms);
    response.once("close", () => {
      clearTimeout(timer);
      resolve("gone");
    });
  });
}
