import type { Credentials } from "../live-credentials.ts";
import { ValetError } from "../valet-error.ts";

/** The keys that sign, and the bucket's region. */
export type Signer = Pick<Credentials, "accessKeyId" | "accessKeySecret" | "securityToken" | "region">;

/** What is signed of a request: everything but its host and its body. */
export interface Signable {
  readonly method: string;
  readonly bucket: string;
  /** Undefined: the bucket itself. */
  readonly key?: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

const ALGORITHM = "OSS4-HMAC-SHA256";

/** RFC 3986: everything but `A-Z a-z 0-9 - _ . ~` is encoded. So the sent form and the signed form are the same. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The path of a key: its slashes stay. */
export function encodedPath(key: string): string {
  return key.split("/").map(encoded).join("/");
}

/** Sorted, as the signature needs it; a parameter without a value has no equals sign. */
export function encodedQuery(query: Signable["query"]): string {
  return Object.entries(query)
    .map(([name, value]) => encoded(name) + (value === "" ? "" : `=${encoded(value)}`))
    .sort()
    .join("&");
}

/** The headers with those of the signature. `nowMs`: server time. Source: OSS, "Include V4 signatures in the Authorization header". */
export async function signedHeaders(
  signer: Signer,
  request: Signable,
  nowMs: number,
): Promise<Readonly<Record<string, string>>> {
  const date = dateText(nowMs);
  const headers = {
    ...request.headers,
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-date": date,
    "x-oss-security-token": signer.securityToken,
  };
  const signature = await signatureOf(signer, date, { ...request, headers });
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${signer.accessKeyId}/${scopeOf(signer, date)},Signature=${signature}`,
  };
}

/** The query of a signed URL, valid for `seconds` from `nowMs`. Source: OSS, "Add V4 signatures to URLs". */
export async function signedQuery(
  signer: Signer,
  request: Signable,
  nowMs: number,
  seconds: number,
): Promise<string> {
  const date = dateText(nowMs);
  const query = {
    ...request.query,
    "x-oss-signature-version": ALGORITHM,
    "x-oss-credential": `${signer.accessKeyId}/${scopeOf(signer, date)}`,
    "x-oss-date": date,
    "x-oss-expires": String(seconds),
    "x-oss-security-token": signer.securityToken,
  };
  const signature = await signatureOf(signer, date, { ...request, query });
  return encodedQuery({ ...query, "x-oss-signature": signature });
}

async function signatureOf(signer: Signer, date: string, request: Signable): Promise<string> {
  const { method, bucket, key = "", query, headers } = request;
  const signed = Object.keys(headers)
    .filter((name) => name.startsWith("x-oss-") || name === "content-type" || name === "content-md5")
    .sort()
    .map((name) => `${name}:${headers[name]?.trim()}\n`);
  const canonical = [
    method,
    `/${bucket}/${encodedPath(key)}`,
    encodedQuery(query),
    signed.join(""),
    // No header is signed in addition to these.
    "",
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const { subtle } = webCrypto();
  const digest = hex(await subtle.digest("SHA-256", bytesOf(canonical)));
  const text = [ALGORITHM, date, scopeOf(signer, date), digest].join("\n");
  return hex(await subtle.sign("HMAC", await signingKey(signer, date), bytesOf(text)));
}

/** The derived keys of each credentials, for one day and region each. */
const signingKeys = new WeakMap<Signer, readonly [scope: string, key: Promise<CryptoKey>]>();

function signingKey(signer: Signer, date: string): Promise<CryptoKey> {
  const scope = scopeOf(signer, date);
  const [cachedScope, cached] = signingKeys.get(signer) ?? [];
  if (cached !== undefined && cachedScope === scope) return cached;
  const key = derivedKey(signer.accessKeySecret, scope);
  signingKeys.set(signer, [scope, key]);
  return key;
}

async function derivedKey(secret: string, scope: string): Promise<CryptoKey> {
  const { subtle } = webCrypto();
  const imported = (bytes: BufferSource) =>
    subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  let key = await imported(bytesOf(`aliyun_v4${secret}`));
  for (const step of scope.split("/")) key = await imported(await subtle.sign("HMAC", key, bytesOf(step)));
  return key;
}

function scopeOf({ region }: Signer, date: string): string {
  return `${date.slice(0, 8)}/${region}/oss/aliyun_v4_request`;
}

/** yyyymmddThhmmssZ */
function dateText(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function webCrypto(): Crypto {
  if (globalThis.crypto?.subtle !== undefined) return globalThis.crypto;
  throw new ValetError("WebCrypto is missing here. Serve the page over https, or from localhost.", {
    code: "InvalidArgument",
    source: "app",
    retryable: false,
  });
}
