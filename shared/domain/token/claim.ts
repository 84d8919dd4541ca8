/**
 * Reads a claim by its name, or along a dotted path (`app_metadata.team`); undefined when the token has none. Reads own
 * properties only: `__proto__` and `constructor` must not find what every object inherits.
 */
export function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  // A URL such as https://example.com/roles is one name, not a path.
  if (!name.includes(".") || /[/:]/.test(name)) return undefined;
  let value: unknown = claims;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}
