import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { World } from "../world.ts";

/** What a security token carries, sealed. The policy makes it grow, as that of the real one does. */
export interface SecurityTokenContent {
  readonly accessKeyId: string;
  readonly accountId: string;
  readonly role: string;
  readonly sessionName: string;
  readonly policy: string | undefined;
  readonly expiresMs: number;
}

/** Real tokens begin with these letters. */
const PREFIX = "CAIS";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** An opaque token that only this world can open: `CAIS` and base64 of AES-256-GCM. */
export function sealSecurityToken(world: World, content: SecurityTokenContent): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", world.securityTokenKey, iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(content), "utf8"), cipher.final()]);
  return PREFIX + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
}

/** The token's content; undefined when it is not one of this world's, or has been changed. Expiry is not looked at. */
export function openSecurityToken(world: World, token: string): SecurityTokenContent | undefined {
  if (!token.startsWith(PREFIX)) return undefined;
  const base64 = token.slice(PREFIX.length);
  const bytes = Buffer.from(base64, "base64");
  // One spelling only: Buffer.from skips what is not base64.
  if (bytes.toString("base64") !== base64 || bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", world.securityTokenKey, bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(opened.toString("utf8")) as SecurityTokenContent;
  } catch {
    return undefined;
  }
}
