import type { Readable } from "node:stream";

/** Reads what an instance writes to one of its streams. */
export interface InstanceOutput {
  /** Settles once the mark that ends a call's output has come, or the stream has ended. */
  readonly marked: () => Promise<void>;
}

/** Characters. Source: FC "Print function logs": a line holds up to 32 KB; a longer one is cut in two (assumption). */
const MAX_LINE_LENGTH = 32_768;

/**
 * Splits a stream into lines, keeps the lines that hold the end mark to itself, and hands on the others. A mark may
 * stand behind text that the function left without a line's end.
 */
export function instanceOutput(
  stream: Readable,
  endMark: string,
  onLine: (line: string) => void,
): InstanceOutput {
  let pending = "";
  let ended = false;
  const waiting: (() => void)[] = [];
  let marks = 0;
  const mark = () => {
    const next = waiting.shift();
    if (next === undefined) marks += 1;
    else next();
  };
  const take = (line: string) => {
    if (!line.endsWith(endMark)) return onLine(line);
    const before = line.slice(0, -endMark.length);
    if (before !== "") onLine(before);
    mark();
  };

  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) take(line);
    // The mark may be on its way: its length stays behind.
    while (pending.length > MAX_LINE_LENGTH + endMark.length) {
      onLine(pending.slice(0, MAX_LINE_LENGTH));
      pending = pending.slice(MAX_LINE_LENGTH);
    }
  });
  stream.on("close", () => {
    if (pending !== "") onLine(pending);
    pending = "";
    ended = true;
    while (waiting.length > 0) mark();
  });

  return {
    marked: () =>
      new Promise((resolve) => {
        if (ended) return resolve();
        if (marks === 0) return void waiting.push(resolve);
        marks -= 1;
        resolve();
      }),
  };
}
