import { type ErrorSource, ValetError, type ValetErrorFacts } from "./valet-error.ts";

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
  return failure("app", "InvalidArgument", message);
}

/** Throws InvalidArgument. */
export function refuseBadCount(option: string, count: number): void {
  if (!(Number.isInteger(count) && count > 0)) {
    throw invalid(`${option} ${count}: write a whole number, 1 or more`);
  }
}

/** Whether an error has one of these codes. Errors of other packages, and those of another copy of this one, count too. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as Partial<ValetError> | undefined)?.code ?? "");
}
