/**
 * An expected no, with everything that the log may know of it. What the App is told is decided in one table,
 * functions/credentials/response.ts; bugs and bad configuration are thrown, never refused.
 */
export type Refusal =
  | { readonly code: "NOT_FOUND" }
  | { readonly code: "METHOD_NOT_ALLOWED"; readonly allow: readonly string[] }
  | { readonly code: "REQUEST_TOO_LARGE" }
  /** `field` and `problem` are told to the caller: they name a parameter and say what to write instead. */
  | { readonly code: "REQUEST_INVALID"; readonly field: string; readonly problem: string }
  | { readonly code: "TOKEN_MISSING" }
  | { readonly code: "TOKEN_INVALID"; readonly check: TokenCheck }
  | { readonly code: "TOKEN_EXPIRED" }
  | { readonly code: "KEYS_UNAVAILABLE"; readonly issuer: string; readonly retryAfterSeconds: number }
  | { readonly code: "CLAIM_INVALID"; readonly claim: string; readonly problem: string }
  | { readonly code: "ACCESS_NOT_GRANTED"; readonly because: string }
  | { readonly code: "SESSION_POLICY_TOO_LONG"; readonly bytes: number }
  | { readonly code: "SESSION_POLICY_UNPROVEN"; readonly because: string }
  | { readonly code: "STS_THROTTLED"; readonly retryAfterSeconds: number }
  /** STS answered, and the answer is no: our caller, role or policy is misconfigured. `stsCode` is STS's own. */
  | { readonly code: "STS_DENIED"; readonly stsCode: string; readonly stsRequestId?: string }
  /**
   * No usable answer came: `because` is a word of ours (timeout, network, ...), never an SDK's message. `errorCode` is
   * Node's word for a broken connection (ECONNREFUSED, ...); `retryAfterSeconds` is what STS asked for, if it did.
   */
  | {
      readonly code: "STS_UNAVAILABLE";
      readonly because: string;
      readonly errorCode?: string;
      readonly retryAfterSeconds?: number;
      readonly stsRequestId?: string;
    };

/** The checks of an App token, in the order in which they are made. Logged, never told to the caller. */
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

/** What a step gives: its value, or why it refuses. */
export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

export type Refused = { readonly ok: false; readonly refusal: Refusal };

export function granted<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function refused(refusal: Refusal): Refused {
  return { ok: false, refusal };
}
