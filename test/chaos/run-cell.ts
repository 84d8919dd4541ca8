import type { Agent } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import type { ErrorCode } from "../../shared/wire.ts";
import { type Asked, ask, newAgent } from "./ask.ts";
import { type Arena, type Cell, GOOD_MS, MOST_STS_CALLS, type Row } from "./cell.ts";
import {
  againstContract,
  againstForm,
  againstRules,
  againstUrl,
  alreadyOver,
  leaks,
  secretsOf,
  withoutLine,
} from "./laws.ts";
import type { Stage } from "./stage.ts";
import { deployedFunctions, startServer, type Target } from "./target.ts";

export interface RunOptions {
  /** For the faults that strike a share. */
  readonly seed: number;
  /** Milliseconds in which every request must have its answer, on a machine that does nothing else. */
  readonly boundMs: number;
}

/** Milliseconds that the machine itself may add, besides those that this process saw it stand still. */
const MACHINE_MS = 1_000;

/** New users that ask as soon as the trouble is over. */
const PROBES = 5;

/** Milliseconds. A pause that is longer passes on the cloud's clock, except for these. */
const REAL_PAUSE_MS = 3_000;

/** Runs a cell on a process of its own, and judges it by every law. */
export async function runCell(stage: Stage, cell: Cell, { seed, boundMs }: RunOptions): Promise<Row> {
  const { sandbox } = stage;
  // It keeps the last 10,000 entries: none of another cell may count here.
  sandbox.world.journal.splice(0);
  const beside = await cell.beside?.();
  const target =
    cell.in === "Function Compute"
      ? await deployedFunctions(stage)
      : await startServer(stage, beside?.settings);
  const agent = newAgent();
  const broken: string[] = [];
  const arena: Arena = { sandbox, target, seed };
  const users = usersOf(arena, agent, broken);
  try {
    if (cell.warm !== false) await warmUp(cell, users);
    const callsBefore = stsCalls(stage);
    const before = await target.held();
    const lag = monitorEventLoopDelay({ resolution: 10 });
    lag.enable();

    const ends = [await beside?.begin(), await cell.begin(arena)];
    let over = false;
    const isOver = () => over;
    const peaks = watched(target, isOver);
    const meanwhile = cell.meanwhile?.(arena, isOver);
    const others = cell.sparesOthers === false ? Promise.resolve([]) : bystanders(users, isOver);
    const asked = await loaded(cell, users);
    over = true;
    const calls = stsCalls(stage) - callsBefore;
    const [byOthers, peak] = await Promise.all([others, peaks, meanwhile]);
    lag.disable();
    // Both stood still at other times, so that they add up; an answer needs several turns of each.
    const slackMs = MACHINE_MS + 3 * (lag.max / 1e6 + ((await target.held())?.longestHaltMs ?? 0));
    for (const end of ends) await end?.();
    const { probes, recoveredMs, notRecovered } = await recovery(arena, users);

    const all = [...asked, ...byOthers, ...probes];
    broken.push(...notRecovered);
    for (const one of asked) broken.push(...against(one, cell.may, stage));
    for (const one of byOthers) broken.push(...against(one, [], stage));
    for (const one of [...asked, ...byOthers])
      if (one.ms > boundMs + slackMs)
        broken.push(`${one.path}: ${Math.round(one.ms)} ms until the answer, promised: ${boundMs}`);
    for (const one of byOthers)
      if (one.ms > slackMs) broken.push(`${one.path} was slow too: ${Math.round(one.ms)} ms`);
    const perRequest = calls / asked.length;
    if (perRequest > (cell.mostStsCalls ?? MOST_STS_CALLS))
      broken.push(`${perRequest.toFixed(1)} calls of STS a request`);
    broken.push(...(await unlogged(target, all)));
    const secrets = [sandbox.accessKeySecret, ...(beside?.secrets ?? [])];
    broken.push(...leaks(secretsOf(all, sandbox, secrets), target.output(), all));
    broken.push(...tooMuchHeld(cell, before, peak, await target.held()));
    const complaint = target.complaint();
    if (complaint !== undefined) broken.push(complaint);

    const served = asked.filter(({ status }) => status === 200);
    const ms = asked.map((one) => one.ms).sort((a, b) => a - b);
    return {
      topic: cell.topic,
      trouble: cell.trouble,
      share: cell.share,
      requests: asked.length,
      served: served.length,
      servedSoon: served.filter((one) => one.ms <= GOOD_MS).length,
      medianMs: Math.round(ms[Math.floor(ms.length / 2)] ?? Number.NaN),
      worstMs: Math.round(ms.at(-1) ?? Number.NaN),
      codes: counted(asked.map((one) => (one.status === 0 ? "none" : String(one.body?.["Code"])))),
      ...((cell.load.path ?? "/credentials") === "/credentials" ? { stsCalls: perRequest } : {}),
      recoveredMs,
      broken: summed(broken),
    };
  } finally {
    sandbox.faults.clear();
    sandbox.clock.skew(0);
    agent.destroy();
    await target.stop();
    await beside?.stop();
  }
}

type Ask = (path: Asked["path"], user?: string) => Promise<Asked>;

/** Asks as a user: without a name, as a new one. Answers are judged at once where that needs the present time. */
function usersOf({ sandbox, target }: Arena, agent: Agent, broken: string[]): Ask {
  let last = 0;
  return async (path, name) => {
    last += 1;
    const user = name ?? `user${last}`;
    const appToken = sandbox.issuer.token({ sub: user });
    const asked = await ask(target.url, { path, user, appToken }, agent);
    if (asked.status === 200 && path !== "/healthz") {
      const over = alreadyOver(asked, sandbox.clock.nowMs());
      if (over !== undefined) broken.push(over);
    }
    // STS forgets sessions when the clock moves on.
    if (asked.status === 200 && path === "/credentials") {
      const wrong = againstRules(asked, sandbox);
      if (wrong !== undefined) broken.push(wrong);
    }
    return asked;
  };
}

async function warmUp({ load }: Cell, users: Ask): Promise<void> {
  const path = load.path ?? "/credentials";
  await Promise.all(Array.from({ length: 4 }, () => users(path)));
}

/** All requests of a cell's load. */
async function loaded({ load }: Cell, users: Ask): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < load.requests) {
      next += 1;
      const user = load.users === undefined ? undefined : `regular${next % load.users}`;
      asked.push(await users(load.path ?? "/credentials", user));
    }
  };
  await Promise.all(Array.from({ length: load.atOnce }, caller));
  return asked;
}

/** Milliseconds between two requests that the trouble is none of the business of. */
const BYSTANDER_MS = 50;

async function bystanders(users: Ask, isOver: () => boolean): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  const paths = ["/uploads", "/downloads", "/healthz"] as const;
  for (let turn = 0; !isOver(); turn += 1) {
    asked.push(await users(paths[turn % paths.length] ?? "/healthz"));
    await pause(BYSTANDER_MS);
  }
  return asked;
}

/** The most sockets and memory that the target holds until it is over. */
async function watched(target: Target, isOver: () => boolean) {
  let [sockets, residentBytes] = [0, 0];
  while (!isOver()) {
    const held = await target.held();
    if (held === undefined) return undefined;
    sockets = Math.max(sockets, held.sockets);
    residentBytes = Math.max(residentBytes, held.residentBytes);
    await pause(100);
  }
  return { sockets, residentBytes };
}

/** Sockets that are kept for later: to STS at most 64, and a few to the issuer. Source: shared/adapters/aliyun-sts/http.ts. */
const KEPT_SOCKETS = 80;

/** Bytes. What a load of a few hundred requests may add to the memory of a process. */
const MEMORY_GROWTH = 200 * 1024 * 1024;

function tooMuchHeld(
  { load }: Cell,
  before: { readonly residentBytes: number } | undefined,
  peak: { readonly sockets: number; readonly residentBytes: number } | undefined,
  after: { readonly sockets: number; readonly timers: number } | undefined,
): readonly string[] {
  if (before === undefined || peak === undefined || after === undefined) return [];
  const callers = load.atOnce + PROBES + 4;
  const found: string[] = [];
  // While it runs: a socket to each caller, one to STS, and one more that is just being closed.
  if (peak.sockets > 3 * callers + KEPT_SOCKETS) found.push(`${peak.sockets} sockets for ${callers} callers`);
  if (after.sockets > callers + KEPT_SOCKETS)
    found.push(`${after.sockets} sockets are open afterwards, for ${callers} callers`);
  if (after.timers > callers + KEPT_SOCKETS) found.push(`${after.timers} timers run afterwards`);
  if (peak.residentBytes > before.residentBytes + MEMORY_GROWTH)
    found.push(`the memory grew to ${Math.round(peak.residentBytes / 1e6)} MB`);
  return found;
}

/** New users ask as soon as the trouble is over: at once, or after the pause that the first answer asks for, they are served. */
async function recovery({ sandbox, target }: Arena, users: Ask) {
  const startedMs = performance.now();
  const probes: Asked[] = [];
  const notRecovered: string[] = [];
  const probe = async (): Promise<number> => {
    const first = await users("/credentials");
    probes.push(first);
    if (first.status === 200) return performance.now() - startedMs;
    const toldMs = Number(first.headers["retry-after"] ?? 0) * 1_000;
    await pause(Math.min(toldMs, REAL_PAUSE_MS));
    if (toldMs > REAL_PAUSE_MS) {
      sandbox.clock.advance(toldMs - REAL_PAUSE_MS);
      await target.followClock();
    }
    const second = await users("/credentials", first.user);
    probes.push(second);
    if (second.status !== 200)
      notRecovered.push(
        `not served after the trouble: ${second.status} ${second.body?.["Code"]}, after a pause of ${toldMs} ms`,
      );
    return performance.now() - startedMs + Math.max(0, toldMs - REAL_PAUSE_MS);
  };
  const times = await Promise.all(Array.from({ length: PROBES }, probe));
  return { probes, notRecovered, recoveredMs: Math.round(Math.max(...times)) };
}

function against(one: Asked, may: readonly ErrorCode[], { sandbox }: Stage): readonly string[] {
  const contract = againstContract(one, may);
  if (contract !== undefined) return [contract];
  if (one.status !== 200) return [];
  const found =
    one.path === "/uploads"
      ? againstForm(one, sandbox.bucket)
      : one.path === "/downloads"
        ? againstUrl(one)
        : undefined;
  return found === undefined ? [] : [found];
}

/** Milliseconds. The line of an answer goes through a pipe, and may come a moment later. */
const LINE_MS = 5_000;

async function unlogged(target: Target, asked: readonly Asked[]): Promise<readonly string[]> {
  const untilMs = performance.now() + LINE_MS;
  for (;;) {
    const missing = withoutLine(asked, target.lines());
    if (missing.length === 0 || performance.now() > untilMs) return missing;
    await pause(50);
  }
}

function stsCalls({ sandbox }: Stage): number {
  return sandbox.world.journal.filter(
    ({ service, operation }) => service === "sts" && operation === "AssumeRole",
  ).length;
}

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Equal ones once, with their number: names of users and times apart. */
function summed(broken: readonly string[]): readonly string[] {
  const kinds = new Map<string, { readonly first: string; count: number }>();
  for (const text of broken) {
    const kind = text.replace(/\d+/g, "#").replace(/[0-9a-f]{8}-[0-9a-f-]+/g, "#");
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { first: text, count: 1 });
    else known.count += 1;
  }
  return [...kinds.values()].map(({ first, count }) => (count === 1 ? first : `${first} (${count} times)`));
}
