import { type ErrorSource, ValetError, type ValetErrorFacts } from "../valet-error.ts";

/** An error that does not pass by itself, unless `facts` say so. */
export function failure(
  source: ErrorSource,
  code: ValetErrorFacts["code"],
  message: string,
  facts: Partial<ValetErrorFacts> = {},
): ValetError {
  return new ValetError(message, { code, source, retryable: false, ...facts });
}

/** The App called this package in a wrong way. */
export function invalid(message: string): ValetError {
  return failure("app", "InvalidArgument", `oss-valet-client: ${message}`);
}

/** Whether an error has one of these codes. Errors of other packages, and those of another copy of this one, count too. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as Partial<ValetError> | undefined)?.code ?? "");
}
