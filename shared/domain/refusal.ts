/**
 * An expected "no". The log gets every field of it, so no field may hold a token, key, policy or a text of an SDK. One
 * table, functions/http/answer.ts, decides what the App gets to see. Bugs and bad configuration are thrown, never refused.
 */
export type Refusal =
  | { readonly code: "NOT_FOUND" }
  | { readonly code: "METHOD_NOT_ALLOWED"; readonly allow: readonly string[] }
  | { readonly code: "REQUEST_TOO_LARGE" }
  /** The caller gets `field` and `problem`: they name a parameter, what is wrong with it, and what to send instead. */
  | { readonly code: "REQUEST_INVALID"; readonly field: string; readonly problem: string }
  | { readonly code: "TOKEN_MISSING" }
  | { readonly code: "TOKEN_INVALID"; readonly check: TokenCheck }
  | { readonly code: "TOKEN_EXPIRED" }
  | { readonly code: "KEYS_UNAVAILABLE"; readonly issuer: string; readonly retryAfterSeconds: number }
  | { readonly code: "CLAIM_INVALID"; readonly claim: string; readonly problem: string }
  /** The caller gets `which`: the file or key of a request for several that is refused, such as `files[2]`. */
  | { readonly code: "ACCESS_NOT_GRANTED"; readonly because: string; readonly which?: string }
  /** The user, or an address that sends refused tokens, asks too often. `retryAfterSeconds`: 1 or more, until it may ask again. */
  | { readonly code: "RATE_LIMITED"; readonly retryAfterSeconds: number }
  | { readonly code: "SESSION_POLICY_TOO_LONG"; readonly bytes: number }
  | { readonly code: "SESSION_POLICY_UNPROVEN"; readonly because: string }
  /** Nothing can be signed: Function Compute has handed out no credentials, so the function has no role. */
  | { readonly code: "SIGNING_KEYS_MISSING" }
  /** `stsPauseMs`: how long STS itself has asked to be left alone from now on, if it has. */
  | { readonly code: "STS_THROTTLED"; readonly retryAfterSeconds: number; readonly stsPauseMs?: number }
  /** STS answered no: our caller, role or policy is misconfigured. `stsCode` comes from STS. */
  | { readonly code: "STS_DENIED"; readonly stsCode: string; readonly stsRequestId?: string }
  /**
   * No usable answer came. `because` is our own word (timeout, network, ...), never an SDK's message. `errorCode` is
   * Node's word for a broken connection (ECONNREFUSED, ...). `retryAfterSeconds` is what STS asked for, if anything.
   */
  | {
      readonly code: "STS_UNAVAILABLE";
      readonly because: string;
      readonly errorCode?: string;
      readonly retryAfterSeconds?: number;
      readonly stsRequestId?: string;
    };

/** The checks of an App token, in their order. The log gets the failed check, the caller never does. */
export type TokenCheck =
  | "length"
  | "shape"
  | "encoding"
  | "header"
  | "critical-header"
  | "payload"
  | "issuer"
  | "algorithm"
  | "type"
  | "key-id"
  | "key"
  | "signature"
  | "audience"
  | "expiry"
  | "not-before"
  | "issued-at"
  | "age"
  | "required-claim"
  | "denied";

/** The result of a step: its value, or why it refuses. */
export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

export type Refused = { readonly ok: false; readonly refusal: Refusal };

export function granted<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function refused(refusal: Refusal): Refused {
  return { ok: false, refusal };
}
