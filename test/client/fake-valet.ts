import type { CredentialsOptions } from "../../client/src/index.ts";
import type { ErrorBody } from "../../shared/wire.ts";

export const ENDPOINT = "https://valet.example.com/credentials";
/** 2026-11-26T12:00:00Z */
export const NOON_MS = Date.UTC(2026, 10, 26, 12);
const LIFE_SECONDS = 3600;

export type FetchStep = (url: string, init: RequestInit) => Response | Promise<Response>;

/** A function /credentials in this process, with a clock of its own and one of the device, and what it was asked. */
export function fakeValet() {
  const calls: {
    url: string;
    appToken: string;
    refusedKey: string | null;
    signal: AbortSignal | null | undefined;
  }[] = [];
  const steps: FetchStep[] = [];
  const valet = {
    calls,
    /** Of the server. */
    nowMs: NOON_MS,
    /** By which the device's clock is ahead of the server's. */
    deviceAheadMs: 0,
    lifeSeconds: LIFE_SECONDS,
    /** The next calls end like this, one after the other. */
    next: (...outcomes: readonly FetchStep[]) => void steps.push(...outcomes),
    pass: (ms: number) => {
      valet.nowMs += ms;
    },
    clock: () => valet.nowMs + valet.deviceAheadMs,
    fetch: async (url: string, init: RequestInit): Promise<Response> => {
      const headers = new Headers(init.headers);
      const appToken = headers.get("Authorization")?.replace(/^Bearer /, "") ?? "";
      const refusedKey = headers.get("X-Refused-Access-Key-Id");
      calls.push({ url, appToken, refusedKey, signal: init.signal });
      // No answer comes in the same turn.
      await new Promise((resolve) => setImmediate(resolve));
      const step = steps.shift() ?? (() => Response.json(vended(valet, calls.length)));
      return step(url, init);
    },
  };
  return valet;
}

export type FakeValet = ReturnType<typeof fakeValet>;

/** Options for `createCredentials` with the middle of the jitter: renewal at exactly half of the life. */
export function optionsFor(valet: FakeValet, more: Partial<CredentialsOptions> = {}): CredentialsOptions {
  return {
    endpoint: ENDPOINT,
    appToken: () => tokenOf("alice"),
    fetch: valet.fetch,
    clock: valet.clock,
    random: () => 0.5,
    ...more,
  };
}

/** As the function answers; `number` makes the keys of two answers differ. */
export function vended({ nowMs, lifeSeconds }: FakeValet, number: number): Record<string, string> {
  return {
    StatusCode: "200",
    Code: "Success",
    AccessKeyId: `STS.key${number}`,
    AccessKeySecret: `secret${number}`,
    SecurityToken: `token${number}`,
    Expiration: utc(nowMs + lifeSeconds * 1000),
    LastUpdated: utc(nowMs),
    RequestId: `request-${number}`,
    SessionName: "alice",
    OssRegion: "cn-hangzhou",
    OssBucket: "examplebucket",
    OssEndpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    KeyPrefix: "users/alice/",
    Permissions: "read,write,list",
  };
}

export function refusal(
  status: number,
  Code: ErrorBody["Code"],
  headers: Record<string, string> = {},
): FetchStep {
  const body = { StatusCode: String(status), Code, Message: `It is ${Code}.`, RequestId: "request-r" };
  return () => Response.json(body, { status, headers });
}

/** What fetch does without a network. */
export const offline: FetchStep = () => {
  throw new TypeError("fetch failed");
};

/** A JWT that nobody verifies. */
export function tokenOf(sub: string, claims: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part({ iss: "https://login.example.com", sub, ...claims })}.c2ln`;
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
