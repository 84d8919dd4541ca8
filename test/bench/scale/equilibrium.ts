import type { Terms } from "./closed-form.ts";
import { exponential, type Random } from "./random.ts";

/**
 * Hours since a place last got credentials, at a time when nothing has happened for long: it is fresh and has any age, or it
 * is stale and waits for its next ask. The checks of the steady state, which begin with empty caches, come to the same.
 */
export function ageOfPlace({ asksPerHour, freshHours, places }: Terms, random: Random): number {
  const meanWait = places / asksPerHour;
  return random() < freshHours / (freshHours + meanWait)
    ? random() * freshHours
    : freshHours + exponential(random, meanWait);
}
