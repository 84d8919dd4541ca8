import { type Ask, type Instance, withInstances } from "../instance.ts";
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
  const environment = settings(sts.port, { CREDENTIAL_CACHE: "memory" });
  const one = { sts, environment };
  const peers: Counted[] = [];
  for (const { handler } of PEERS) {
    peers.push(await counted({ sts, environment: settings(sts.port, { BUNDLE: handler }) }, equal(50)));
  }
  const throttled = await withSts({ delayMs: 0, throttles: true }, (throttling) =>
    counted(
      {
        sts: throttling,
        environment: settings(throttling.port, { CREDENTIAL_CACHE: "memory" }),
        status: 503,
      },
      eachOf(100),
    ),
  );
  return [
    row("50 equal requests at once", [await counted(one, equal(50))], 1),
    row("500 equal requests at once", [await counted(one, equal(500))], 1),
    row("50 equal requests at once, without the cache", [
      await counted({ sts, environment: settings(sts.port, { CREDENTIAL_CACHE: "off" }) }, equal(50)),
    ]),
    row(`peers (${PEERS.map(({ client }) => client).join("; ")}): the same`, peers),
    row("100 users, 10 requests each", [await counted(one, { ...eachOf(100), requests: 1_000 })], 100),
    row("100 users in turn, while STS throttles", [throttled], 1),
    row(`100 users, each once in each of ${INSTANCES} instances, no Redis`, [
      await counted({ ...one, instances: INSTANCES, inTurn: true }, eachOf(100)),
    ]),
    ...(await sharedRows(sts, redis)),
  ];
}

async function sharedRows(sts: MeasuredSts, redis: Environment | undefined): Promise<readonly Row[]> {
  const equalEverywhere = `500 equal requests at once in ${INSTANCES} instances, Redis`;
  const everybodyEverywhere = `100 users, each once in each of ${INSTANCES} instances, Redis`;
  const newInstance = "the same 100 users in a new instance, Redis";
  if (redis === undefined) {
    const skipped = (scenario: string): Row => ({
      metric: metricOf(scenario),
      measured: "skipped: no redis-server",
    });
    return [equalEverywhere, everybodyEverywhere, newInstance].map(skipped);
  }
  const one = { sts, environment: settings(sts.port, redis) };
  const ten = { ...one, instances: INSTANCES };
  return [
    row(equalEverywhere, [await counted(ten, { ...equal(500 / INSTANCES), firstUser: 1_000 })], 1),
    row(everybodyEverywhere, [await counted({ ...ten, inTurn: true }, eachOf(100))], 100),
    row(newInstance, [await counted(one, eachOf(100))], 0),
  ];
}

/** From one user, at the same time. */
function equal(requests: number): Ask {
  return { requests, firstUser: 0, users: 1, atOnce: requests };
}

/** One request of each, one after the other. */
function eachOf(users: number): Ask {
  return { requests: users, firstUser: 0, users, atOnce: 1 };
}

interface Measurement {
  readonly sts: MeasuredSts;
  readonly environment: Environment;
  /** Default: 1. */
  readonly instances?: number;
  /** One instance after the other. Default: all at the same time. */
  readonly inTurn?: boolean;
  /** Of every answer. Default: 200. */
  readonly status?: number;
}

interface Counted {
  readonly calls: number;
  /** Instances that gave Redis up: it did not answer in time. */
  readonly withoutRedis: number;
}

/** The calls for what each instance is asked. It has answered a user of its own before, where STS answers. */
function counted(measurement: Measurement, ask: Ask): Promise<Counted> {
  const { sts, environment, instances = 1, inTurn = false, status = 200 } = measurement;
  return withInstances(async (start) => {
    const all: Instance[] = [];
    for (let at = 0; at < instances; at += 1) {
      const instance = start(environment);
      all.push(instance);
      if (status === 200) await instance.answer({ ...equal(1), firstUser: 10_000 + at });
    }
    const before = await sts.calls();
    const answer = async (instance: Instance): Promise<void> => {
      const { statuses } = await instance.answer(ask);
      if (statuses[status] !== ask.requests) throw new Error(JSON.stringify(statuses));
    };
    if (inTurn) for (const instance of all) await answer(instance);
    else await Promise.all(all.map(answer));
    const calls = (await sts.calls()) - before;
    return { calls, withoutRedis: all.filter(({ gaveRedisUp }) => gaveRedisUp).length };
  });
}

function row(scenario: string, measured: readonly Counted[], wanted?: number): Row {
  const [first] = measured;
  const calls = measured.map((one) => grouped(one.calls)).join("; ");
  const withoutRedis = first?.withoutRedis ?? 0;
  return {
    metric: metricOf(scenario),
    measured: withoutRedis === 0 ? calls : `${calls} (${withoutRedis} gave Redis up)`,
    ...(wanted === undefined || first === undefined ? {} : { target: exactly(wanted, first.calls) }),
  };
}

function metricOf(scenario: string): string {
  return `STS calls: ${scenario}`;
}
