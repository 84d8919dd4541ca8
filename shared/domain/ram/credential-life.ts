/**
 * Milliseconds. The least that kept credentials must still live before they are handed out once more, when STS could also
 * make new ones. Half of their life: so an App that renews at half of what it got is never given its old ones again. And
 * 20 minutes: the OSS SDKs for Java, Go and Python take credentials with less than 15 minutes for stale, and would ask at
 * every use. Source: aliyun-oss-java-sdk, alibabacloud-oss-go-sdk-v2, credentials fetchers. Shorter lives than twice 20
 * minutes cannot have both: they are handed out again for half a minute, so that a burst of calls is one call to STS.
 */
function leastLeftMs(durationSeconds: number): number {
  return 1_000 * (durationSeconds < 2 * 1_200 ? durationSeconds - 30 : Math.max(durationSeconds / 2, 1_200));
}

/** Milliseconds that credentials must still live to be of any use: an App has to receive and use them. */
const LEAST_TO_USE_MS = 60_000;

/** Milliseconds that the clocks of STS and of this machine may differ. Source: docs/threat-model.md, S9. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Until when credentials may be handed out again without a call to STS. Milliseconds since the epoch. */
export function reusableUntilMs(expiresAtMs: number, durationSeconds: number): number {
  return expiresAtMs - leastLeftMs(durationSeconds);
}

/** Whether they may be handed out again without a call to STS. */
export function isReusable(expiresAtMs: number, durationSeconds: number, nowMs: number): boolean {
  return (
    nowMs <= reusableUntilMs(expiresAtMs, durationSeconds) && isPlausible(expiresAtMs, durationSeconds, nowMs)
  );
}

/** Whether they still live long enough to bridge the time in which STS cannot make new ones. */
export function isAlive(expiresAtMs: number, durationSeconds: number, nowMs: number): boolean {
  return expiresAtMs - nowMs >= LEAST_TO_USE_MS && isPlausible(expiresAtMs, durationSeconds, nowMs);
}

/** A clock that went back makes credentials seem to live longer than they were made for: then nobody knows. */
function isPlausible(expiresAtMs: number, durationSeconds: number, nowMs: number): boolean {
  return expiresAtMs - nowMs <= durationSeconds * 1_000 + CLOCK_TOLERANCE_MS;
}
