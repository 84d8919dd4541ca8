import { decodedPairs } from "../sts/percent-encoding.ts";
import { ossError } from "./errors.ts";

/** Source: OSS "Object tagging": 10 tags, keys of 1 to 128 characters, values of up to 256. */
const MAX_TAGS = 10;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
const ALLOWED = /^[A-Za-z0-9 +\-=._:/]*$/;

/** The tags of an x-oss-tagging header (`a=1&b=2`, form-encoded). Throws 400 InvalidTag. */
export function tagsFromHeader(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined || text === "") return new Map();
  try {
    return tagsFrom(decodedPairs(text));
  } catch (error) {
    if (error instanceof URIError) throw invalidTag("The tags are not form-encoded.");
    throw error;
  }
}

/** Throws 400 InvalidTag when there are too many, a key is empty or there twice, or a character is not allowed. */
export function tagsFrom(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const tags = new Map(pairs);
  if (pairs.length > MAX_TAGS) throw invalidTag(`Object tags cannot be greater than ${MAX_TAGS}.`);
  if (tags.size < pairs.length) throw invalidTag("A tag key is given more than once.");
  for (const [key, value] of pairs) {
    if (key === "" || key.length > MAX_KEY_LENGTH || !ALLOWED.test(key)) {
      throw invalidTag("The TagKey you have provided is invalid.");
    }
    if (value.length > MAX_VALUE_LENGTH || !ALLOWED.test(value)) {
      throw invalidTag("The TagValue you have provided is invalid.");
    }
  }
  return tags;
}

function invalidTag(message: string) {
  return ossError(400, "InvalidTag", message);
}
