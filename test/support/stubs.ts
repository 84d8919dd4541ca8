import { stdoutAuditLog } from "../../shared/adapters/stdout-audit-log.ts";
import { granted, type Refusal, refused } from "../../shared/domain/refusal.ts";
import type {
  AssumeRole,
  AuditEntry,
  AuditLog,
  Clock,
  Sts,
  TemporaryCredentials,
} from "../../shared/ports.ts";
import { expectAuditLine } from "./audit-lines.ts";

/** 2026-11-23T09:00:00.250Z: with milliseconds, so that a test notices where they are told. */
export const NOW_MS = Date.UTC(2026, 10, 23, 9, 0, 0, 250);

export const fixedClock: Clock = { nowMs: () => NOW_MS };

export const CREDENTIALS: TemporaryCredentials = {
  accessKeyId: "STS.NTexampleKeyId",
  accessKeySecret: "3dZnexampleSecretKeyThatNobodyMayLog",
  securityToken: "CAISexampleSecurityTokenThatNobodyMayLog",
  expiresAtMs: NOW_MS + 3_600_000,
  stsRequestId: "6894B13B-6D71-4EF5-88FA-F32781734A7F",
};

/** An Sts that answers at once, and keeps what it was asked for. */
export interface RecordingSts extends Sts {
  readonly calls: readonly AssumeRole[];
  /** What it says from now on. */
  readonly answerWith: (answer: TemporaryCredentials | Refusal | Error) => void;
}

export function recordingSts(): RecordingSts {
  const calls: AssumeRole[] = [];
  let answer: TemporaryCredentials | Refusal | Error = CREDENTIALS;
  return {
    calls,
    answerWith: (next) => {
      answer = next;
    },
    assumeRole: async (call) => {
      calls.push(call);
      if (answer instanceof Error) throw answer;
      return "code" in answer ? refused(answer) : granted(answer);
    },
  };
}

export interface RecordingAuditLog extends AuditLog {
  readonly entries: readonly AuditEntry[];
}

/** Keeps the entries. Throws, as a log that cannot be written, where the line of one does not fit audit.schema.json. */
export function recordingAuditLog(): RecordingAuditLog {
  const entries: AuditEntry[] = [];
  const log = stdoutAuditLog(fixedClock, (line) => expectAuditLine(JSON.parse(line)));
  return {
    entries,
    record: (entry) => {
      log.record(entry);
      entries.push(entry);
    },
  };
}
