import type { JournalNote } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { authorise } from "./authorisation.ts";
import { documentBody, md5WithFourMoreBytes } from "./body.ts";
import type { BucketCall } from "./call.ts";
import { encodingOf } from "./list-objects.ts";
import { removeObject } from "./objects.ts";
import { optional, type XmlElement } from "./xml.ts";
import { childrenOf, childText, malformedXml, xmlFrom } from "./xml-reader.ts";

/** Source: OSS DeleteMultipleObjects: up to 1,000 keys. */
const MAX_KEYS = 1000;

/** Keys of one batch that the journal names. */
const MAX_NOTED_KEYS = 10;

/**
 * DeleteMultipleObjects. Each key needs oss:DeleteObject; where one is refused, all are, and none is deleted. The real
 * service was reported to refuse every session policy of a folder here: docs/fidelity/oss.md.
 */
export async function deleteMultipleObjects(call: BucketCall): Promise<Answer> {
  const { bucket, request } = call;
  const encoded = encodingOf(call);
  const root = xmlFrom(await documentBody(call, md5WithFourMoreBytes), "Delete");
  const objects = childrenOf(root, "Object").map((object) => {
    const key = childText(object, "Key");
    if (key === undefined || key === "") throw malformedXml();
    return { key, versionId: childText(object, "VersionId") || undefined };
  });
  if (objects.length === 0 || objects.length > MAX_KEYS) throw malformedXml();
  const notes = new Map<string, JournalNote>();
  const note = (one: JournalNote) => {
    call.note(one);
    notes.set(one.resource ?? "", one);
  };
  for (const { key, versionId } of objects) {
    const action = versionId === undefined ? "oss:DeleteObject" : "oss:DeleteObjectVersion";
    authorise({ ...call, note }, { action, bucket, key });
  }
  call.note(together([...notes.values()]));
  for (const { key, versionId } of objects) removeObject(call, key, versionId);
  if (childText(root, "Quiet")?.trim() === "true") return { status: 200 };
  return xmlAnswer([
    "DeleteResult",
    [
      ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
      ...objects.map(({ key }): XmlElement => ["Deleted", [["Key", encoded(key)]]]),
    ],
  ]);
}

/** What the journal says of all keys; of more than a few only the first ones. */
function together(notes: readonly JournalNote[]): JournalNote {
  const said = notes.slice(0, MAX_NOTED_KEYS);
  const rest = notes.length > said.length ? [`and ${notes.length - said.length} more`] : [];
  return {
    resource: [...said.map(({ resource }) => resource), ...rest].join(", "),
    because: [...said.map(({ because }) => because), ...rest].join("; "),
  };
}
