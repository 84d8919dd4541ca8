import { createHmac } from "node:crypto";
import type { CallerCredentials } from "../../ports.ts";

export const ALGORITHM = "OSS4-HMAC-SHA256";

/** What one secret signs with on one day in one region. */
export interface SigningKey {
  /** yyyymmdd, UTC. */
  readonly day: string;
  /** e.g. 20261127/cn-hangzhou/oss/aliyun_v4_request */
  readonly scope: string;
  readonly key: Buffer;
}

/**
 * Derives the keys of OSS's signature version 4, and keeps the last one: it is the same for every form and URL of a day.
 * Source: OSS, "Include V4 signatures in the Authorization header".
 */
export function signingKeys(region: string): (credentials: CallerCredentials, day: string) => SigningKey {
  let kept: (SigningKey & { readonly secret: string }) | undefined;
  return ({ accessKeySecret: secret }, day) => {
    if (kept?.day !== day || kept.secret !== secret) {
      const steps = [day, region, "oss", "aliyun_v4_request"];
      let key: Buffer = Buffer.from(`aliyun_v4${secret}`, "utf8");
      for (const step of steps) key = hmac(key, step);
      kept = { day, scope: steps.join("/"), key, secret };
    }
    return kept;
  };
}

export function signatureOf({ key }: SigningKey, text: string): string {
  return hmac(key, text).toString("hex");
}

/** e.g. 20261127T090000Z */
export function signingTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "utf8").digest();
}
