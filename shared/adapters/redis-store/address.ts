import { isIP } from "node:net";
import type { RedisOptions } from "ioredis";

/** Where Redis is and who we are there, as ioredis wants it. */
export type RedisAddress = Pick<RedisOptions, "host" | "port" | "username" | "password" | "db" | "tls">;

/** Source: IANA. */
const DEFAULT_PORT = 6379;

/**
 * `redis://user:password@host:port/database`, or `rediss://` for TLS; only the host is needed. User and password are
 * percent-encoded. Throws for another text, without quoting it. A query is ignored: it cannot change how we connect.
 */
export function redisAddressOf(url: string): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === "") {
    throw new Error("the address of Redis must be redis://… or rediss://… with a host");
  }
  const database = /^\/?(\d{0,5})$/.exec(parsed.pathname)?.[1];
  if (database === undefined) throw new Error("the path in the address of Redis must be a database number");
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  return {
    host,
    port: parsed.port === "" ? DEFAULT_PORT : Number(parsed.port),
    db: Number(database),
    ...(parsed.username !== "" && { username: decoded(parsed.username) }),
    ...(parsed.password !== "" && { password: decoded(parsed.password) }),
    // Node sends the name of the host (SNI) only when it is asked to, and an address is no name.
    ...(parsed.protocol === "rediss:" && { tls: isIP(host) === 0 ? { servername: host } : {} }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("user and password in the address of Redis must be percent-encoded");
  }
}
