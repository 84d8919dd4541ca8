import { ReplyError } from "ioredis";
import { TooLate } from "./deadline.ts";

/**
 * Why Redis was given up, for the operator: a code such as WRONGPASS or ECONNREFUSED. Never the text of an error: Redis
 * quotes commands, so a password may be in it, and Node quotes addresses.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof TooLate) return "no answer in time";
  if (!(error instanceof Error)) return NO_CODE;
  const code = error instanceof ReplyError ? /^[A-Z]+(?= )/.exec(error.message)?.[0] : codeOf(error);
  return code ?? NO_CODE;
}

const NO_CODE = "the connection ended";

/** Node's, such as ECONNREFUSED, ERR_TLS_CERT_ALTNAME_INVALID. */
function codeOf(error: Error): string | undefined {
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z\d_]+$/.test(code) ? code : undefined;
}
