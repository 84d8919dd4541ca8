import { type Answer, xmlAnswer } from "./answer.ts";
import { authorise } from "./authorisation.ts";
import { documentBody } from "./body.ts";
import type { BucketCall } from "./call.ts";
import { encodingOf } from "./list-objects.ts";
import { removeObject } from "./objects.ts";
import { optional, type XmlElement } from "./xml.ts";
import { childrenOf, childText, malformedXml, xmlFrom } from "./xml-reader.ts";

/** Source: OSS DeleteMultipleObjects: up to 1,000 keys. */
const MAX_KEYS = 1000;

/**
 * DeleteMultipleObjects. Each key needs oss:DeleteObject; where one is refused, all are, and none is deleted. The real
 * service was reported to refuse every session policy of a folder here: docs/fidelity/oss.md.
 */
export async function deleteMultipleObjects(call: BucketCall): Promise<Answer> {
  const { bucket, request } = call;
  const encoded = encodingOf(call);
  const root = xmlFrom(await documentBody(call), "Delete");
  const objects = childrenOf(root, "Object").map((object) => {
    const key = childText(object, "Key");
    if (key === undefined || key === "") throw malformedXml();
    return { key, versionId: childText(object, "VersionId") };
  });
  if (objects.length === 0 || objects.length > MAX_KEYS) throw malformedXml();
  for (const { key, versionId } of objects) {
    const action = versionId === undefined ? "oss:DeleteObject" : "oss:DeleteObjectVersion";
    authorise(call, { action, bucket, key });
  }
  for (const { key } of objects) removeObject(call, key);
  if (childText(root, "Quiet")?.trim() === "true") return { status: 200 };
  return xmlAnswer([
    "DeleteResult",
    [
      ...optional("EncodingType", request.parameters.get("encoding-type")),
      ...objects.map(({ key }): XmlElement => ["Deleted", [["Key", encoded(key)]]]),
    ],
  ]);
}
