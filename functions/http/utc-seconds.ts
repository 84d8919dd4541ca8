/** e.g. 2026-11-23T10:00:00Z. The SDKs of Java and Python refuse milliseconds. */
export function utcSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -".000Z".length)}Z`;
}
