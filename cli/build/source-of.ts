/** JavaScript source that creates the same plain data and Maps. Throws for anything else. */
export function sourceOf(value: unknown): string {
  if (value === undefined) return "void 0";
  if (value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  if (value instanceof Map) return `new Map(${sourceOf([...value])})`;
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(",")}]`;
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Error(
      `${typeof value === "object" ? "an object with a class" : typeof value} is not plain data`,
    );
  }
  const fields = Object.entries(value).map(([key, field]) => {
    // Without brackets, this key would set the prototype.
    const name = key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
    return `${name}:${sourceOf(field)}`;
  });
  return `{${fields.join(",")}}`;
}
