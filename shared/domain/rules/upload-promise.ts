import { mediaTypeProblem } from "../media-type.ts";
import { parsedObjectKey } from "../prefix/object-key.ts";
import type { Problem } from "../problem.ts";
import { bytesFrom, sizeMeantBy } from "./byte-size.ts";

export const UPLOAD_EXAMPLE = "upload photos/alice/a.jpg image/jpeg 2MB";

/** What a promise about a form names: a place (which may have blanks), and in the last two words a type and a size. */
export interface PromisedFile {
  readonly place: string;
  readonly contentType: string;
  readonly size: string;
}

/** Empty texts for words that are missing. */
export function promisedFileFrom(text: string): PromisedFile {
  const [, place = text, contentType = "", size = ""] = /^(.*) (\S+) (\S+)$/.exec(text) ?? [];
  return { place, contentType, size };
}

/** Why the last two words are not a type and a size; undefined when they are. */
export function typeOrSizeProblem({ place, contentType, size }: PromisedFile): Problem | undefined {
  const whole = `write all three: ${UPLOAD_EXAMPLE}`;
  if (bytesFrom(contentType) !== undefined && size.includes("/"))
    return { is: "has the size before the type", fix: `write upload ${place} ${size} ${contentType}` };
  const joined = sizeMeantBy(`${contentType}${size}`);
  if (/^\d+$/.test(contentType) && joined !== undefined)
    return { is: "has a blank in its size", fix: `write ${joined}` };
  if (!contentType.includes("/")) return { is: "does not end in a file's type and size", fix: whole };
  const problem = mediaTypeProblem(contentType);
  if (problem !== undefined) return { ...problem, is: `has the type ${JSON.stringify(contentType)}` };
  if (bytesFrom(size) !== undefined) return undefined;
  const instead = sizeMeantBy(size) ?? "whole bytes, or kB, MB, GB, KiB, MiB or GiB, such as 2MB";
  return { is: `has the size ${JSON.stringify(size)}`, fix: `write ${instead}` };
}

/** Why no form is ever for a key; undefined when one can be. A promise about it would hold whatever the rules say. */
export function uploadKeyProblem(key: string): Problem | undefined {
  const parsed = parsedObjectKey(key);
  return "key" in parsed
    ? undefined
    : {
        is: `has a key that no form takes, whatever the rules say: it ${parsed.problem.is}`,
        fix: `write the key of a file: ${UPLOAD_EXAMPLE}`,
      };
}
