import { Redis } from "ioredis";
import type { RedisAddress } from "./address.ts";
import { within } from "./deadline.ts";

/**
 * One connection to Redis, from its start to its first failure. It never comes back to life: a reply that is late can
 * only reach the connection that was given up.
 */
export interface Connection {
  /** Resolves when commands can be sent; rejects with the reason when they never can. */
  readonly made: Promise<void>;
  /** Commands can be sent in `ready` alone. */
  state(): "being made" | "ready" | "over";
  /** One command, one reply: bytes, a number, null, or a list of them. Rejects with the reason. Sends nothing again. */
  send(command: string, ...args: readonly (string | Buffer)[]): Promise<unknown>;
  /** Ends it at once. What was sent and not answered is rejected. Resolves when the socket is closed. */
  drop(): Promise<void>;
}

/** Milliseconds, for TCP, TLS, AUTH and SELECT. Ours: no request waits for it. */
const CONNECT_MS = 1_000;

/** `onEnd`: the connection has ended, whoever ended it. */
export function connect(address: RedisAddress, onEnd: () => void): Connection {
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    // Whoever uses the connection makes the next one. So no timer runs while Function Compute freezes the instance.
    retryStrategy: null,
    enableOfflineQueue: false,
    // Every server knows version 2 of the protocol, old ones and proxies too. No INFO, no CLIENT SETINFO: less to allow.
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
    // A server that has stopped would keep a half-closed socket.
    disconnectTimeout: 0,
  });
  let failure: Error | undefined;
  const ended = new Promise<void>((resolve) => redis.once("end", resolve));
  void ended.then(onEnd);
  // ioredis goes on after a refused SELECT, in database 0. Here the first error is the end.
  redis.on("error", (error: Error) => {
    failure ??= error;
    redis.disconnect();
  });
  // A socket alone does not keep a process alive. A command does, by its deadline.
  redis.once("connect", () => redis.stream.unref());
  const made = (async () => {
    try {
      await within(redis.connect(), CONNECT_MS);
    } catch (error) {
      redis.disconnect();
      throw failure ?? error;
    }
    if (failure !== undefined) throw failure;
  })();
  made.catch(() => undefined);
  return {
    made,
    state: () => {
      if (failure !== undefined || redis.status === "close" || redis.status === "end") return "over";
      if (redis.status !== "ready") return "being made";
      // The server has ended it, and ioredis has not noticed yet.
      return redis.stream.writable ? "ready" : "over";
    },
    send: async (command, ...args) => {
      try {
        return await redis.callBuffer(command, [...args]);
      } catch (error) {
        throw failure ?? error;
      }
    },
    drop: () => {
      redis.disconnect();
      return ended;
    },
  };
}
