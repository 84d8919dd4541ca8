import type { Bug } from "./bug.ts";

const ATTEMPTS = ["unit/adapters/aliyun-sts"];
const QUEUE = ["unit/adapters/queueing-sts"];

/** What STS in trouble must not do to us, and we not to it. */
export const stsTroubleBugs: readonly Bug[] = [
  {
    name: "sts: a silent STS holds the call, with no second attempt",
    in: "attemptsWith",
    find: `if (!isTrial) nextAtMs = (ofCall?.startedMs ?? nowMs) + patienceMs;`,
    replace: ``,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: attempts without end",
    in: "attemptsWith",
    find: `nowMs < endMs && begun < MAX_ATTEMPTS`,
    replace: `nowMs < endMs`,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: an outage multiplies the calls of an instance by seven",
    in: "attemptsWith",
    find: `store -= 1;`,
    replace: ``,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: a slow STS is asked several times for each call",
    in: "attemptsWith",
    find: `Math.max(companionAfterMs, 2 * usualMs)`,
    replace: `companionAfterMs`,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: attempts follow each other without a pause",
    in: "pauseAfter",
    find: `return retryAfterMs + random() * Math.min(JITTER_MS.most, JITTER_MS.first * 2 ** failures);`,
    replace: `return retryAfterMs;`,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: a dead STS is asked for ever",
    in: "breaker.ts#breaker",
    find: `if (asOf === openings) await policy.execute(async () => outcome);`,
    replace: ``,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: attempts from before a pause begin it anew",
    in: "breaker.ts#breaker",
    find: `if (asOf === openings) await`,
    replace: `await`,
    killedBy: ["unit/adapters/sts-breaker"],
  },
  {
    name: "sts: everybody tries a dead STS when its pause is over",
    in: "breaker.ts#breaker",
    find: `if (policy.state !== CircuitState.Closed)`,
    replace: `if (false)`,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: a clock that goes back keeps STS from being asked",
    in: "breaker.ts#breaker",
    find: `if (policy.state === CircuitState.Open && leftMs() > opened.forMs) policy = make();`,
    replace: ``,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: denials open the breaker",
    in: "isOutage",
    find: `result.refusal.code === "STS_UNAVAILABLE" &&`,
    replace: ``,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: a certificate that does not fit is tried seven times",
    in: "answer.ts#failed",
    find: `TLS_ERROR.test(details.errorCode ?? "")`,
    replace: `false`,
    killedBy: ATTEMPTS,
  },
  {
    name: "sts: everybody asks a throttled STS when the pause is over",
    in: "queueOf",
    find: `else if (taken >= slots)`,
    replace: `else if (false)`,
    killedBy: QUEUE,
  },
  {
    name: "sts: a request waits for a scout whose call hangs",
    in: "queueOf",
    find: `await untilOneOf(turn.came, leftMs)`,
    replace: `await turn.came`,
    killedBy: QUEUE,
  },
  {
    name: "sts: a request queues for longer than a second",
    in: "queueOf",
    find: `if (pauseMs >= leftMs || leftMs > LONGEST_WAIT_MS)`,
    replace: `if (pauseMs > 600_000)`,
    killedBy: QUEUE,
  },
  {
    name: "sts: everybody who was refused comes back at once",
    in: "answer.ts#spread",
    find: `Math.floor(random() * (least + 1))`,
    replace: `0`,
    killedBy: ["unit/functions/http/answer"],
  },
];
