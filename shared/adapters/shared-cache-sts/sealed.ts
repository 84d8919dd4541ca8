import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

/** Seals what lies in a store that others can read and write. One for each CREDENTIAL_CACHE_KEY. */
export interface Seal {
  /** The name of an entry in the store: nobody can tell from it whose it is, or make the name of somebody else's. */
  nameOf(identity: string): string;
  /** Only the same key opens it, and only for the same identity. */
  sealed(identity: string, text: string): Buffer;
  /** undefined for everything that this key has not sealed for this identity: another's entry, a changed or cut one. */
  opened(identity: string, sealed: Buffer): string | undefined;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with the identity as additional data. Each entry has a key of its own, so that the limit of 2^32 random IVs
 * for a key (NIST SP 800-38D, section 8.3) is never near. `secret`: 32 bytes.
 */
export function sealWith(secret: Buffer): Seal {
  const derived = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", secret, "", `oss-valet credential cache: ${purpose}`, 32));
  const names = derived("names");
  const entries = derived("entries");
  const boundTo = (identity: string) => ({
    key: createHmac("sha256", entries).update(identity).digest(),
    data: Buffer.from(identity),
  });
  return {
    nameOf: (identity) => createHmac("sha256", names).update(identity).digest("base64url"),
    sealed: (identity, text) => {
      const iv = randomBytes(IV_BYTES);
      const { key, data } = boundTo(identity);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(data);
      return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    opened: (identity, sealed) => {
      if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
      const end = sealed.length - TAG_BYTES;
      const { key, data } = boundTo(identity);
      const iv = sealed.subarray(0, IV_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES })
        .setAAD(data)
        .setAuthTag(sealed.subarray(end));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, end)), decipher.final()]).toString(
          "utf8",
        );
      } catch {
        return undefined;
      }
    },
  };
}
