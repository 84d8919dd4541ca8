import type { Kept } from "../../ports.ts";
import { STAMP_DIGITS } from "./scripts.ts";

/**
 * A value as it is stored: until when it is fresh, in digits that Redis reads, then the value. The digits are not sealed:
 * whoever changes them in Redis can make callers ask too often, or believe too long that a value is fresh. So what counts
 * must be in the value.
 */
export function stamped({ value, freshUntilMs }: Pick<Kept, "value" | "freshUntilMs">): Buffer {
  const digits = String(Math.max(0, Math.floor(freshUntilMs))).padStart(STAMP_DIGITS, "0");
  return Buffer.concat([Buffer.from(digits), value]);
}

/** The value of {@link stamped}. Empty for bytes that are none. */
export function unstamped(stored: Buffer): Buffer {
  return stored.subarray(STAMP_DIGITS);
}
