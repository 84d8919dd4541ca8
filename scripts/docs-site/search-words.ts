/**
 * The words that search knows of a text, for the index and for what somebody types. Chinese has no spaces, so a run of
 * Chinese characters gives every two that stand side by side: 访问规则 → 访问, 问规, 规则.
 * The function is sent to the browser as text: it uses nothing outside of itself.
 */
export function searchWordsOf(text: string): string[] {
  const runs = text
    .split(/[\p{Z}\p{P}\p{S}\p{C}]+/u)
    .flatMap((part) => part.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu) ?? []);
  return runs.flatMap((run) =>
    /^\p{Script=Han}{3}/u.test(run)
      ? Array.from({ length: run.length - 1 }, (_, at) => run.slice(at, at + 2))
      : [run],
  );
}
