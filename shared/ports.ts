import type { KeyObject } from "node:crypto";
import type { GrantedDownload } from "./domain/grant/download-grant.ts";
import type { UnsafeClaim } from "./domain/grant/report.ts";
import type { GrantedUpload } from "./domain/grant/upload-grant.ts";
import type { SessionName } from "./domain/policy/session-name.ts";
import type { SessionPolicy } from "./domain/policy/session-policy.ts";
import type { Refusal, Refused, Result } from "./domain/refusal.ts";
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
  /** `refusedKeyId`: an access key that OSS refuses, as the App says. Where credentials are kept, it is not handed out again. */
  assumeRole(call: AssumeRole, refusedKeyId?: string): Promise<Result<TemporaryCredentials>>;
}

/**
 * Values that all instances of a function share, each under a name and for a time. Never throws, and never keeps a request
 * waiting: a store that is slow or gone answers `undefined`, or does nothing. What it keeps is sealed: it can read nothing.
 */
export interface SharedStore {
  /**
   * The value of a name. Where it has none that is still fresh, the caller gets the name's lock, for `lockMs` at most,
   * unless another caller has it. One exchange with the store.
   */
  take(name: string, when: { readonly nowMs: number; readonly lockMs: number }): Promise<Taken | undefined>;
  /** The value of a name, fresh or not; undefined where it has none. */
  peek(name: string): Promise<Buffer | undefined>;
  /** Keeps a value for `lifeMs`, and lets go of the lock that {@link take} gave, in one exchange. */
  keep(name: string, kept: Kept, lock?: string): Promise<void>;
  /** Lets go of the lock that {@link take} gave. A lock that somebody else has by now stays. */
  release(name: string, lock: string): Promise<void>;
}

export interface Taken {
  /** Fresh or not. */
  readonly value: Buffer | undefined;
  /** The lock's token; "held": another caller has it; undefined: none was needed, as the value is fresh. */
  readonly lock: { readonly token: string } | "held" | undefined;
}

export interface Kept {
  readonly value: Buffer;
  /** Until when {@link SharedStore.take} gives it out without a lock. Milliseconds since the epoch. */
  readonly freshUntilMs: number;
  readonly lifeMs: number;
}

/** Runs a script in the Redis of all instances. Never throws, and never keeps a request waiting: then it answers `undefined`. */
export interface SharedScripts {
  /** `keys`: all that the Lua script uses. */
  run(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

/** How often one principal may ask. Never throws, and never keeps a request waiting. */
export interface FairUse {
  /** Counts one request of the principal with this session name. RATE_LIMITED, or undefined: it may go on. */
  count(sessionName: SessionName): Promise<Refused | undefined>;
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
  /** Where they were kept, when this request did not call STS for them: see {@link CachedIn}. */
  readonly cachedIn?: CachedIn;
}

/** `memory`: of this instance. `shared`: the store of all instances. `bridge`: either of them, while STS cannot be asked. */
export type CachedIn = "memory" | "shared" | "bridge";

/** The keys that call AssumeRole, or sign forms and URLs: of the function's role (FC sends them with each request), or of a RAM user. */
export interface CallerCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Absent for a RAM user's long-lived key. Never an empty string. */
  readonly securityToken?: string;
}

/**
 * Signs for OSS with the function's own keys: pure computing, no call. Refuses with SIGNING_KEYS_MISSING, and with
 * REQUEST_INVALID when a key is too long for a form. Never throws.
 */
export interface ObjectSigner {
  form(upload: GrantedUpload, life: SignedLife): Result<SignedForm>;
  url(download: GrantedDownload, life: SignedLife): Result<SignedUrl>;
}

/** From when until when something signed counts. Whole seconds, in milliseconds since the epoch. */
export interface SignedLife {
  readonly signedAtMs: number;
  readonly expiresAtMs: number;
}

export interface SignedForm {
  /** Where the form is posted to. */
  readonly url: string;
  readonly key: string;
  /** In the order in which they are sent; the file comes last. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface SignedUrl {
  readonly url: string;
  readonly key: string;
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
  /** The trace that is sent of this request: 32 hex characters, which the caller may have chosen. */
  readonly traceId?: string;
}

/** What a function may tell the log of one request. */
export interface AuditFacts {
  readonly issuer?: string;
  readonly sessionName?: string;
  /** `jti` of a verified token. */
  readonly tokenId?: string;
  /** SHA-256 of the App token, in hex; of a refused one, too. */
  readonly tokenSha256?: string;
  readonly rules?: readonly string[];
  /** Rules in `mode: report` that match. */
  readonly reported?: readonly string[];
  /** Rules in `mode: report` that would have refused the request, and for which claim. */
  readonly reportedUnsafe?: readonly UnsafeClaim[];
  readonly permissions?: readonly string[];
  readonly prefixes?: readonly string[];
  /** How many forms or URLs were signed. */
  readonly count?: number;
  /** Of each key that something was signed for: the first 32 hex characters of its SHA-256. */
  readonly keyDigests?: readonly string[];
  /** SHA-256 of the session policy, in hex. */
  readonly policySha256?: string;
  /** Not a secret. OSS's logs have it too. */
  readonly accessKeyId?: string;
  readonly expiration?: string;
  readonly stsRequestId?: string;
  readonly cachedIn?: CachedIn;
  readonly steps?: StepTimes;
}

/** The steps of a flow, in their order. `sts` includes every store of credentials before it. */
export type Step = "token" | "grant" | "policy" | "sts" | "sign";

/** Milliseconds of each step that a request came to, in their order: each began when the one before it ended. */
export type StepTimes = Readonly<Partial<Record<Step, number>>>;

/** Metrics and traces of requests. Never throws, and never keeps a request waiting. */
export interface Telemetry {
  /** A request begins. `traceparents`: every value of W3C's header, as the caller sent it. */
  began(method: string, traceparents: readonly string[]): RequestTelemetry;
}

/** The same of one request, until it ends. */
export interface RequestTelemetry {
  /** Of the trace that is sent of this request; undefined where none is. */
  readonly traceId: string | undefined;
  /** What was answered. Called once. */
  ended(entry: AuditEntry): void;
}

/** What the operator should know apart from the requests, such as a key set that cannot be fetched. Contains no secret. */
export interface OperatorLog {
  warn(message: string): void;
}

export interface Clock {
  /** Milliseconds since the epoch, wall clock. */
  nowMs(): number;
}
