import { createHash } from "node:crypto";
import { refuseInvalidKey } from "./addressing.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { documentBody } from "./body.ts";
import type { ObjectCall } from "./call.ts";
import { missingArgument } from "./errors.ts";
import { ownerOf } from "./list-objects.ts";
import { objectAclFrom } from "./object-headers.ts";
import { existingObject, newObjectFrom, putInPlace, refuseOverwrite } from "./objects.ts";
import { keyFromHeader } from "./request.ts";
import { tagsFromBody } from "./tags.ts";
import type { XmlElement } from "./xml.ts";
import { childrenOf, childText, malformedXml, xmlFrom } from "./xml-reader.ts";

/** PutObjectAcl: the ACL is in the x-oss-object-acl header. */
export function putObjectAcl(call: ObjectCall): Answer {
  const object = addressed(call);
  const text = call.request.headers["x-oss-object-acl"];
  if (text === undefined) throw missingArgument("x-oss-object-acl");
  putInPlace(call, { ...object, acl: objectAclFrom(text) });
  return { status: 200 };
}

/** GetObjectAcl. */
export function getObjectAcl(call: ObjectCall): Answer {
  const { acl, ownerId } = addressed(call);
  return xmlAnswer(["AccessControlPolicy", [ownerOf(ownerId), ["AccessControlList", [["Grant", acl]]]]]);
}

/** PutObjectTagging: replaces all tags. */
export async function putObjectTagging(call: ObjectCall): Promise<Answer> {
  const tagging = xmlFrom(await documentBody(call), "Tagging");
  const [tagSet] = childrenOf(tagging, "TagSet");
  if (tagSet === undefined) throw malformedXml();
  const pairs = childrenOf(tagSet, "Tag").map((tag) => {
    const key = childText(tag, "Key");
    const value = childText(tag, "Value");
    if (key === undefined || value === undefined) throw malformedXml();
    return [key, value] as const;
  });
  const tags = tagsFromBody(pairs);
  putInPlace(call, { ...addressed(call), tags });
  return { status: 200 };
}

/** GetObjectTagging. */
export function getObjectTagging(call: ObjectCall): Answer {
  const tags = [...addressed(call).tags].map(
    ([key, value]): XmlElement => [
      "Tag",
      [
        ["Key", key],
        ["Value", value],
      ],
    ],
  );
  return xmlAnswer(["Tagging", [["TagSet", tags]]]);
}

/** DeleteObjectTagging. */
export function deleteObjectTagging(call: ObjectCall): Answer {
  putInPlace(call, { ...addressed(call), tags: new Map() });
  return { status: 204 };
}

/** PutSymlink: whether the target is there, and may be read, is asked when the link is. Source: OSS PutSymlink. */
export async function putSymlink(call: ObjectCall): Promise<Answer> {
  const { headers } = call.request;
  const target = headers["x-oss-symlink-target"] ?? "";
  refuseInvalidKey(keyFromHeader(target));
  refuseOverwrite(call.bucket, call.key, headers);
  const made = newObjectFrom(call, headers);
  const empty = await call.contents.write(nothing());
  const etag = createHash("md5").update(target).digest("hex").toUpperCase();
  putInPlace(call, {
    ...made,
    headers: { ...made.headers, "x-oss-symlink-target": target },
    content: empty.content,
    crc64: empty.crc64,
    etag,
    type: "Symlink",
  });
  return { status: 200, headers: { etag: `"${etag}"` } };
}

function addressed({ bucket, key, request }: ObjectCall) {
  return existingObject(bucket, key, request.parameters.get("versionId"));
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
