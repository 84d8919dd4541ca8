/**
 * The device's time, in milliseconds since 1970, that goes on when somebody sets the clock back. A device that slept has the
 * right time again at once, although some browsers stop `performance.now` meanwhile.
 */
export function steadyClock(): () => number {
  const elapsed = () => globalThis.performance?.now() ?? 0;
  const startMs = Date.now() - elapsed();
  return () => Math.max(Date.now(), startMs + elapsed());
}
