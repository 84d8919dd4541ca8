import type { ErrorCode } from "../../shared/wire.ts";

/**
 * `valet`: the function refused or failed. `oss`: OSS answered with an error. `network`: no answer came. `app`: the App's
 * own callback failed, or the App called something in a wrong way.
 */
export type ErrorSource = "valet" | "oss" | "network" | "app";

/** Codes of this package. Errors of the function and of OSS keep the codes that those services gave them. */
export type ClientErrorCode =
  /** `appToken` threw, or gave no text. `cause` is what it threw. */
  | "AppTokenFailed"
  /** Nothing answered, or the browser keeps the answer from the page (CORS). It does not say which. */
  | "NetworkError"
  /** No answer within the time limit. */
  | "Timeout"
  /** Something answered that is neither the function's answer nor OSS': a proxy's page, or another service. */
  | "InvalidAnswer"
  /** The App called this package with a wrong argument. The message names it and says what to write instead. */
  | "InvalidArgument"
  /** OSS has other bytes than were sent: their CRC-64 differs. */
  | "ChecksumMismatch"
  /** A mini program may not reach this domain: it is not in the list of the platform's console. */
  | "DomainNotAllowed"
  /** The file changed while it was uploaded, or is no longer the one whose upload should go on. */
  | "FileChanged";

export interface ValetErrorFacts {
  /** A code of the function ({@link ErrorCode}), of OSS (such as `AccessDenied`), or of this package. Stable: decide by it. */
  readonly code: ErrorCode | ClientErrorCode | (string & {});
  readonly source: ErrorSource;
  /** Whether the same call can succeed later without anybody changing something. */
  readonly retryable: boolean;
  /** The HTTP status; undefined when no answer came. */
  readonly status?: number | undefined;
  /** Of the function or of OSS: what an operator needs to find the call in a log. */
  readonly requestId?: string | undefined;
  /** Milliseconds to wait before the next attempt, as the service asked. */
  readonly retryAfterMs?: number | undefined;
  /** The EC of an error of OSS, such as `0002-00000504`: more exact than its code. */
  readonly ec?: string | undefined;
  readonly cause?: unknown;
}

export interface ValetError extends Omit<ValetErrorFacts, "cause"> {}

/**
 * The one error class of this package. An aborted call is no such error: it throws the reason of its signal, as `fetch`
 * does. No message and no property holds a key or a token.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns every fact
export class ValetError extends Error {
  override readonly name = "ValetError";

  constructor(message: string, { cause, ...facts }: ValetErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, facts);
  }
}
