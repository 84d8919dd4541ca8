import type { Problem } from "./problem.ts";

/** `type/subtype` in lower case, without parameters. Source: RFC 6838, section 4.2, restricted-name. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

const RANGE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/\*$/;

/** Why a text is not one media type, such as `image/jpeg`; undefined when it is one. */
export function mediaTypeProblem(text: string): Problem | undefined {
  if (MEDIA_TYPE.test(text)) return undefined;
  const bare = text.split(";")[0]?.trim().toLowerCase() ?? "";
  const instead = MEDIA_TYPE.test(bare) ? bare : "type/subtype, such as image/jpeg";
  return { is: "is not a media type in lower case, without parameters", fix: `write ${instead}` };
}

/** Whether a text is a range of media types, such as `image/*`. */
export function isMediaRange(text: string): boolean {
  return RANGE.test(text);
}

/** Whether a media type is one of these types or in one of these ranges. */
export function isOneOf(mediaType: string, allowed: readonly string[]): boolean {
  return allowed.some((one) =>
    isMediaRange(one) ? mediaType.startsWith(one.slice(0, -1)) : mediaType === one,
  );
}
