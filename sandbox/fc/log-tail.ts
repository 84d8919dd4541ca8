/** Bytes. Source: InvokeFunction, X-Fc-Log-Type: Tail gives the last 4 KB. */
const LOG_TAIL_BYTES = 4096;

/** The last 4 KB of a log, whole characters only: cut in UTF-8, the first one may be half. */
export function logTailOf(log: string): string {
  const bytes = Buffer.from(log);
  if (bytes.length <= LOG_TAIL_BYTES) return log;
  let start = bytes.length - LOG_TAIL_BYTES;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString("utf8");
}
