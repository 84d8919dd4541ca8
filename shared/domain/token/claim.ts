type Claims = Readonly<Record<string, unknown>>;

/**
 * Reads a claim by its path: names with dots between them, such as `app_metadata.team`; undefined when the token has
 * none. A claim's own name may have dots too (`https://claims.example.com/app`). So at each level the longest own name
 * that the path begins with is the one, and no shorter one is tried after it: a path has one meaning in a token. Reads
 * own properties of objects only: `__proto__` and `constructor` must not find what every object inherits, and a number
 * must not count the entries of a list.
 */
export function claimAt(claims: Claims, path: string): unknown {
  const name = longestNameAt(claims, path);
  if (name === undefined) return undefined;
  const value = claims[name];
  if (name === path) return value;
  return isObject(value) ? claimAt(value, path.slice(name.length + 1)) : undefined;
}

/** The longest own name that is the path, or its beginning up to a dot. */
function longestNameAt(level: Claims, path: string): string | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf(".", end - 1)) {
    const name = path.slice(0, end);
    if (Object.hasOwn(level, name)) return name;
  }
  return undefined;
}

function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
