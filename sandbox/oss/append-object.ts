import { createHash } from "node:crypto";
import type { StoredObject } from "../world.ts";
import type { Answer } from "./answer.ts";
import { storedBody } from "./body.ts";
import type { ObjectCall } from "./call.ts";
import { missingArgument, ossError } from "./errors.ts";
import { keepUnlessRefused, newObjectFrom, putInPlace } from "./objects.ts";

/**
 * AppendObject. The first call makes the object, headers and all; of later ones only the bytes count. Throws 400
 * MissingArgument, 409 ObjectNotAppendable and PositionNotEqualToLength. ECs: OSS help.
 */
export async function appendObject(call: ObjectCall): Promise<Answer> {
  const position = positionFrom(call.request.parameters.get("position"));
  const made = newObjectFrom(call, call.request.headers);
  appendableAt(call, position);
  const added = await storedBody(call);
  // Somebody else may have appended meanwhile: the first one wins.
  keepUnlessRefused(call, added, () => appendableAt(call, position));
  const before = appendableAt(call, position);
  const { contents } = call;
  const whole =
    before === undefined
      ? added
      : await contents.write(inTurn(contents.read(before.content), contents.read(added.content)));
  if (before !== undefined) contents.discard(added.content);
  keepUnlessRefused(call, whole, () => appendableAt(call, position));
  const object: StoredObject = {
    ...(before ?? made),
    modifiedMs: made.modifiedMs,
    content: whole.content,
    crc64: whole.crc64,
    type: "Appendable",
    // Not the MD5 of the whole. Source: OSS AppendObject.
    etag: createHash("md5")
      .update(before?.etag ?? "")
      .update(added.md5)
      .digest("hex")
      .toUpperCase(),
  };
  putInPlace(call, object);
  return {
    status: 200,
    headers: {
      etag: `"${object.etag}"`,
      "x-oss-hash-crc64ecma": object.crc64,
      "x-oss-next-append-position": String(object.content.size),
    },
  };
}

/** Sources: OSS help, pages of EC 0016-00000501 (it is missing) and 0016-00000502 (it is not a number). */
function positionFrom(text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  const ec = text === undefined ? "0016-00000501" : "0016-00000502";
  throw missingArgument("position", text, ec);
}

function appendableAt({ bucket, key }: ObjectCall, position: number): StoredObject | undefined {
  const object = bucket.objects.get(key);
  if (object !== undefined && object.type !== "Appendable") {
    throw ossError(409, "ObjectNotAppendable", "The object is not appendable.", undefined, { Key: key });
  }
  if (position !== (object?.content.size ?? 0)) {
    throw ossError(409, "PositionNotEqualToLength", "Position is not equal to file length.", undefined, {
      Key: key,
    });
  }
  return object;
}

async function* inTurn(...sources: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  for (const source of sources) yield* source;
}
