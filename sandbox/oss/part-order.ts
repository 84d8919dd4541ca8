import type { MultipartUpload } from "../world.ts";
import { ossError } from "./errors.ts";

/**
 * Sequential uploads (`?sequential`) take the parts 1, 2, 3 in this order, each once. Throws 400 PartNotSequential, 409
 * PartAlreadyExist. Sources: EC 0042-00000108; published answers; the names of PartEtag and PartNumber are assumptions.
 */
export function refusePartOutOfOrder({ sequential, parts }: MultipartUpload, number: number): void {
  if (!sequential) return;
  const before = parts.get(number);
  if (before !== undefined) {
    throw ossError(
      409,
      "PartAlreadyExist",
      "For sequential multipart upload, you can't overwrite uploaded parts.",
      "0042-00000108",
      { PartEtag: `"${before.etag}"`, PartNumber: String(number) },
    );
  }
  if (number !== parts.size + 1) throw partNotSequential(number);
}

/** Completing a sequential upload takes all its parts. Throws 400 PartNotSequential. */
export function refuseGaps({ sequential }: MultipartUpload, numbers: readonly number[]): void {
  if (!sequential) return;
  const wrong = numbers.find((number, at) => number !== at + 1);
  if (wrong !== undefined) throw partNotSequential(wrong);
}

function partNotSequential(number: number) {
  return ossError(
    400,
    "PartNotSequential",
    "For sequential multipart upload, you must upload or complete parts with sequential part number.",
    undefined,
    { PartNumber: String(number) },
  );
}
