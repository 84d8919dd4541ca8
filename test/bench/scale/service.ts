import { cacheFrom } from "../../../functions/http/cache-settings.ts";
import { settingsOf } from "../../../functions/http/settings.ts";
import { cachingSts } from "../../../shared/adapters/caching-sts.ts";
import { queueingSts } from "../../../shared/adapters/queueing-sts.ts";
// The first throttling loads it, which takes real time: it must be there before virtual time begins.
import "../../../shared/adapters/queueing-sts/queue.ts";
import { sharedCacheSts } from "../../../shared/adapters/shared-cache-sts.ts";
import type { Result } from "../../../shared/domain/refusal.ts";
import type { AssumeRole, Sts, TemporaryCredentials } from "../../../shared/ports.ts";
import type { Design } from "./designs.ts";
import { fleet } from "./fleet.ts";
import { memoryStore } from "./memory-store.ts";
import type { Random } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** The function `credentials` behind its checks: a user whose token was verified asks. */
export interface Service {
  answer(user: number): Promise<Result<TemporaryCredentials>>;
  /** The same in one of the instances, from 0. */
  answerIn(instance: number, user: number): Promise<Result<TemporaryCredentials>>;
  deploy(): void;
}

export interface ServiceOptions {
  readonly design: Design;
  readonly clock: VirtualClock;
  readonly sts: Sts;
  readonly random: Random;
  readonly instances: number;
  readonly lifeSeconds: number;
  /** How many users each simulated user stands for: an instance remembers as many fewer. */
  readonly scale: number;
}

export function service(options: ServiceOptions): Service {
  const { instances, random, lifeSeconds } = options;
  const all = fleet(instances, instanceMaker(options), random);
  return {
    answer: (user) => all.assumeRole(callOf(user, lifeSeconds)),
    answerIn: (instance, user) => all.instance(instance).assumeRole(callOf(user, lifeSeconds)),
    deploy: () => all.replace(),
  };
}

/** The real cache, wired as functions/credentials/compose.ts does. */
function instanceMaker({ design, clock, sts: asked, scale, random }: ServiceOptions): () => Sts {
  const maxEntries = Math.ceil(entriesOfAnInstance(design.memoryMB) / scale);
  const store = memoryStore(clock);
  const keys = [Buffer.alloc(32, "k")] as const;
  const { pause } = clock;
  return () => {
    const sts = queueingSts({ sts: asked, clock, pause, random });
    if (design.function === "no cache") return sts;
    const inner =
      design.function === "shared cache"
        ? sharedCacheSts({ sts, store, clock, scope: "role", keys, pause })
        : sts;
    return cachingSts({ sts: inner, clock, maxEntries });
  };
}

/** What the function itself reads from its settings. */
function entriesOfAnInstance(memoryMB: number): number {
  const cache = cacheFrom(settingsOf({ FC_FUNCTION_MEMORY_SIZE: String(memoryMB) }));
  if (cache.kind === "off") throw new Error("the cache is off by default");
  return cache.maxEntries;
}

function callOf(user: number, durationSeconds: number): AssumeRole {
  const sessionPolicy = `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:PutObject"],"Resource":["acs:oss:*:*:photos/users/u${user}/*"]}]}`;
  return { sessionName: `u${user}`, sessionPolicy, durationSeconds } as AssumeRole;
}
