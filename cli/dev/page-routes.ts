import type { IncomingMessage, ServerResponse } from "node:http";
import { jsonObjectFrom, wholeBody } from "../../sandbox/http.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { exchangeFacts } from "./exchange-facts.ts";

/** What the demo App may ask of the local cloud, below this path of its own server. */
export const LOCAL_CLOUD = "/local-cloud/";

/** Bytes. */
const MAX_BODY_LENGTH = 1024;

/** Milliseconds. The page moves the clock by at most a day at once. */
const MAX_ADVANCE_MS = 86_400_000;

/** Milliseconds. The longest delay that the page may give each upload. */
const MAX_SLOW_MS = 10_000;

/** The requests of OSS that wait: files and their parts. */
const SLOWED = "PUT /";

/** Of the control API the part that the page needs. The page sees its own session alone. */
export interface LocalCloud {
  readonly sandbox: Pick<Sandbox, "world" | "clock" | "faults">;
  /** The rules of access.yaml. */
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * The routes of {@link LOCAL_CLOUD}, protected as the control API is: only pages of these origins may use them, and only
 * under the names that these origins have.
 */
export function localCloudRoutes(
  { sandbox, rules }: LocalCloud,
  origins: readonly string[],
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { world, clock, faults } = sandbox;

  return async (request, response) => {
    const text = (await wholeBody(request, MAX_BODY_LENGTH))?.toString("utf8");
    const { status, body } = foreign(request, origins) ?? answerTo(request, text);
    if (response.destroyed) return;
    response.writeHead(status, {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      "Cross-Origin-Resource-Policy": "same-origin",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(JSON.stringify(body));
  };

  function answerTo(request: IncomingMessage, text: string | undefined): Answer {
    const [path = "", query = ""] = (request.url ?? "").split("?");
    const operation = `${request.method} ${path.slice(LOCAL_CLOUD.length)}`;
    if (operation === "GET exchange") {
      const accessKeyId = new URLSearchParams(query).get("accessKeyId") ?? "";
      const facts = exchangeFacts(world, accessKeyId, rules);
      return facts === undefined
        ? { status: 404, body: { error: "accessKeyId: STS gave no credentials with this id" } }
        : { status: 200, body: { ...state(), ...facts } };
    }
    if (operation === "GET state") return { status: 200, body: state() };
    if (operation !== "POST clock" && operation !== "POST network")
      return { status: 404, body: { error: `unknown route ${operation}` } };
    if (request.headers["content-type"] !== "application/json")
      return refused("the body must be JSON, with Content-Type: application/json");
    const body = jsonObjectFrom(text ?? "");
    return operation === "POST clock" ? moveClock(body) : slowDown(body);
  }

  function moveClock(body: Readonly<Record<string, unknown>> | undefined): Answer {
    const ms = onlyNumber(body, "advanceMs", MAX_ADVANCE_MS);
    if (ms === undefined)
      return refused(`write {"advanceMs": N}, N from 0 to ${MAX_ADVANCE_MS}: milliseconds that pass`);
    clock.advance(ms);
    return { status: 200, body: state() };
  }

  function slowDown(body: Readonly<Record<string, unknown>> | undefined): Answer {
    const ms = onlyNumber(body, "slowMs", MAX_SLOW_MS);
    if (ms === undefined)
      return refused(`write {"slowMs": N}, N from 0 to ${MAX_SLOW_MS}: milliseconds that each PUT waits`);
    for (const { id } of slowFaults()) faults.clear(id);
    if (ms > 0) faults.add({ service: "oss", operation: SLOWED, fault: { kind: "slow", ms } });
    return { status: 200, body: state() };
  }

  function state(): { readonly cloudMs: number; readonly slowMs: number } {
    return { cloudMs: clock.nowMs(), slowMs: slowFaults()[0]?.ms ?? 0 };
  }

  function slowFaults(): readonly { readonly id: string; readonly ms: number }[] {
    return faults
      .list()
      .flatMap(({ id, service, operation, fault }) =>
        service === "oss" && operation === SLOWED && fault.kind === "slow" ? [{ id, ms: fault.ms }] : [],
      );
  }
}

/** A page whose name somebody lets lead to 127.0.0.1 (DNS rebinding) sends its own name as Host, and no Origin with GET. */
function foreign(
  { headers: { host, origin, "sec-fetch-site": site } }: IncomingMessage,
  origins: readonly string[],
): Answer | undefined {
  const own = `http://${host}`;
  if (!origins.includes(own)) return forbidden(`Host: must be one of ${origins.map(hostOf).join(", ")}`);
  if (origin !== undefined && origin !== own)
    return forbidden("Origin: only the demo App's own page may use this");
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return forbidden("Sec-Fetch-Site: only the demo App's own page may use this");
  return undefined;
}

function hostOf(origin: string): string {
  return new URL(origin).host;
}

/** The value of the body's one member; undefined when the body is anything else. */
function onlyNumber(
  body: Readonly<Record<string, unknown>> | undefined,
  name: string,
  max: number,
): number | undefined {
  const value = body?.[name];
  if (body === undefined || Object.keys(body).length !== 1) return undefined;
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max
    ? Number(value)
    : undefined;
}

function refused(error: string): Answer {
  return { status: 400, body: { error } };
}

function forbidden(error: string): Answer {
  return { status: 403, body: { error } };
}
