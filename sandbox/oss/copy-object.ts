import type { StoredObject } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import type { ObjectCall } from "./call.ts";
import { copySourceOf } from "./copy-source.ts";
import { invalidArgument } from "./errors.ts";
import { hasMetadata } from "./object-headers.ts";
import { keepUnlessRefused, newObjectFrom, normalContent, putInPlace, refuseOverwrite } from "./objects.ts";
import { timeText } from "./xml.ts";

/**
 * CopyObject: bytes, and metadata and tags unless the directives say REPLACE. A copy onto itself takes the request's
 * metadata if it has any, also with COPY. The ACL is not copied. A symbolic link is copied as a link.
 */
export async function copyObject(call: ObjectCall): Promise<Answer> {
  const { headers } = call.request;
  const source = copySourceOf(call);
  const replacesMetadata =
    directive(call, "x-oss-metadata-directive") === "REPLACE" ||
    (source === call.bucket.objects.get(call.key) && hasMetadata(headers));
  const replacesTags = directive(call, "x-oss-tagging-directive") === "REPLACE";
  const refuse = () => refuseOverwrite(call.bucket, call.key, headers);
  refuse();
  const made = newObjectFrom(call, headers);
  const stored = await call.contents.write(call.contents.read(source.content));
  keepUnlessRefused(call, stored, refuse);
  const copy: StoredObject = {
    ...made,
    ...normalContent(stored),
    ...(source.type === "Symlink" ? { type: "Symlink", etag: source.etag } : {}),
    headers: {
      ...(replacesMetadata ? made.headers : source.headers),
      ...storageClassOf(made),
      ...linkOf(source),
    },
    tags: replacesTags ? made.tags : source.tags,
  };
  putInPlace(call, copy);
  return xmlAnswer(
    [
      "CopyObjectResult",
      [
        ["ETag", `"${copy.etag}"`],
        ["LastModified", timeText(copy.modifiedMs)],
      ],
    ],
    { etag: `"${copy.etag}"`, "x-oss-hash-crc64ecma": copy.crc64 },
  );
}

/** What is asked for, or the bucket's; never the source's. Source: OSS CopyObject. */
function storageClassOf({ headers }: Pick<StoredObject, "headers">) {
  const storageClass = headers["x-oss-storage-class"];
  return storageClass === undefined ? {} : { "x-oss-storage-class": storageClass };
}

function directive({ request }: ObjectCall, name: string): "COPY" | "REPLACE" {
  const value = request.headers[name] || "COPY";
  const known = value.toUpperCase();
  if (known === "COPY" || known === "REPLACE") return known;
  throw invalidArgument("Unknown directive.", name, value);
}

function linkOf(source: StoredObject) {
  const target = source.headers["x-oss-symlink-target"];
  return target === undefined ? {} : { "x-oss-symlink-target": target };
}
