import { createHash, timingSafeEqual } from "node:crypto";

/** What decides whether a request may have credentials. Header names are in lower case; each has all its values. */
export interface LocalRequest {
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/** The place where the sidecar serves. */
export interface Door {
  readonly port: number;
  /** The path, without its slash. */
  readonly secret: string;
}

/** Of a browser, or of a proxy that brings requests from elsewhere. No SDK sends them to a credentials_uri. */
const SENT_BY_NO_SDK = ["origin", "sec-fetch-site", "x-forwarded-for", "forwarded"];

/**
 * Why a request gets nothing; undefined: it may have credentials. The reason is for the log: who asks learns only that
 * there is nothing.
 *
 * A page in a browser of this machine is the danger: it can send requests to 127.0.0.1, and under a name of its own that
 * it moves there (DNS rebinding) it can also read the answers.
 */
export function refusalFor({ method, target, headers }: LocalRequest, door: Door): string | undefined {
  if (!isEqual(target, `/${door.secret}`)) return "wrong path";
  const hosts = headers["host"] ?? [];
  const [host] = hosts;
  if (hosts.length !== 1 || host === undefined || !hostsOf(door).includes(host.toLowerCase()))
    return `the header Host is not 127.0.0.1:${door.port} or localhost:${door.port}`;
  const foreign = SENT_BY_NO_SDK.find((name) => headers[name] !== undefined);
  if (foreign !== undefined) return `it has the header ${foreign}: a browser or a proxy sent it`;
  if (method !== "GET") return "the method is not GET";
  if (
    headers["transfer-encoding"] !== undefined ||
    headers["content-length"]?.some((length) => length !== "0")
  )
    return "it has a body";
  return undefined;
}

/**
 * The names under which programs of this machine reach it. The SDK for Python leaves out the port; a page cannot send
 * these names for its own.
 */
function hostsOf({ port }: Door): readonly string[] {
  return ["127.0.0.1", "localhost"].flatMap((name) => [`${name}:${port}`, name]);
}

/** In a time that does not depend on where they differ. Digests have one length. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
