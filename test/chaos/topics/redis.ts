import { randomBytes } from "node:crypto";
import { openRedisDoor, type RedisDoor } from "../../support/redis-door.ts";
import { REDIS_SERVER_PATH, type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import type { Beside, Cell, End, Load } from "../cell.ts";
import { COMMON, type NamedFault } from "../troubles.ts";

/** What goes wrong with the Redis behind the shared cache. */
interface RedisTrouble {
  readonly name: string;
  readonly begin: (redis: RedisServer, door: RedisDoor) => Promise<End> | End;
  /** The password in CREDENTIAL_CACHE is not Redis' own. Default: it is. */
  readonly wrongPassword?: true;
}

/** Bytes. Less than a Redis needs for itself, so that it takes nothing more. */
const TOO_LITTLE = "1mb";

const TROUBLES: readonly RedisTrouble[] = [
  {
    name: "killed",
    begin: (redis, door) => {
      door.leadTo(undefined);
      door.cut();
      redis.signal("SIGSTOP");
      return () => {
        redis.signal("SIGCONT");
        door.leadTo(redis.port);
      };
    },
  },
  {
    name: "stopped (SIGSTOP)",
    begin: (redis) => {
      redis.signal("SIGSTOP");
      return () => redis.signal("SIGCONT");
    },
  },
  { name: "slow: answers every 50 ms", begin: (_redis, door) => every(50, () => heldFor(door, 45)) },
  { name: "its connections break every 50 ms", begin: (_redis, door) => every(50, () => door.cut()) },
  {
    name: "full",
    begin: async ({ admin }) => {
      await admin.config("SET", "maxmemory-policy", "noeviction");
      await admin.config("SET", "maxmemory", TOO_LITTLE);
      return async () => void (await admin.config("SET", "maxmemory", "0"));
    },
  },
  {
    name: "its password changes",
    begin: async ({ admin }, door) => {
      await admin.config("SET", "requirepass", "another password");
      door.cut();
      return async () => void (await admin.config("SET", "requirepass", PASSWORD));
    },
  },
  { name: "its password is wrong from the start", wrongPassword: true, begin: () => () => {} },
  { name: "wiped every 20 ms", begin: ({ admin }) => every(20, () => void admin.flushall()) },
];

const PASSWORD = "the password of Redis";

/** Each trouble of Redis alone, and with half of the calls of STS failing. No row without a redis-server. */
export function redisCells(load: Load): readonly Cell[] {
  if (REDIS_SERVER_PATH === undefined) return [];
  const oneInTwo = COMMON.filter(({ fault }) => ["error", "reset", "throttle"].includes(fault.kind));
  return TROUBLES.flatMap((trouble) => [
    redisCell(trouble, load),
    ...oneInTwo.map((fault) => redisCell(trouble, load, fault)),
  ]);
}

function redisCell(trouble: RedisTrouble, load: Load, sts?: NamedFault): Cell {
  return {
    topic: sts === undefined ? "Redis" : "Redis and STS",
    trouble: sts === undefined ? trouble.name : `${trouble.name}; STS: ${sts.name}`,
    share: sts === undefined ? "100 %" : "50 % of STS",
    may: sts === undefined ? [] : ["StsThrottled", "StsUnavailable"],
    // Each user asks about five times.
    load: { ...load, users: Math.ceil(load.requests / 5) },
    beside: () => redisBeside(trouble),
    begin: ({ sandbox, seed }) => {
      if (sts === undefined) return () => {};
      const id = sandbox.faults.add({ service: "sts", fault: sts.fault, share: 0.5, seed });
      return () => void sandbox.faults.clear(id);
    },
  };
}

async function redisBeside({ begin, wrongPassword }: RedisTrouble): Promise<Beside> {
  const redis = await startRedisServer({ password: PASSWORD });
  const door = await openRedisDoor(redis.port);
  const password = wrongPassword ? "not this one" : PASSWORD;
  const key = randomBytes(32).toString("base64");
  return {
    settings: {
      CREDENTIAL_CACHE: `redis://:${encodeURIComponent(password)}@127.0.0.1:${door.port}`,
      CREDENTIAL_CACHE_KEY: key,
    },
    secrets: [password, encodeURIComponent(password), key],
    begin: () => begin(redis, door),
    stop: async () => {
      redis.signal("SIGCONT");
      await door.close();
      await redis.kill();
    },
  };
}

function every(ms: number, what: () => void): End {
  const timer = setInterval(what, ms);
  return () => clearInterval(timer);
}

function heldFor(door: RedisDoor, ms: number): void {
  door.holdReplies();
  setTimeout(() => door.releaseReplies(), ms);
}
