/** The anchor of a heading on the usual Git hosts: `What s does` → `what-s-does`, `已知限制：STS` → `已知限制sts`. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}
