/** RFC 3986: everything but `A-Z a-z 0-9 - _ . ~` is encoded, so that what is sent is what is signed. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A key in a path: its slashes stay. */
export function encodedPath(key: string): string {
  return key.split("/").map(encoded).join("/");
}

/** Sorted, as the signature needs it. No value is empty. */
export function encodedQuery(parameters: readonly (readonly [name: string, value: string])[]): string {
  return parameters
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join("&");
}
