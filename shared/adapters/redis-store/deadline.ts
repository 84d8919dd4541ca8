/** The promise was not settled in time. */
export class TooLate extends Error {
  override readonly name = "TooLate";
}

/**
 * The promise, or a rejection with {@link TooLate} after `ms` milliseconds of monotonic time. An answer that has arrived
 * counts, even when nobody has read it yet: a busy process, or one that was frozen, looks for answers before it gives up.
 */
export function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  const endMs = performance.now() + ms;
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  return new Promise<T>((resolve, reject) => {
    look();
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      clearImmediate(turn);
    });

    function look(): void {
      const leftMs = endMs - performance.now();
      // Node's timers count whole milliseconds, from the time when the event loop last looked at the clock. So the end is
      // found turn by turn; each turn reads the sockets before its immediates run.
      if (leftMs >= 1) timer = setTimeout(look, leftMs);
      else turn = setImmediate(leftMs > 0 ? look : () => reject(new TooLate("no answer in time")));
    }
  });
}
