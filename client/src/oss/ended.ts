import { hasCode } from "../failure.ts";

/**
 * Whether this error of OSS means that the credentials have ended, so that new ones can help. OSS says it in three ways.
 * Sources: STS FAQ; OSS, "Error codes".
 */
export function saysEnded(error: unknown): boolean {
  return hasCode(error, "InvalidAccessKeyId", "SecurityTokenExpired", "InvalidSecurityToken");
}
