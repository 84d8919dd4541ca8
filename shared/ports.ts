import type { KeyObject } from "node:crypto";
import type { UnsafeClaim } from "./domain/grant/report.ts";
import type { SessionName } from "./domain/policy/session-name.ts";
import type { SessionPolicy } from "./domain/policy/session-policy.ts";
import type { Refusal, Result } from "./domain/refusal.ts";
import type { Algorithm } from "./domain/token/issuer.ts";
import type { VerifiedClaims } from "./domain/token/verified-claims.ts";

/** Says who signed in, or refuses: TOKEN_INVALID, TOKEN_EXPIRED, KEYS_UNAVAILABLE. Never throws. */
export interface TokenVerifier {
  verify(appToken: string): Promise<Result<VerifiedClaims>>;
}

/** The keys of one issuer. Refuses with TOKEN_INVALID (`key-id`, `key`) or KEYS_UNAVAILABLE. Never throws. */
export interface SigningKeys {
  keyFor(header: {
    readonly kid: string | undefined;
    readonly algorithm: Algorithm;
  }): Promise<Result<KeyObject>>;
}

/** Security Token Service. Refuses with STS_THROTTLED, STS_DENIED, STS_UNAVAILABLE. Never throws. */
export interface Sts {
  assumeRole(call: AssumeRole): Promise<Result<TemporaryCredentials>>;
}

/** Everything that shapes temporary credentials. No field is optional: without a policy, they would have the whole role. */
export interface AssumeRole {
  readonly sessionName: SessionName;
  readonly sessionPolicy: SessionPolicy;
  /** 900 or more. */
  readonly durationSeconds: number;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly expiresAtMs: number;
  /** STS's ID of the call, for support tickets and ActionTrail. */
  readonly stsRequestId: string;
}

/** The keys that call AssumeRole: of the function's role (FC sends them with each request), or of a RAM user. */
export interface CallerCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Absent for a RAM user's long-lived key. Never an empty string. */
  readonly securityToken?: string;
}

/** Writes one line for each request. The fields are an allow-list: nothing else can be written. A refusal is written whole. */
export interface AuditLog {
  record(entry: AuditEntry): void;
}

/** The line of one request: what was asked and answered, and the facts that its function learnt. */
export interface AuditEntry extends AuditFacts {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** The public code: Success, or the code in the error body. */
  readonly code: string;
  /** The full reason of a refusal. Contains no token, key or policy. */
  readonly refusal?: Refusal;
  /** Name and stack of an unexpected error, without its message, which may quote a secret. */
  readonly error?: string;
}

/** What a function may tell the log of one request. */
export interface AuditFacts {
  readonly issuer?: string;
  readonly sessionName?: string;
  readonly rules?: readonly string[];
  /** Rules in `mode: report` that match. */
  readonly reported?: readonly string[];
  /** Rules in `mode: report` that would have refused the request, and for which claim. */
  readonly reportedUnsafe?: readonly UnsafeClaim[];
  readonly permissions?: readonly string[];
  readonly prefixes?: readonly string[];
  /** Not a secret. OSS's logs have it too. */
  readonly accessKeyId?: string;
  readonly expiration?: string;
  readonly stsRequestId?: string;
}

/** What the operator should know apart from the requests, such as a key set that cannot be fetched. Contains no secret. */
export interface OperatorLog {
  warn(message: string): void;
}

export interface Clock {
  /** Milliseconds since the epoch, wall clock. */
  nowMs(): number;
}
