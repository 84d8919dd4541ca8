import { MAX_SESSION_SECONDS, MIN_SESSION_SECONDS } from "../domain/ram/cloud-limits.ts";
import { refused } from "../domain/refusal.ts";
import type { AssumeRole, CallerCredentials, Clock, Sts } from "../ports.ts";
import type { callsToSts } from "./aliyun-sts/calls.ts";

export interface AliyunStsOptions {
  /** `host` is host[:port], without a scheme. */
  readonly endpoint: { readonly host: string; readonly protocol: "https" | "http" };
  readonly roleArn: string;
  /** Called for every AssumeRole: Function Compute rotates its role's keys. */
  readonly callerCredentials: () => CallerCredentials | undefined;
  readonly clock: Clock;
  /** For the operator: one line when STS is left alone for a while. */
  readonly onWarning?: (message: string) => void;
  /** Milliseconds for everything that one call does. Ours: with the queue of a throttled STS, half of the 10 s that an App waits. */
  readonly budgetMs?: number;
  /** Milliseconds. Ours: STS answers in 10 to 50, and a TLS handshake costs 5 to 20. See aliyun-sts/attempts.ts. */
  readonly companionAfterMs?: number;
  /** In [0, 1). Spreads attempts over time. */
  readonly random?: () => number;
}

/**
 * {@link Sts} over @alicloud/sts20150401, which the first call loads. AssumeRole is safe to repeat: each call makes new
 * credentials. A call that fails is repeated within a budget of time (aliyun-sts/attempts.ts), and an STS that is dead is left
 * alone for a while (aliyun-sts/breaker.ts). A denial and throttling are never repeated here. Throws for a call without a session
 * policy: that is our bug.
 */
export function aliyunSts(options: AliyunStsOptions): Sts {
  const { endpoint, roleArn, onWarning = () => {} } = options;
  const { budgetMs = 3_000, companionAfterMs = 400, random = Math.random } = options;
  const nowMs = () => options.clock.nowMs();
  let calls: ReturnType<typeof callsToSts> | undefined;
  return {
    assumeRole: async (call) => {
      assertRestricted(call);
      const caller = options.callerCredentials();
      if (caller === undefined) return refused({ code: "STS_DENIED", stsCode: "NoCallerCredentials" });
      if (calls === undefined) {
        const { callsToSts } = await import("./aliyun-sts/calls.ts");
        calls ??= callsToSts({ endpoint, roleArn, nowMs, onWarning, budgetMs, companionAfterMs, random });
      }
      return calls(call, caller);
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
