import type { SessionName } from "../../shared/domain/policy/session-name.ts";
import type { SessionPolicy } from "../../shared/domain/policy/session-policy.ts";
import { granted, type Result } from "../../shared/domain/refusal.ts";
import type { AssumeRole, Sts, TemporaryCredentials } from "../../shared/ports.ts";

/** An {@link Sts} that counts its calls and makes other credentials each time, of the life that was asked for. */
export interface CountedSts extends Sts {
  readonly calls: AssumeRole[];
  /** Answers differently from now on; without an argument, as at first. */
  answer(
    with_?: (call: AssumeRole) => Result<TemporaryCredentials> | Promise<Result<TemporaryCredentials>>,
  ): void;
}

export function countedSts(nowMs: () => number): CountedSts {
  const calls: AssumeRole[] = [];
  const make = ({ durationSeconds, sessionName }: AssumeRole): Result<TemporaryCredentials> =>
    granted({
      accessKeyId: `STS.${calls.length}`,
      accessKeySecret: `secret ${calls.length}`,
      securityToken: `token of ${sessionName} ${calls.length}`,
      expiresAtMs: Math.floor(nowMs() / 1_000) * 1_000 + durationSeconds * 1_000,
      stsRequestId: `request-${calls.length}`,
    });
  let answer: Parameters<CountedSts["answer"]>[0] = make;
  return {
    calls,
    answer: (other = make) => {
      answer = other;
    },
    assumeRole: async (call) => {
      calls.push(call);
      return (answer ?? make)(call);
    },
  };
}

/** An AssumeRole call of a user, for an hour where nothing else is said. */
export function callOf(user: string, change: Partial<AssumeRole> = {}): AssumeRole {
  return {
    sessionName: `${user}-0123456789abcdef0123` as SessionName,
    sessionPolicy:
      `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:photos/users/${user}/*"]}]}` as SessionPolicy,
    durationSeconds: 3_600,
    ...change,
  };
}
