import { invalid } from "../failure.ts";
import type { Credentials } from "../live-credentials.ts";

/** The keys that sign, and the bucket's region. */
export type Signer = Pick<Credentials, "accessKeyId" | "accessKeySecret" | "securityToken" | "region">;

/** What is signed of a request: everything but its host and its body. */
export interface Signable {
  readonly method: string;
  readonly bucket: string;
  /** Empty: the bucket itself. */
  readonly key: string;
  readonly query: Query;
  /** Lower-case names. */
  readonly headers: Texts;
}

export type Texts = Readonly<Record<string, string>>;

/** Names and values; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

const ALGORITHM = "OSS4-HMAC-SHA256";

/**
 * RFC 3986: everything but `A-Z a-z 0-9 - _ . ~` is encoded. So the sent form and the signed form are the same. Throws
 * InvalidArgument for half of a surrogate pair, which has no bytes. `what`: what the text is, for the error.
 */
export function encoded(text: string, what: string): string {
  if (/\p{Cs}/u.test(text)) throw invalid(`${what} ${text}: not Unicode`);
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The path of a key: its slashes stay. */
export function encodedPath(key: string): string {
  return key
    .split("/")
    .map((step) => encoded(step, "key"))
    .join("/");
}

/** Sorted, as the signature needs it; a parameter without a value has no equals sign. */
export function encodedQuery(query: Query): string {
  return Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => [encoded(name, name), value === "" ? "" : `=${encoded(`${value}`, name)}`] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join(""))
    .join("&");
}

/** The headers with those of the signature. `nowMs`: server time. Source: OSS, "Include V4 signatures in the Authorization header". */
export async function signedHeaders(signer: Signer, request: Signable, nowMs: number): Promise<Texts> {
  const { date, credential, signatureOf } = signing(signer, nowMs);
  const headers = {
    ...request.headers,
    "x-oss-content-sha256": PAYLOAD,
    "x-oss-date": date,
    "x-oss-security-token": signer.securityToken,
  };
  const signature = await signatureOf({ ...request, headers });
  return { ...headers, authorization: `${ALGORITHM} Credential=${credential},Signature=${signature}` };
}

/** The query of a signed URL, valid for `seconds` from `nowMs`. Source: OSS, "Add V4 signatures to URLs". */
export async function signedQuery(
  signer: Signer,
  request: Signable,
  nowMs: number,
  seconds: number,
): Promise<string> {
  const { date, credential, signatureOf } = signing(signer, nowMs);
  const query = {
    ...request.query,
    "x-oss-signature-version": ALGORITHM,
    "x-oss-credential": credential,
    "x-oss-date": date,
    "x-oss-expires": seconds,
    "x-oss-security-token": signer.securityToken,
  };
  return encodedQuery({ ...query, "x-oss-signature": await signatureOf({ ...request, query }) });
}

/** The body is not signed. */
const PAYLOAD = "UNSIGNED-PAYLOAD";

function signing(signer: Signer, nowMs: number) {
  // yyyymmddThhmmssZ
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/${signer.region}/oss/aliyun_v4_request`;
  return {
    date,
    credential: `${signer.accessKeyId}/${scope}`,
    signatureOf: async (request: Signable): Promise<string> => {
      const digest = hex(await subtle().digest("SHA-256", bytesOf(canonical(request))));
      const text = [ALGORITHM, date, scope, digest].join("\n");
      return hex(await subtle().sign("HMAC", await signingKey(signer, scope), bytesOf(text)));
    },
  };
}

function canonical({ method, bucket, key, query, headers }: Signable): string {
  const signed = Object.keys(headers)
    .filter((name) => /^(x-oss-|content-(type|md5)$)/.test(name))
    .sort()
    .map((name) => `${name}:${headers[name]?.trim()}\n`);
  return [
    method,
    `/${bucket}/${encodedPath(key)}`,
    encodedQuery(query),
    signed.join(""),
    // No header is signed in addition to these.
    "",
    PAYLOAD,
  ].join("\n");
}

/** The derived keys of each credentials, for one day and region. */
const signingKeys = new WeakMap<Signer, readonly [scope: string, key: Promise<CryptoKey>]>();

function signingKey(signer: Signer, scope: string): Promise<CryptoKey> {
  const cached = signingKeys.get(signer);
  if (cached?.[0] === scope) return cached[1];
  const key = derivedKey(signer.accessKeySecret, scope);
  signingKeys.set(signer, [scope, key]);
  return key;
}

async function derivedKey(secret: string, scope: string): Promise<CryptoKey> {
  const imported = (bytes: BufferSource) =>
    subtle().importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  let key = await imported(bytesOf(`aliyun_v4${secret}`));
  for (const step of scope.split("/")) key = await imported(await subtle().sign("HMAC", key, bytesOf(step)));
  return key;
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle;
  if (found === undefined) throw invalid("no WebCrypto: serve the page over https or localhost");
  return found;
}
