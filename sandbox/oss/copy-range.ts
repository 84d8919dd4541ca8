/** Bytes of a copy's source: from `start` up to, not including, `end`. */
export interface CopyRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What an x-oss-copy-source-range header asks for: `bytes=a-b`, `bytes=a-`, `bytes=-n`. Undefined: the whole source, as
 * when the range does not follow the form or does not lie inside the source. Source: OSS UploadPartCopy; the two open
 * forms are those of Range, and the official suite for PHP expects `bytes=0-`.
 */
export function copyRangeFrom(text: string | undefined, size: number): CopyRange | undefined {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? size - Number(to) : Number(from);
  const end = from === "" || to === "" ? size : Number(to) + 1;
  return start >= 0 && start < end && end <= size ? { start, end } : undefined;
}
