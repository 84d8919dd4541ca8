import OSS from "ali-oss";
import { expect, it, onTestFinished } from "vitest";
import { appTokenFor, startStage } from "../../cli/dev/stage.ts";
import { ossClient } from "../../client/src/ali-oss.ts";
import { createCredentials } from "../../client/src/index.ts";
import type { Fault } from "../../sandbox/fault-rule.ts";

const OPERATIONS = 10_000;
const CALLERS = 50;
const EXPIRIES = 100;
/** Seconds that credentials live. */
const LIFE = 900;
const FAILING = 0.2;
/** A round is operations that begin at the same time. Then the clock moves. Every 20th round has all callers. */
const ROUNDS = 2000;
/** Milliseconds between two rounds. */
const STEP_MS = (EXPIRIES * LIFE * 1000) / ROUNDS;
/**
 * The least possible: the first ones, and new ones at each half of a life, because they are renewed at half of it. So an
 * outage of half a life is not noticed. Jitter and failed renewals make some later, so that a run may need fewer.
 */
const LEAST_VENDS = 1 + 2 * EXPIRIES;

/** Of the function, and of the way to it. */
const FAULTS: readonly Fault[] = [
  { kind: "throttle" },
  { kind: "error", status: 500 },
  { kind: "error", status: 503 },
  { kind: "html" },
  { kind: "empty" },
  { kind: "truncated" },
  { kind: "reset" },
];

it("10,000 operations of 50 callers across 100 expiries, while every fifth renewal fails: none fails, and few vends", {
  timeout: 180_000,
}, async () => {
  const stage = await startStage({ port: 0, orFree: true });
  onTestFinished(() => stage.stop());
  const { clock, faults, world } = stage.sandbox;
  const random = randomFrom(20_261_126);
  let asked = 0;
  let failed = 0;
  const underWay = new Set<Promise<unknown>>();
  const startMs = clock.nowMs();

  const credentials = createCredentials({
    endpoint: stage.credentialsUrl,
    appToken: () => appTokenFor(stage, "alice", { seconds: 3600 }),
    request: { durationSeconds: LIFE },
    clock: clock.nowMs,
    random,
    fetch: (url, init) => {
      asked += 1;
      if (asked > 1 && random() < FAILING) {
        failed += 1;
        const fault = FAULTS[failed % FAULTS.length] as Fault;
        faults.add({ service: "fc", operation: "GET /credentials", fault, times: 1 });
      }
      const answer = fetch(url, init);
      const read = answer.then((response) => response.clone().text());
      const settled = read.catch(() => {}).finally(() => underWay.delete(settled));
      underWay.add(settled);
      return answer;
    },
  });
  const client = await ossClient(OSS, credentials);
  const key = (caller: number) => `users/alice/${caller}.txt`;
  await Promise.all(callers().map((caller) => client.put(key(caller), Buffer.from(String(caller)))));

  let done = 0;
  const refusals: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const all = round % 20 === 0;
    const left = Math.max(0, OPERATIONS - done - CALLERS * Math.floor((ROUNDS - 1 - round) / 20));
    const now = all
      ? callers()
      : callers()
          .filter(() => random() < left / (ROUNDS - round) / CALLERS)
          .slice(0, left);
    // A failed operation rejects, and with it the test.
    await Promise.all(now.map((caller) => operation(caller)));
    done += now.length;
    refusals.push(...world.journal.flatMap(({ service, code }) => (service === "oss" && code ? [code] : [])));
    world.journal.splice(0);
    // A renewal takes no time on this clock: the network of a device is faster than a round.
    while (underWay.size > 0) await Promise.all(underWay);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(STEP_MS);
  }
  for (; done < OPERATIONS; done += 1) await operation(done % CALLERS);

  expect(refusals).toEqual([]);
  expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(EXPIRIES * LIFE * 1000);
  expect(failed / asked).toBeGreaterThan(FAILING - 0.05);
  expect(asked - failed).toBeLessThanOrEqual(LEAST_VENDS * 1.05);
  console.info(
    `${done} operations, ${asked - failed} vends (least possible: ${LEAST_VENDS}), ${failed} of ${asked} calls failed`,
  );

  function operation(caller: number): Promise<unknown> {
    const share = random();
    if (share < 0.1) return client.put(key(caller), Buffer.from(String(caller)));
    if (share < 0.2) return client.get(key(caller));
    if (share < 0.25) return client.list({ prefix: key(caller), "max-keys": 2 }, {});
    return client.head(key(caller));
  }
});

function callers(): readonly number[] {
  return Array.from({ length: CALLERS }, (_, caller) => caller);
}

/** The same numbers from 0 to 1 in each run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
