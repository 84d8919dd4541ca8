import type { MultipartUpload } from "../world.ts";
import { ossError } from "./errors.ts";

type Headers = Readonly<Record<string, string>>;

/** What SDKs that encrypt on the client call their metadata. */
const PREFIX = "x-oss-meta-client-side-encryption-";

/** Without these nobody could decrypt the object. Source: EC 0005-00000401 to 404. */
const MATERIAL: Headers = {
  key: "0005-00000401",
  start: "0005-00000402",
  "cek-alg": "0005-00000403",
  "wrap-alg": "0005-00000404",
};

/** What an upload in parts says of itself: missing, and not a whole number. Source: EC 0005-00000406 to 409. */
const SIZES: Readonly<Record<string, { readonly missing: string; readonly malformed: string }>> = {
  "data-size": { missing: "0005-00000406", malformed: "0005-00000408" },
  "part-size": { missing: "0005-00000407", malformed: "0005-00000409" },
};

/** Throws 400 InvalidEncryptionRequest for half of the metadata of client-side encryption; none at all is fine. */
export function refuseHalfEncrypted(headers: Headers): void {
  if (!isEncrypted(headers)) return;
  for (const [name, ec] of Object.entries(MATERIAL)) {
    if (headers[PREFIX + name] === undefined) throw missing(name, ec);
  }
}

/** The same for InitiateMultipartUpload and UploadPart, which name the sizes, too. */
export function refuseHalfEncryptedParts(headers: Headers): void {
  refuseHalfEncrypted(headers);
  if (!isEncrypted(headers)) return;
  for (const [name, ecs] of Object.entries(SIZES)) {
    const text = headers[PREFIX + name];
    if (text === undefined) throw missing(name, ecs.missing);
    if (!/^\d{1,15}$/.test(text)) {
      throw invalidEncryption(`The header ${PREFIX}${name} must be an integer.`, ecs.malformed);
    }
  }
}

/** Throws 400 InvalidEncryptionRequest for a part that was encrypted from another start. Source: EC 0005-00000413. */
export function refuseOtherStart({ headers }: MultipartUpload, part: Headers): void {
  const start = part[`${PREFIX}start`];
  if (start === undefined || start === headers[`${PREFIX}start`]) return;
  throw invalidEncryption(
    `The header ${PREFIX}start is not that of InitiateMultipartUpload.`,
    "0005-00000413",
  );
}

/**
 * Throws 400 InvalidEncryptionRequest where an encrypted upload has more or fewer parts than its sizes say. Sources: EC
 * 0005-00000411, of more; the official suite for C++, of fewer.
 */
export function refuseOtherCount({ headers }: MultipartUpload, count: number): void {
  if (!isEncrypted(headers)) return;
  const expected = Math.ceil(Number(headers[`${PREFIX}data-size`]) / Number(headers[`${PREFIX}part-size`]));
  if (count === expected) return;
  throw invalidEncryption(
    "The client encryption part list is unexpected with init_multipart setted.",
    count > expected ? "0005-00000411" : undefined,
  );
}

function isEncrypted(headers: Headers): boolean {
  return Object.keys(headers).some((name) => name.startsWith(PREFIX));
}

function missing(name: string, ec: string) {
  return invalidEncryption(`The header ${PREFIX}${name} is missing.`, ec);
}

function invalidEncryption(message: string, ec: string | undefined) {
  return ossError(400, "InvalidEncryptionRequest", message, ec);
}
