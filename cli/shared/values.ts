/** Lists and objects in what other programs wrote. */

/** A list of what may stand alone: policies and CORS rules hold one value or a list. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

/** A value as an object with names; undefined for anything else, a list included. */
export function objectFrom(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** The object in a JWT's header or payload (base64url of JSON), unverified; undefined when there is none. */
export function objectInTokenPart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectFrom(JSON.parse(Buffer.from(part, "base64url").toString("utf8")));
  } catch {
    return undefined;
  }
}
