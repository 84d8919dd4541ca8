import type { TemporaryCredentials } from "../../ports.ts";

/** Credentials as the text of an entry. */
export function entryOf({
  accessKeyId,
  accessKeySecret,
  securityToken,
  expiresAtMs,
  stsRequestId,
}: TemporaryCredentials): string {
  return JSON.stringify([accessKeyId, accessKeySecret, securityToken, expiresAtMs, stsRequestId]);
}

/** undefined for the text of something else. The text was sealed by us: this is a check against our own other versions. */
export function credentialsOf(entry: string): TemporaryCredentials | undefined {
  const parts = parsed(entry);
  if (!Array.isArray(parts) || parts.length !== 5) return undefined;
  const [accessKeyId, accessKeySecret, securityToken, expiresAtMs, stsRequestId] =
    parts as readonly unknown[];
  return isText(accessKeyId) &&
    isText(accessKeySecret) &&
    isText(securityToken) &&
    typeof expiresAtMs === "number" &&
    typeof stsRequestId === "string"
    ? { accessKeyId, accessKeySecret, securityToken, expiresAtMs, stsRequestId }
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
