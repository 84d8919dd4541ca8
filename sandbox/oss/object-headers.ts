import type { StoredObject } from "../world.ts";
import { invalidArgument } from "./errors.ts";
import { isHeaderName } from "./request.ts";

type Headers = Readonly<Record<string, string>>;

/** Kept with the object and given back. Source: OSS PutObject, GetObject. */
const KEPT = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
  "x-oss-server-side-encryption",
];

/** KEPT without Content-Type, which many HTTP clients add to every PUT (assumption): only metadata that was sent on purpose. */
const METADATA = ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

/** application/octet-stream where a client names no type. Source: OSS PutObject. */
const DEFAULT_CONTENT_TYPE = "application/octet-stream";

/**
 * What of a request's headers belongs to the object: its type and the like, and x-oss-meta-*. Throws 400
 * InvalidArgument for a name that no header can have, which a form's field can: it is to be answered with one day.
 */
export function keptHeaders(headers: Headers): Headers {
  const kept = Object.entries(headers).filter(
    ([name]) => KEPT.includes(name) || name.startsWith("x-oss-meta-"),
  );
  const wrong = kept.find(([name]) => !isHeaderName(name));
  if (wrong !== undefined) throw invalidArgument("A header's name must be an HTTP token.", wrong[0], "");
  return { "content-type": DEFAULT_CONTENT_TYPE, ...Object.fromEntries(kept) };
}

/** Whether a request brings metadata of its own. */
export function hasMetadata(headers: Headers): boolean {
  return Object.keys(headers).some((name) => METADATA.includes(name) || name.startsWith("x-oss-meta-"));
}

/** The x-oss-object-acl header; default: `default`. Throws 400 InvalidArgument. */
export function objectAclFrom(text: string | undefined): StoredObject["acl"] {
  switch (text) {
    case undefined:
      return "default";
    case "default":
    case "private":
    case "public-read":
    case "public-read-write":
      return text;
    default:
      throw invalidArgument("no such object access control exists", "x-oss-object-acl", text);
  }
}
