import { Agent } from "node:http";
import { evaluate } from "../../sandbox/ram/evaluate.ts";
import type { ServerReport } from "../support/server-process.ts";
import { type Answer, type Exchange, exchanged, traffic } from "./exchanges.ts";
import { type Ground, prepareGround } from "./ground.ts";
import { randomFrom } from "./random.ts";
import { troubles } from "./trouble.ts";

/** Requests that are under way at the same time. */
const AT_ONCE = 24;

/** Reports in one run. */
const REPORTS = 10;

/** Troubles in one run: at 100,000 exchanges, one every 400. */
const TROUBLES = 250;

/** Milliseconds. An App waits for so long. What the machine kept from the server, by its own event loop, is not counted. */
const PATIENCE_MS = 10_000;

/** Milliseconds. For so long after a rotation, good tokens may be refused: the cooldown of the key cache is 10 s. */
const NEW_KEYS_MS = 15_000;

/** One of so many 200s is judged by the sandbox's evaluator. */
const JUDGED_OF = 5;

/** Growth from the report after the warm-up to the last one. */
const MOST_GROWTH = 1.1;

/** Exchanges. With fewer, the caches are not full after the warm-up, and their growth is no leak. */
const LEAST_FOR_GROWTH = 50_000;

/**
 * Real exchanges against the built server.js, while its cloud fails as the seed says. Prints a line for each tenth. Resolves with
 * the bounds that are broken.
 */
export async function soak(options: {
  readonly exchanges: number;
  readonly seed: number;
}): Promise<readonly string[]> {
  const { exchanges, seed } = options;
  const startedMs = performance.now();
  const ground = await prepareGround({ cache: "redis if there is one" });
  const { server, sandbox } = ground;
  const random = randomFrom(seed);
  const users = traffic(ground, random);
  let newKeysMs = Number.NEGATIVE_INFINITY;
  const nextTrouble = troubles(ground, random, () => {
    newKeysMs = performance.now();
    users.forgetTokens();
  });
  const log = watchedLog(server.stdout);
  const broken = new Set<string>();
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  let agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let [begun, answers, right, aborted, judged, vended] = [0, 0, 0, 0, 0, 0];
  let worst = { ms: 0, kind: "" };
  let calmWorst = 0;
  let trouble = "none";
  let [tenthMs, tenthRight, tenthAnswers] = [performance.now(), 0, 0];

  const one = async (exchange: Exchange): Promise<void> => {
    begun += 1;
    const before = sandbox.clock.nowMs();
    const troubleBefore = trouble;
    let answer: Answer | undefined;
    try {
      answer = await exchanged(agent, server.port, exchange);
    } catch (error) {
      broken.add(`a request was lost: ${exchange.kind}: ${(error as NodeJS.ErrnoException).code ?? error}`);
      return;
    }
    if (answer === undefined) {
      aborted += 1;
      return;
    }
    answers += 1;
    const { status, body, tookMs } = answer;
    count(`${exchange.kind}: ${status}`);
    log.expect(body["RequestId"], status);
    if (tookMs > worst.ms) worst = { ms: tookMs, kind: `${exchange.kind}, ${troubleBefore}` };
    if (troubleBefore === "none" && trouble === "none") calmWorst = Math.max(calmWorst, tookMs);
    if (exchange.right.includes(status)) right += 1;
    else if (status !== 503 && !(status === 401 && performance.now() - newKeysMs < NEW_KEYS_MS))
      broken.add(`${exchange.kind} was answered ${status} ${body["Code"]} during "${troubleBefore}"`);
    if (status === 200 && exchange.user !== undefined) {
      vended += 1;
      const judge = vended % JUDGED_OF === 0;
      if (judge) judged += 1;
      for (const wrong of wrongIn(ground, exchange, body, before, judge)) broken.add(wrong);
    }
  };

  /** Workers until so many have begun. */
  const until = async (last: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (begun < last) await one(users.next());
      }),
    );
  };

  /** What the server holds when it is left alone, with a good STS. */
  const rested = async (): Promise<ServerReport> => {
    sandbox.faults.clear();
    agent.destroy();
    agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    // STS' old connections are closed by the next call; a pause of STS is over.
    ground.pass(11 * 60_000);
    for (let request = 0; request < 3; request += 1) await one(users.next());
    agent.destroy();
    agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return server.report();
  };

  console.log(
    `seed ${seed}, ${exchanges} exchanges, ${AT_ONCE} at once, Redis: ${ground.redisDoor === undefined ? "none" : "yes"}, Node ${process.version}`,
  );
  console.log(
    "exchanges | per second | right | worst wait | RSS | heap | descriptors | sockets | event loop: median, p99, max",
  );
  await until(Math.min(200, exchanges));
  const reports: ServerReport[] = [await rested()];
  const everyTrouble = Math.max(1, Math.floor(exchanges / TROUBLES));
  for (let tenth = 1; tenth <= REPORTS; tenth += 1) {
    const end = Math.floor((exchanges * tenth) / REPORTS);
    while (begun < end) {
      const { name, begin } = nextTrouble();
      trouble = name;
      count(`trouble ${name}`);
      sandbox.faults.clear();
      await begin();
      await until(Math.min(end, begun + everyTrouble));
    }
    const seconds = (performance.now() - tenthMs) / 1_000;
    const report = await rested();
    reports.push(report);
    if (worst.ms > PATIENCE_MS + report.delayMs.max)
      broken.add(`${worst.kind} took ${Math.round(worst.ms)} ms`);
    console.log(
      [
        begun,
        ((answers - tenthAnswers) / seconds).toFixed(0),
        `${((100 * (right - tenthRight)) / (answers - tenthAnswers)).toFixed(2)} %`,
        `${Math.round(worst.ms)} ms (${worst.kind})`,
        ...figuresOf(report),
      ].join(" | "),
    );
    [tenthMs, tenthRight, tenthAnswers] = [performance.now(), right, answers];
    worst = { ms: 0, kind: "" };
  }

  // With nothing wrong, everything is right again.
  trouble = "none";
  const [rightBefore, answersBefore] = [right, answers];
  await until(begun + 200);
  if (right - rightBefore !== answers - answersBefore)
    broken.add(
      `after the last trouble, ${answers - answersBefore - (right - rightBefore)} answers were wrong`,
    );

  agent.destroy();
  server.signal("SIGTERM");
  const { code } = await server.ended;
  if (code !== 0) broken.add(`the server ended with ${code}: ${server.errors()}`);
  for (const problem of [...log.problems(aborted), ...growth(reports, exchanges)]) broken.add(problem);
  for (const [what, times] of [...counts].sort()) console.log(`${times} x ${what}`);
  console.log(
    `${begun} exchanges in ${Math.round((performance.now() - startedMs) / 1_000)} s: ${answers} answers, ${aborted} aborted, ${log.lines()} lines; ` +
      `${((100 * right) / answers).toFixed(2)} % right; ${vended} credentials looked at, ${judged} of them judged; worst wait without trouble ${Math.round(calmWorst)} ms`,
  );
  await ground.close();
  return [...broken];
}

function figuresOf({ rssBytes, heapBytes, descriptors, sockets, delayMs }: ServerReport): readonly string[] {
  return [
    `${(rssBytes / 1e6).toFixed(0)} MB`,
    `${(heapBytes / 1e6).toFixed(1)} MB`,
    String(descriptors),
    String(sockets),
    `${delayMs.median.toFixed(0)}, ${delayMs.p99.toFixed(0)}, ${delayMs.max.toFixed(0)} ms`,
  ];
}

function growth(reports: readonly ServerReport[], exchanges: number): readonly string[] {
  const [start, , warm] = reports;
  const last = reports.at(-1);
  if (start === undefined || warm === undefined || last === undefined) return ["there are too few reports"];
  const problems: string[] = [];
  for (const figure of ["rssBytes", "heapBytes"] as const)
    if (exchanges >= LEAST_FOR_GROWTH && last[figure] > warm[figure] * MOST_GROWTH)
      problems.push(`${figure} grew from ${warm[figure]} after the warm-up to ${last[figure]}`);
  // One connection to STS and one to Redis may be there or not.
  if (last.descriptors > start.descriptors + 2)
    problems.push(`open descriptors grew from ${start.descriptors} to ${last.descriptors}`);
  return problems;
}

/** What is wrong with credentials: for whom they are, how long they live and what the sandbox's evaluator lets them do. */
function* wrongIn(
  { sandbox }: Ground,
  { kind, user }: Exchange,
  body: Answer["body"],
  beforeMs: number,
  judge: boolean,
): Generator<string> {
  const { world } = sandbox;
  const prefix = `users/${user}/`;
  if (body["KeyPrefix"] !== prefix)
    yield `${kind}: credentials for ${body["KeyPrefix"]} instead of ${prefix}`;
  const endMs = Date.parse(body["Expiration"] ?? "");
  if (!(endMs > beforeMs)) yield `${kind}: expired credentials`;
  const session = world.sessions.get(body["AccessKeyId"] ?? "");
  if (session === undefined) {
    yield `${kind}: credentials that STS does not know`;
    return;
  }
  if (!judge) return;
  if (session.policy === undefined) {
    yield `${kind}: credentials without a session policy`;
    return;
  }
  const layers = {
    // A role that may do everything: so the session policy alone decides.
    identity: [
      {
        name: "everything",
        document: JSON.stringify({
          Version: "1",
          Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
        }),
      },
    ],
    session: { name: "session policy", document: session.policy },
  };
  const effectOf = (action: string, key: string): string =>
    evaluate(
      {
        action,
        resource: `acs:oss:*:${sandbox.accountId}:${sandbox.bucket}${key}`,
        context: { "acs:CurrentTime": new Date(beforeMs).toISOString() },
      },
      layers,
    ).effect;
  const reads = effectOf("oss:GetObject", `/${prefix}a.jpg`);
  const writes = effectOf("oss:PutObject", `/${prefix}a.jpg`);
  if (reads !== "Allow") yield `${kind}: its own folder cannot be read`;
  if ((writes === "Allow") !== (kind !== "narrowed")) yield `${kind}: PutObject is ${writes}`;
  for (const [action, key] of [
    ["oss:GetObject", "/users/another/a.jpg"],
    ["oss:GetObject", `/users/${user}x/a.jpg`],
    ["oss:GetObject", `/pictures/${user}/a.jpg`],
    ["oss:DeleteObject", `/${prefix}a.jpg`],
    ["oss:PutBucketAcl", ""],
  ] as const)
    if (effectOf(action, key) !== "Deny") yield `${kind}: ${action} of ${key} is allowed`;
}

/** The log, matched with the answers as they come: neither is kept. */
function watchedLog(stdout: NodeJS.ReadableStream) {
  const waiting = new Map<string, number>();
  const untold = new Map<string, number>();
  const problems = new Set<string>();
  let [lines, healthLines, healthAnswers, rest] = [0, 0, 0, ""];
  stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = `${rest}${text}`.split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      const { requestId, status, path, warning } = JSON.parse(line) as Readonly<Record<string, unknown>>;
      if (warning !== undefined) continue;
      lines += 1;
      if (path === "/healthz") healthLines += 1;
      else meet(String(requestId), Number(status), waiting, untold);
    }
  });
  return {
    lines: () => lines,
    /** The answer of /healthz has no id. */
    expect: (requestId: string | undefined, status: number) => {
      if (requestId === undefined) healthAnswers += 1;
      else meet(requestId, status, untold, waiting);
    },
    /** When all lines have been read. */
    problems: (aborted: number): readonly string[] => {
      if (waiting.size > 0) problems.add(`${waiting.size} answers have no line in the log`);
      if (untold.size > aborted) problems.add(`${untold.size} lines belong to no answer`);
      if (healthLines !== healthAnswers)
        problems.add(`/healthz has ${healthAnswers} answers and ${healthLines} lines`);
      return [...problems];
    },
  };

  /** One of a pair is there already, or waits for the other from now on. */
  function meet(id: string, status: number, others: Map<string, number>, own: Map<string, number>): void {
    const other = others.get(id);
    if (other === undefined) {
      if (own.has(id)) problems.add("an id stands in two lines, or in two answers");
      own.set(id, status);
      return;
    }
    others.delete(id);
    if (other !== status) problems.add(`an answer with ${status} is logged with ${other}`);
  }
}
