import { type Ask, withInstances } from "../instance.ts";
import { type Environment, settings } from "../stage.ts";
import { exactly, grouped, type Row } from "../table.ts";
import { type MeasuredSts, withSts } from "../with-sts.ts";
import { PEERS } from "./peers.ts";

/** Instances of the function, where there are several. */
const INSTANCES = 10;

/**
 * How many calls of STS requests make. These numbers repeat exactly. `redis`: the settings of a shared cache; undefined:
 * there is no Redis on this machine.
 */
export async function callRows(sts: MeasuredSts, redis: Environment | undefined): Promise<readonly Row[]> {
  const memory = settings(sts.port, { CREDENTIAL_CACHE: "memory" });
  const off = settings(sts.port, { CREDENTIAL_CACHE: "off" });
  const peers: number[] = [];
  for (const { handler } of PEERS) {
    peers.push(await callsFor(sts, settings(sts.port, { BUNDLE: handler }), equal(50)));
  }
  const throttled = await withSts({ delayMs: 0, throttles: true }, (throttling) =>
    callsFor(throttling, settings(throttling.port, { CREDENTIAL_CACHE: "memory" }), {
      ...eachUserOnce(100),
      status: 503,
    }),
  );
  const spread = await callsFor(sts, memory, eachUserOnce(100), INSTANCES);
  return [
    wanted("50 equal requests at once", 1, await callsFor(sts, memory, equal(50))),
    wanted("500 equal requests at once", 1, await callsFor(sts, memory, equal(500))),
    compared("50 equal requests at once, without the cache", await callsFor(sts, off, equal(50))),
    compared(`peers (${PEERS.map(({ client }) => client).join("; ")}): the same`, ...peers),
    wanted(
      "100 users, 10 requests each",
      100,
      await callsFor(sts, memory, { ...eachUserOnce(100), requests: 1_000 }),
    ),
    wanted("100 users in turn, while STS throttles", 1, throttled),
    compared(`100 users, one request each in ${INSTANCES} instances, no Redis`, spread),
    ...(await sharedRows(sts, redis)),
  ];
}

async function sharedRows(sts: MeasuredSts, redis: Environment | undefined): Promise<readonly Row[]> {
  const everywhere = [
    `500 equal requests at once in ${INSTANCES} instances, Redis`,
    `100 users, one request each in ${INSTANCES} instances, Redis`,
    "the same 100 users in a new instance, Redis",
  ] as const;
  if (redis === undefined) {
    return everywhere.map((scenario) => ({
      metric: `STS calls: ${scenario}`,
      measured: "skipped: no redis-server",
    }));
  }
  const shared = settings(sts.port, redis);
  const equalEverywhere = { ...equal(500 / INSTANCES), firstUser: 1_000 };
  return [
    wanted(everywhere[0], 1, await callsFor(sts, shared, equalEverywhere, INSTANCES)),
    wanted(everywhere[1], 100, await callsFor(sts, shared, eachUserOnce(100), INSTANCES)),
    wanted(everywhere[2], 0, await callsFor(sts, shared, eachUserOnce(100))),
  ];
}

function equal(requests: number): Ask {
  return { requests, firstUser: 0, users: 1, atOnce: requests };
}

function eachUserOnce(users: number): Ask {
  return { requests: users, firstUser: 0, users, atOnce: 1 };
}

/** Of instances that are all asked for the same at the same time. Each has answered a user of its own before. */
function callsFor(
  sts: MeasuredSts,
  environment: Environment,
  { status = 200, ...ask }: Ask & { readonly status?: number },
  instances = 1,
): Promise<number> {
  return withInstances(async (start) => {
    const all = Array.from({ length: instances }, () => start(environment));
    if (status === 200) {
      await Promise.all(all.map((instance, at) => instance.answer({ ...equal(1), firstUser: 10_000 + at })));
    }
    const before = await sts.calls();
    for (const { statuses } of await Promise.all(all.map((instance) => instance.answer(ask)))) {
      if (statuses[status] !== ask.requests) throw new Error(JSON.stringify(statuses));
    }
    return (await sts.calls()) - before;
  });
}

function wanted(scenario: string, calls: number, measured: number): Row {
  return { ...compared(scenario, measured), target: exactly(calls, measured) };
}

function compared(scenario: string, ...measured: readonly number[]): Row {
  return { metric: `STS calls: ${scenario}`, measured: measured.map(grouped).join("; ") };
}
