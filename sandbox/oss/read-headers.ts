import type { StoredObject } from "../world.ts";
import type { ReadObject } from "./linked-object.ts";

type Headers = Readonly<Record<string, string>>;

/** What GetObject and HeadObject say of what was read. */
export function headersOf({ object, source, modifiedMs }: ReadObject): Headers {
  const { "x-oss-symlink-target": _, ...own } = object.headers;
  return {
    ...own,
    ...describingHeaders({ etag: source.etag, modifiedMs }),
    ...contentMd5Of(source),
    "accept-ranges": "bytes",
    "x-oss-object-type": object.type,
    // That of the bytes, for a link too: clients compare them with it (assumption).
    "x-oss-hash-crc64ecma": source.crc64,
    "x-oss-storage-class": object.headers["x-oss-storage-class"] ?? "Standard",
    ...(object.type === "Appendable" ? { "x-oss-next-append-position": String(object.content.size) } : {}),
    ...(object.tags.size === 0 ? {} : { "x-oss-tagging-count": String(object.tags.size) }),
  };
}

/** ETag and Last-Modified. */
export function describingHeaders({ etag, modifiedMs }: Pick<StoredObject, "etag" | "modifiedMs">): Headers {
  return { etag: `"${etag}"`, "last-modified": new Date(modifiedMs).toUTCString() };
}

function contentMd5Of({ type, etag, headers }: StoredObject): Headers {
  const md5 = type === "Normal" ? Buffer.from(etag, "hex").toString("base64") : headers["content-md5"];
  return md5 === undefined ? {} : { "content-md5": md5 };
}
