import { setTimeout as pause } from "node:timers/promises";
import { MAX_SESSION_SECONDS, MIN_SESSION_SECONDS } from "../domain/ram/cloud-limits.ts";
import { refused } from "../domain/refusal.ts";
import type { AssumeRole, CallerCredentials, Clock, Sts } from "../ports.ts";
import type { Outcome } from "./aliyun-sts/answer.ts";
import type { attemptsWithSdk } from "./aliyun-sts/sdk.ts";

export interface AliyunStsOptions {
  /** `host` is host[:port], without a scheme. */
  readonly endpoint: { readonly host: string; readonly protocol: "https" | "http" };
  readonly roleArn: string;
  /** Called for every AssumeRole: Function Compute rotates its role's keys. */
  readonly callerCredentials: () => CallerCredentials | undefined;
  readonly clock: Clock;
  /** Milliseconds for one attempt, from connecting to the last byte. Ours: three attempts fit into the 5 s of a call. */
  readonly attemptTimeoutMs?: number;
  /** Milliseconds for all attempts and the pause between them. Ours: half of the 10 s that an App waits. */
  readonly totalTimeoutMs?: number;
  /** In [0, 1). Spreads retries over time. */
  readonly random?: () => number;
}

/** Milliseconds. Ours: an App can wait this long. With a longer pause, the App must retry itself. */
const MAX_RETRY_AFTER_MS = 1_000;

/** Milliseconds. Full jitter of 50 * 2^n for the first retry, so that callers that failed together do not retry together. */
const MAX_JITTER_MS = 100;

/**
 * {@link Sts} over @alicloud/sts20150401, which the first call loads. AssumeRole is safe to repeat: each call makes new
 * credentials. When a kept socket turns out to be dead, the call goes to a new one at once. After an outage it retries
 * once, on a new socket, unless STS asks for a pause of more than a second. After throttling it retries only when STS asks
 * for a pause of a second or less. After a denial it never retries. Throws for a call without a session policy: that is
 * our bug.
 */
export function aliyunSts(options: AliyunStsOptions): Sts {
  const { endpoint, roleArn } = options;
  const totalTimeoutMs = options.totalTimeoutMs ?? 5_000;
  const attemptTimeoutMs = Math.min(options.attemptTimeoutMs ?? 1_500, totalTimeoutMs);
  const random = options.random ?? Math.random;
  const nowMs = () => options.clock.nowMs();
  let attempt: ReturnType<typeof attemptsWithSdk> | undefined;
  return {
    assumeRole: async (call) => {
      assertRestricted(call);
      const caller = options.callerCredentials();
      if (caller === undefined) return refused({ code: "STS_DENIED", stsCode: "NoCallerCredentials" });
      const endMs = nowMs() + totalTimeoutMs;
      const timeAfter = (pauseMs: number) => Math.min(attemptTimeoutMs, endMs - nowMs() - pauseMs);
      attempt ??= (await import("./aliyun-sts/sdk.ts")).attemptsWithSdk({ endpoint, roleArn, nowMs });
      let outcome = await attempt({ call, caller, timeoutMs: attemptTimeoutMs, newSocket: false });
      const leftMs = timeAfter(0);
      if (outcome.staleSocket && leftMs > 0)
        outcome = await attempt({ call, caller, timeoutMs: leftMs, newSocket: true });
      const pauseMs = pauseBeforeRetry(outcome, random);
      if (pauseMs === undefined) return outcome.result;
      const timeoutMs = timeAfter(pauseMs);
      if (timeoutMs <= 0) return outcome.result;
      await pause(pauseMs);
      return (await attempt({ call, caller, timeoutMs, newSocket: true })).result;
    },
  };
}

/**
 * The last check that a policy narrows the role. The SDK silently drops an object, null or an empty text, and then the
 * App has the whole role (seen in @alicloud/sts20150401 1.2.0). The type's brand alone does not stop a cast.
 */
function assertRestricted({ sessionName, sessionPolicy, durationSeconds }: AssumeRole): void {
  if (typeof sessionPolicy !== "string") throw new Error("AssumeRole: the session policy is not a string");
  const bytes = Buffer.byteLength(sessionPolicy);
  if (bytes < 1 || bytes > 2048) throw new Error(`AssumeRole: the session policy has ${bytes} bytes`);
  if (!isPolicy(sessionPolicy)) throw new Error("AssumeRole: the session policy is not a policy");
  if (typeof sessionName !== "string" || !/^[A-Za-z0-9.@_-]{2,64}$/.test(sessionName)) {
    throw new Error("AssumeRole: the session name is invalid");
  }
  if (
    !Number.isInteger(durationSeconds) ||
    durationSeconds < MIN_SESSION_SECONDS ||
    durationSeconds > MAX_SESSION_SECONDS
  ) {
    throw new Error(`AssumeRole: the duration is ${durationSeconds} seconds`);
  }
}

function isPolicy(text: string): boolean {
  try {
    const policy: unknown = JSON.parse(text);
    if (typeof policy !== "object" || policy === null) return false;
    const { Version, Statement } = policy as Readonly<Record<string, unknown>>;
    return Version === "1" && Array.isArray(Statement) && Statement.length > 0;
  } catch {
    return false;
  }
}

/** Milliseconds to wait before the only retry; undefined when the result is final. */
function pauseBeforeRetry({ result, retryAfterMs }: Outcome, random: () => number): number | undefined {
  if (result.ok || result.refusal.code === "STS_DENIED") return undefined;
  const askedForMs =
    retryAfterMs ?? (result.refusal.code === "STS_UNAVAILABLE" ? 0 : Number.POSITIVE_INFINITY);
  return askedForMs <= MAX_RETRY_AFTER_MS ? askedForMs + random() * MAX_JITTER_MS : undefined;
}
