import type { Scene } from "./classic-world.ts";
import { faultRuleFrom, SERVICE_NAMES } from "./fault-rule.ts";
import type { Faults } from "./faults.ts";
import type { LogLine } from "./fc/function-log.ts";
import { jsonObjectFrom } from "./http.ts";
import type { TokenIssuer } from "./idp/issuer.ts";
import { type AccessKey, roleArn, type World } from "./world.ts";

/** The parts of the sandbox that the control API reads and changes. */
export interface Controls {
  readonly world: World;
  readonly scene: Scene;
  readonly faults: Faults;
  readonly issuer: TokenIssuer;
  /** The names of the functions that are deployed now. */
  readonly functionNames: () => readonly string[];
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The content of a request, without HTTP. */
export interface ControlRequest {
  readonly query: URLSearchParams;
  /** Empty when the request has none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** One route of the control API. */
export interface ControlRoute {
  /** The query parameters that the route accepts. Default: none. */
  readonly query?: readonly string[];
  /** The body's members that the route accepts. Default: none. */
  readonly body?: readonly string[] | "looked at by itself";
  readonly run: (controls: Controls, request: ControlRequest) => ControlAnswer | Promise<ControlAnswer>;
}

/** By method and path. */
export const CONTROL_ROUTES: Readonly<Record<string, ControlRoute>> = {
  "GET /scene": { run: ({ scene }) => ok(described(scene)) },
  "GET /clock": { run: (controls) => ok(clockOf(controls)) },
  "POST /clock": { body: ["advanceMs", "skewMs"], run: moveClock },
  "GET /faults": { run: ({ faults }) => ok(faults.list()) },
  "POST /faults": { body: "looked at by itself", run: addFault },
  "DELETE /faults": { run: ({ faults }) => ok({ cleared: faults.clear() }) },
  "GET /journal": { query: ["service", "last"], run: journal },
  "DELETE /journal": { run: ({ world }) => ok({ cleared: world.journal.splice(0).length }) },
  "GET /log": { query: ["function", "requestId", "last"], run: functionLog },
  "DELETE /log": { run: ({ world }) => ok({ cleared: world.functionLog.splice(0).length }) },
  "GET /actiontrail": { query: ["requestId", "last"], run: actionTrail },
  "DELETE /actiontrail": { run: ({ world }) => ok({ cleared: world.trail.splice(0).length }) },
  "GET /oss-access-log": { query: ["bucket", "accessKeyId", "last"], run: ossAccessLog },
  "DELETE /oss-access-log": { run: ({ world }) => ok({ cleared: world.accessLog.splice(0).length }) },
  "POST /rotate-keys": { body: ["dropOld"], run: rotateKeys },
};

/** `DELETE /faults/<id>`. */
export function clearingRoute(id: string): ControlRoute {
  return {
    run: ({ faults }) =>
      faults.clear(id)
        ? ok({ cleared: true })
        : { status: 404, body: { error: `there is no fault with the id ${id}` } },
  };
}

/** 400. */
export function refused(error: string): ControlAnswer {
  return { status: 400, body: { error } };
}

/** Milliseconds: a hundred years. */
const MAX_CLOCK_CHANGE_MS = 3_155_760_000_000;

function moveClock(controls: Controls, { body }: ControlRequest): ControlAnswer {
  const { advanceMs, skewMs } = body;
  if (advanceMs !== undefined && !(isMilliseconds(advanceMs) && advanceMs >= 0)) {
    return refused("advanceMs: must be a whole number of milliseconds, 0 or more: the clock cannot go back");
  }
  if (skewMs !== undefined && !isMilliseconds(skewMs)) {
    return refused("skewMs: must be a whole number of milliseconds");
  }
  const { clock } = controls.world;
  if (advanceMs !== undefined) clock.advance(advanceMs);
  if (skewMs !== undefined) clock.skew(skewMs);
  return ok(clockOf(controls));
}

function addFault({ faults }: Controls, { body }: ControlRequest): ControlAnswer {
  const parsed = faultRuleFrom(body);
  if ("problem" in parsed) return refused(parsed.problem);
  return { status: 201, body: { id: faults.add(parsed.rule) } };
}

function journal({ world }: Controls, { query }: ControlRequest): ControlAnswer {
  const service = query.get("service");
  const services: readonly string[] = [...SERVICE_NAMES, "proxy"];
  if (service !== null && !services.includes(service)) {
    return refused(`service: must be one of ${services.join(", ")}`);
  }
  return lastOf(
    query,
    world.journal.filter((entry) => service === null || entry.service === service),
  );
}

/** FC's and our request ids: letters, digits and dashes. */
const REQUEST_ID = /^[A-Za-z0-9-]{1,64}$/;

function functionLog({ world, functionNames }: Controls, { query }: ControlRequest): ControlAnswer {
  const name = query.get("function");
  const requestId = query.get("requestId");
  const names = functionNames();
  if (name !== null && !names.includes(name))
    return refused(
      names.length === 0
        ? "function: no function is deployed; npm start deploys one"
        : `function: must be one of ${names.join(", ")}`,
    );
  if (requestId !== null && !REQUEST_ID.test(requestId))
    return refused("requestId: must be the RequestId of an answer: letters, digits and dashes");
  return lastOf(
    query,
    world.functionLog
      .filter((line) => name === null || line.function === name)
      .filter((line) => requestId === null || line.requestId === requestId)
      .map(readable),
  );
}

/** ActionTrail's events, as they are. */
function actionTrail({ world }: Controls, { query }: ControlRequest): ControlAnswer {
  const requestId = query.get("requestId");
  return lastOf(
    query,
    world.trail.filter((event) => requestId === null || event.requestId === requestId),
  );
}

/** The lines of OSS's access log, each as one text. */
function ossAccessLog({ world }: Controls, { query }: ControlRequest): ControlAnswer {
  const [bucket, accessKeyId] = [query.get("bucket"), query.get("accessKeyId")];
  if (bucket !== null && !world.buckets.has(bucket))
    return refused(`bucket: must be one of ${[...world.buckets.keys()].join(", ")}`);
  return lastOf(
    query,
    world.accessLog
      .filter((line) => bucket === null || line.bucket === bucket)
      .filter((line) => accessKeyId === null || line.accessKeyId === accessKeyId)
      .map(({ text }) => text),
  );
}

/** A line that is a JSON object, such as an audit line, is shown as that object, without a second layer of quotes. */
function readable({ text, ...line }: LogLine): object {
  const json = jsonObjectFrom(text);
  return { ...line, ...(json === undefined ? { text } : { json }) };
}

/** 200 with the entries, or with as many of the last ones as `last` says. */
function lastOf(query: URLSearchParams, entries: readonly (object | string)[]): ControlAnswer {
  const last = query.get("last");
  if (last === null) return ok(entries);
  if (!/^\d{1,6}$/.test(last)) return refused("last: must be a number of entries, 0 to 999999");
  return ok(entries.slice(entries.length - Math.min(Number(last), entries.length)));
}

async function rotateKeys({ issuer }: Controls, { body }: ControlRequest): Promise<ControlAnswer> {
  const { dropOld = false } = body;
  if (typeof dropOld !== "boolean") return refused("dropOld: must be true or false");
  await issuer.rotate({ dropOld });
  return ok(issuer.jwks());
}

/** The scene, with the administrator's keys, which the sandbox's line does not contain. */
function described({
  account,
  callerKey,
  administratorKey,
  role,
  functionRole,
  uploadsRole,
  bucket,
}: Scene): object {
  const keyOf = ({ id, secret }: AccessKey) => ({ accessKeyId: id, accessKeySecret: secret });
  return {
    accountId: account.id,
    caller: keyOf(callerKey),
    administrator: keyOf(administratorKey),
    roleArn: roleArn(account.id, role),
    functionRoleArn: roleArn(account.id, functionRole),
    ...(uploadsRole === undefined ? {} : { uploadsRoleArn: roleArn(account.id, uploadsRole) }),
    bucket: bucket.name,
    region: bucket.region,
  };
}

function clockOf({ world }: Controls): object {
  return { cloud: new Date(world.clock.nowMs()).toISOString() };
}

function isMilliseconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= MAX_CLOCK_CHANGE_MS;
}

function ok(body: unknown): ControlAnswer {
  return { status: 200, body };
}
