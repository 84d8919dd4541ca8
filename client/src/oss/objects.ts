import { refuseBadCount } from "../failure.ts";
import type { LiveCredentials } from "../live-credentials.ts";
import { placeOf, refuseBadKey, urlOf } from "./place.ts";
import { asked, type OssRequest } from "./request.ts";
import { retried } from "./retry.ts";
import { encoded, signedQuery } from "./sign-v4.ts";
import { type Answer, transportOf, type Ways } from "./transport.ts";
import { elementOf, elementsOf } from "./xml.ts";

export interface CallOptions extends Ways {
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
  const current = await credentials.get({ signal: options.signal });
  const { prefix = current.prefix, delimiter, after, token, limit } = options;
  const query = {
    "list-type": 2,
    // Keys may have characters that XML has not.
    "encoding-type": "url",
    // Not empty: clients do not agree on how an empty value is signed.
    prefix: prefix || undefined,
    delimiter: delimiter || undefined,
    "start-after": after || undefined,
    "continuation-token": token,
    "max-keys": limit,
  };
  const request = { method: "GET", query, element: "ListBucketResult" };
  const { text } = await call(credentials, options, prefix, "", request);
  return {
    files: elementsOf(text, "Contents").map((xml) => ({
      key: decoded(xml, "Key"),
      size: Number(elementOf(xml, "Size")),
      lastModified: new Date(elementOf(xml, "LastModified") ?? ""),
      etag: elementOf(xml, "ETag") ?? "",
    })),
    folders: elementsOf(text, "CommonPrefixes").map((xml) => decoded(xml, "Prefix")),
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
  await call(credentials, options, key, key, { method: "DELETE" });
}

export interface UrlOptions {
  /** How long the address works: whole seconds. Default 900; never longer than the credentials that sign it, and 43,200 at most. */
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
  refuseBadCount("seconds", seconds);
  // The address outlives this call: those that are about to be renewed would end it early.
  const current = await credentials.get({ signal: options.signal, fresh: true });
  const nowMs = credentials.now();
  const leftSeconds = (+current.expiresAt - nowMs) / 1000;
  const valid = Math.max(1, Math.floor(Math.min(seconds, leftSeconds, MAX_SECONDS)));
  const place = placeOf(current, key);
  const query = {
    "x-oss-process": process,
    // Source: RFC 6266.
    "response-content-disposition":
      download === undefined ? undefined : `attachment; filename*=UTF-8''${encoded(download, "download")}`,
  };
  const request = { method: "GET", bucket: place.bucket, key, query, headers: {} };
  return `${urlOf(place, key)}?${await signedQuery(current, request, nowMs, valid)}`;
}

/** About a key, or about the bucket of the grant that has `within`. */
async function call(
  credentials: LiveCredentials,
  { signal, fetch }: CallOptions,
  within: string,
  key: string,
  request: OssRequest,
): Promise<Answer> {
  const place = placeOf(await credentials.get({ signal }), within);
  const target = { credentials, send: transportOf({ fetch }), place, key };
  return retried(() => asked(target, { ...request, signal }), signal);
}

function decoded(xml: string, name: string): string {
  return decodeURIComponent((elementOf(xml, name) ?? "").replaceAll("+", " "));
}
