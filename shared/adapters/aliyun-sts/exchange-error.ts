/** Why an exchange with STS gave neither credentials nor a denial: a word of ours, without the URL (which carries the policy). */
export type ExchangeFailure =
  | "timeout"
  | "network"
  | "redirect"
  | "answer too large"
  | "throttled"
  | "server error";

/** What is known of it beside the word. All of it is what somebody else wrote: answer.ts lets only identifiers through. */
export interface ExchangeDetails {
  /** Node's, of a broken connection. */
  readonly errorCode?: string | undefined;
  /** STS's own id of the call. */
  readonly requestId?: string | undefined;
  /** What STS asked for. */
  readonly retryAfterMs?: number | undefined;
}

/** Passes through the SDK as it is; its message holds nothing of the request. */
export class StsExchangeError extends Error {
  readonly because: ExchangeFailure;
  readonly details: ExchangeDetails;

  constructor(because: ExchangeFailure, details: ExchangeDetails = {}) {
    super(`STS exchange failed: ${because}`);
    this.name = "StsExchangeError";
    this.because = because;
    this.details = details;
  }
}
