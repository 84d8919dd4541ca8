/**
 * A JSON object from untrusted bytes; undefined when two parsers could read it differently: invalid UTF-8, a byte order
 * mark, anything but an object, a member name twice (at any depth, with or without escapes), `__proto__` as a name, more
 * than 32 levels. The object has no prototype, so that `claims["constructor"]` is undefined. Source: RFC 8259 section 4, RFC 7515 section 4, RFC 7519 section 4.
 */
export function strictJsonObjectFrom(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  let value: unknown;
  try {
    text = STRICT_UTF8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // JSON.parse keeps the last of two equal names: with fewer members than names in the text, one was lost.
  if (membersOf(value, 1) !== namesWrittenIn(text)) return undefined;
  return Object.assign(Object.create(null), value);
}

/** `ignoreBOM` keeps a byte order mark in the text, so that JSON.parse refuses it. */
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Levels of arrays and objects. Assumption: no issuer nests deeper. The limit keeps later recursive code safe. */
const MAX_DEPTH = 32;

/** NaN, which equals no count, when the value is too deep or has a member named `__proto__`. */
function membersOf(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth > MAX_DEPTH || Object.hasOwn(value, "__proto__")) return Number.NaN;
  const children = Object.values(value);
  const own = Array.isArray(value) ? 0 : children.length;
  return children.reduce<number>((sum, child) => sum + membersOf(child, depth + 1), own);
}

/** In valid JSON, every colon outside strings follows a member's name. */
function namesWrittenIn(validJson: string): number {
  return validJson.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length - 1;
}
