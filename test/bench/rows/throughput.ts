import { type Ask, type Instance, withInstances } from "../instance.ts";
import { type Environment, settings } from "../stage.ts";
import { median, ratios, spreadOf } from "../statistics.ts";
import { atLeast, figure, grouped, type Row, times, us } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";
import { PEERS } from "./peers.ts";

/** Callers at once. */
const AT_ONCE = 50;

/** Users who ask again and again. */
const KNOWN_USERS = 100;

/** Rounds before the first measured one: connections, and code that V8 has not yet compiled. */
const WARM_UP_ROUNDS = 2;

export interface ThroughputRounds {
  readonly rounds: number;
  /** Requests in a round. */
  readonly hits: number;
  readonly misses: number;
}

/**
 * Answers of one core: of the function with its cache and of the peers, each in a process of its own, in turn. `redis`: the
 * settings of a shared cache; undefined: there is no Redis on this machine.
 */
export function throughputRows(
  sts: MeasuredSts,
  count: ThroughputRounds,
  redis: Environment | undefined,
): Promise<readonly Row[]> {
  return withInstances(async (start) => {
    const started = (change: Environment): Instance => start(settings(sts.port, change));
    const knownUsers: Ask = { requests: count.hits, firstUser: 0, users: KNOWN_USERS, atOnce: AT_ONCE };
    const newUsers = (round: number): Ask => ({
      requests: count.misses,
      firstUser: round * count.misses,
      users: count.misses,
      atOnce: AT_ONCE,
    });
    const hitting = started({ CREDENTIAL_CACHE: "memory" });
    const missing = started({ CREDENTIAL_CACHE: "memory" });
    const measurements = new Map<string, Measurement>([
      ["hits", { instance: hitting, ask: () => knownUsers }],
      ["misses", { instance: missing, ask: newUsers }],
    ]);
    for (const { client, handler } of PEERS) {
      measurements.set(client, { instance: started({ BUNDLE: handler }), ask: newUsers });
    }
    if (redis !== undefined) {
      measurements.set("shared misses", { instance: started(redis), ask: newUsers });
      // Those for whom the other instance got credentials a round ago. This one has never seen them.
      measurements.set("shared hits", { instance: started(redis), ask: (round) => newUsers(round - 1) });
    }
    return rowsFrom(await measuredInTurn(measurements, count.rounds, sts));
  });
}

interface Measurement {
  readonly instance: Instance;
  readonly ask: (round: number) => Ask;
}

/** Of every measured round. */
interface Measured {
  /** Microseconds of processor time for one answer. */
  readonly cost: number[];
  stsCalls: number;
  /** Redis did not answer in time, once. */
  gaveRedisUp: boolean;
}

async function measuredInTurn(
  measurements: ReadonlyMap<string, Measurement>,
  rounds: number,
  sts: MeasuredSts,
): Promise<ReadonlyMap<string, Measured>> {
  const all = [...measurements].map(([name, measurement]) => ({
    name,
    ...measurement,
    measured: { cost: [], stsCalls: 0, gaveRedisUp: false } as Measured,
  }));
  for (let round = 1; round <= WARM_UP_ROUNDS + rounds; round += 1) {
    for (let i = 0; i < all.length; i += 1) {
      const measurement = all[(i + round) % all.length];
      if (measurement === undefined) continue;
      const { name, instance, ask, measured } = measurement;
      const asked = ask(round);
      const callsBefore = await sts.calls();
      const { statuses, cpuMicroseconds } = await instance.answer(asked);
      if (statuses[200] !== asked.requests) throw new Error(`${name}: ${JSON.stringify(statuses)}`);
      if (round <= WARM_UP_ROUNDS) continue;
      measured.cost.push(cpuMicroseconds / asked.requests);
      measured.stsCalls += (await sts.calls()) - callsBefore;
      measured.gaveRedisUp = instance.gaveRedisUp;
    }
  }
  return new Map(all.map(({ name, measured }) => [name, measured]));
}

const NOTHING: Measured = { cost: [], stsCalls: 0, gaveRedisUp: false };

function rowsFrom(measured: ReadonlyMap<string, Measured>): readonly Row[] {
  const of = (name: string): Measured => measured.get(name) ?? NOTHING;
  const perSecond = (metric: string, name: string, more = ""): Row => {
    const { cost } = of(name);
    const rate = spreadOf(cost.map((microseconds) => 1e6 / microseconds));
    return figure(metric, rate, (value) => grouped(Math.round(value)), {
      beside: `${us(median(cost))} each${more}`,
    });
  };
  const shared = (metric: string, name: string): Row => {
    const { stsCalls, gaveRedisUp } = of(name);
    const more = gaveRedisUp ? `; gave Redis up, STS calls: ${stsCalls}` : "";
    return measured.has(name)
      ? perSecond(metric, name, more)
      : { metric, measured: "skipped: no redis-server" };
  };
  const { stsCalls } = of("hits");
  if (stsCalls > 0) throw new Error(`${stsCalls} calls of STS: these were no hits`);
  const [best = ""] = PEERS.map(({ client }) => client).sort(
    (one, other) => median(of(one).cost) - median(of(other).cost),
  );
  const aboveBest = spreadOf(ratios(of(best).cost, of("hits").cost));
  return [
    perSecond(`hits a second and core, ${AT_ONCE} callers`, "hits"),
    figure(`– beside the answers of the best peer (${best})`, aboveBest, times, {
      target: atLeast(10, aboveBest.median, " x"),
    }),
    shared("– from Redis, for what another instance got", "shared hits"),
    perSecond(`misses a second and core, ${AT_ONCE} callers`, "misses"),
    shared("– with Redis", "shared misses"),
    ...PEERS.map(({ client }) => perSecond(`peer: ${client}, answers a second and core`, client)),
  ];
}
