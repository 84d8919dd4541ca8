import type { LiveCredentials } from "../live-credentials.ts";
import { invalid, placeOf, refuseBadKey, urlOf } from "./place.ts";
import { type OssRequest, ossAnswer } from "./request.ts";
import { retried } from "./retry.ts";
import { signedQuery } from "./sign-v4.ts";
import { type Answer, asking, type Ways } from "./transport.ts";
import { elementOf, elementsOf } from "./xml.ts";

export interface CallOptions extends Pick<Ways, "fetch"> {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** Default: the prefix of the credentials. */
  readonly prefix?: string | undefined;
  /** `"/"` lists one folder; without it, everything below the prefix is listed. */
  readonly delimiter?: string | undefined;
  /** Lists what comes after this key. */
  readonly after?: string | undefined;
  /** `next` of the listing before. */
  readonly token?: string | undefined;
  /** 1 to 1,000; OSS' default is 100. */
  readonly limit?: number | undefined;
}

export interface Listing {
  readonly files: readonly ListedFile[];
  /** Prefixes up to the delimiter. */
  readonly folders: readonly string[];
  /** The token of the next listing; undefined when there is no more. */
  readonly next: string | undefined;
}

export interface ListedFile {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
  readonly etag: string;
}

/** Lists keys, in the order of their bytes. Throws ValetError; the signal's reason. */
export async function list(credentials: LiveCredentials, options: ListOptions = {}): Promise<Listing> {
  const { delimiter = "", after = "", token = "", limit = "" } = options;
  const current = await credentials.get({ signal: options.signal });
  const { prefix = current.prefix } = options;
  const query = {
    "list-type": "2",
    // Keys may have characters that XML has not.
    "encoding-type": "url",
    prefix,
    delimiter,
    "start-after": after,
    "continuation-token": token,
    "max-keys": String(limit),
  };
  const { text } = await call(credentials, options, {
    method: "GET",
    place: placeOf(current, prefix),
    // Clients do not agree on how an empty value is signed.
    query: Object.fromEntries(Object.entries(query).filter(([, value]) => value !== "")),
  });
  return {
    files: elementsOf(text, "Contents").map((xml) => ({
      key: decoded(elementOf(xml, "Key")),
      size: Number(elementOf(xml, "Size")),
      lastModified: new Date(elementOf(xml, "LastModified") ?? ""),
      etag: elementOf(xml, "ETag") ?? "",
    })),
    folders: elementsOf(text, "CommonPrefixes").map((xml) => decoded(elementOf(xml, "Prefix"))),
    next: elementOf(text, "NextContinuationToken"),
  };
}

/** Deletes an object; one that is not there is fine. Throws ValetError; the signal's reason. */
export async function remove(
  credentials: LiveCredentials,
  key: string,
  options: CallOptions = {},
): Promise<void> {
  refuseBadKey(key);
  const place = placeOf(await credentials.get({ signal: options.signal }), key);
  await call(credentials, options, { method: "DELETE", place, key });
}

export interface UrlOptions {
  /** How long the address works. Default 900; never longer than the credentials that sign it, and 43,200 at most. */
  readonly seconds?: number | undefined;
  /** Browsers save the file under this name instead of showing it. */
  readonly download?: string | undefined;
  /** What OSS makes of the object, such as `image/resize,w_200`. */
  readonly process?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Seconds. Source: OSS, "Add V4 signatures to URLs": with STS credentials, at most 12 hours. */
const MAX_SECONDS = 43_200;

/** A signed address for GET, for an `<img>` or to share. Nothing is sent. Throws ValetError. */
export async function url(
  credentials: LiveCredentials,
  key: string,
  options: UrlOptions = {},
): Promise<string> {
  refuseBadKey(key);
  const { seconds = 900, download, process } = options;
  if (!(seconds >= 1)) throw invalid(`seconds is ${seconds}: write a number, 1 or more`);
  const current = await credentials.get({ signal: options.signal });
  const place = placeOf(current, key);
  const query: Record<string, string> = {};
  if (process !== undefined) query["x-oss-process"] = process;
  if (download !== undefined) query["response-content-disposition"] = attachment(download);
  const nowMs = credentials.now();
  const leftSeconds = (current.expiresAt.getTime() - nowMs) / 1000;
  const valid = Math.max(1, Math.floor(Math.min(seconds, leftSeconds, MAX_SECONDS)));
  const request = { method: "GET", bucket: place.bucket, key, query, headers: {} };
  return `${urlOf(place, key)}?${await signedQuery(current, request, nowMs, valid)}`;
}

/** Source: RFC 6266. Old programs read the first name, all others the second. */
function attachment(name: string): string {
  const ascii = name.replace(/[^ !#-[\]-~]/g, "_");
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)}`;
}

function call(credentials: LiveCredentials, options: CallOptions, request: OssRequest): Promise<Answer> {
  const { signal = new AbortController().signal } = options;
  const send = asking(options);
  return retried(signal, () => ossAnswer(credentials, send, { ...request, signal }));
}

function decoded(text = ""): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
