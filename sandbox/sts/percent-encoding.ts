/** RFC 3986: everything but `A-Z a-z 0-9 - _ . ~` is encoded, as UTF-8. Throws URIError on a lone surrogate. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Names and values of a query string or form body, in their order, decoded. A plus sign is a space, in a query too:
 * many SDKs write queries as forms. A real plus sign is always sent as `%2B`. Throws URIError when the encoding is
 * broken or is not UTF-8.
 */
export function decodedPairs(text: string): readonly (readonly [string, string])[] {
  const decoded = (part: string) => decodeURIComponent(part.replaceAll("+", " "));
  return text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals === -1
        ? [decoded(pair), ""]
        : [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))];
    });
}

/** `name=value` joined by `&`, encoded, in code-unit order of the names: the canonical query of both signatures. */
export function canonicalQuery(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .join("&");
}
