/** The form of times in answers, e.g. 2015-01-23T12:33:18Z */
export function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
