/** Why an exchange with STS gave neither credentials nor a denial: our own word, without the URL (it has the policy). */
export type ExchangeFailure =
  | "timeout"
  | "network"
  | "redirect"
  | "answer too large"
  | "throttled"
  | "server error";

/** More facts. Others have written them: answer.ts lets only identifiers into the log. */
export interface ExchangeDetails {
  /** Node's code of a broken connection. */
  readonly errorCode?: string | undefined;
  /** STS's ID of the call. */
  readonly requestId?: string | undefined;
  /** The pause that STS asked for. */
  readonly retryAfterMs?: number | undefined;
  /** A kept socket broke, or was silent, before an answer began: it may have died while it was idle. */
  readonly staleSocket?: boolean | undefined;
}

/** The SDK passes it on unchanged. Its message contains nothing of the request. */
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
