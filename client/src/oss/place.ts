import { invalid } from "../failure.ts";
import type { Credentials, Grant } from "../live-credentials.ts";
import { bytesOf, encodedPath } from "./sign-v4.ts";

/** Where a bucket is. */
export type Place = Pick<Grant, "bucket" | "endpoint" | "cname">;

/** The bucket of the grant that a key or prefix lies in; of the first grant when none fits: then OSS refuses. */
export function placeOf(credentials: Credentials, key: string): Place {
  return credentials.grants.find(({ prefix }) => key.startsWith(prefix)) ?? credentials;
}

/**
 * The address of a key, or of the bucket. The bucket's name goes before the endpoint's host, as OSS requires it. Two kinds of
 * hosts take no name before them: the bucket's own domain (cname), which needs none, and localhost or an IP address, where
 * the bucket goes into the path.
 */
export function urlOf({ bucket, endpoint, cname }: Place, key: string): string {
  const { protocol, host, hostname } = new URL(endpoint);
  const path = encodedPath(key);
  if (cname) return `${protocol}//${host}/${path}`;
  return /^(localhost|[\d.]+|\[.*)$/.test(hostname)
    ? `${protocol}//${host}/${bucket}/${path}`
    : `${protocol}//${bucket}.${host}/${path}`;
}

/** Bytes of UTF-8. Source: OSS, "Object naming conventions". */
const MAX_KEY_BYTES = 1023;

/** Throws InvalidArgument for keys that OSS does not take, and for those that a browser would turn into other ones. */
export function refuseBadKey(key: string): void {
  // Browsers resolve steps of dots, whatever their encoding, before they send the address.
  if (/^$|^[/\\]|(^|\/)\.\.?(\/|$)/.test(key) || bytesOf(key).length > MAX_KEY_BYTES) {
    throw invalid(
      `key ${JSON.stringify(key)}: write 1 to ${MAX_KEY_BYTES} bytes, no slash first, no step "." or ".."`,
    );
  }
}
