import { decodedPairs } from "../sts/percent-encoding.ts";
import { invalidArgument, ossError } from "./errors.ts";

/** Source: OSS "Object tagging": 10 tags, keys of 1 to 128 characters, values of up to 256. */
const MAX_TAGS = 10;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
const ALLOWED = /^[A-Za-z0-9 +\-=._:/]*$/;

/** More tags than an object may have. */
const TOO_MANY = `Object tags cannot be greater than ${MAX_TAGS}.`;

/**
 * The tags of an x-oss-tagging header (`a=1&b=2`, form-encoded). Throws 400 InvalidTag, BadRequest for too many,
 * InvalidArgument for a key that is there twice. Source: the official suite for C++.
 */
export function tagsFromHeader(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined || text === "") return new Map();
  const pairs = pairsFrom(text);
  if (pairs.length > MAX_TAGS) throw ossError(400, "BadRequest", TOO_MANY);
  const tags = checkedTags(pairs);
  if (tags.size < pairs.length) {
    throw invalidArgument("query parameters without tag name duplicates", "x-oss-tagging", text);
  }
  return tags;
}

/** The tags of an XML body. Throws 400 InvalidTag. */
export function tagsFromBody(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  if (pairs.length > MAX_TAGS) throw invalidTag(TOO_MANY);
  const tags = checkedTags(pairs);
  if (tags.size < pairs.length) throw invalidTag("Cannot provide multiple Tags with the same key");
  return tags;
}

function pairsFrom(text: string): readonly (readonly [string, string])[] {
  try {
    return decodedPairs(text);
  } catch {
    throw invalidTag("The tags are not form-encoded.");
  }
}

function checkedTags(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  for (const [key, value] of pairs) {
    if (key === "" || key.length > MAX_KEY_LENGTH || !ALLOWED.test(key)) {
      throw invalidTag("The TagKey you have provided is invalid.");
    }
    if (value.length > MAX_VALUE_LENGTH || !ALLOWED.test(value)) {
      throw invalidTag("The TagValue you have provided is invalid.");
    }
  }
  return new Map(pairs);
}

function invalidTag(message: string) {
  return ossError(400, "InvalidTag", message);
}
