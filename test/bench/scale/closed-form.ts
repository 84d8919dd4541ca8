import type { Design } from "./designs.ts";

/** What the formulas of this file know of a simulation. Times are hours. */
export interface Terms {
  readonly asksPerHour: number;
  /** For so long a credential is handed out again. */
  readonly freshHours: number;
  /** Until its age is this, a credential bridges an outage. */
  readonly usefulHours: number;
  /** Places in which each user's credentials are kept, apart from each other. An ask goes to one of them, by chance. */
  readonly places: number;
  /** Whether a deploy empties the places: those in the memory of instances. */
  readonly forgets: boolean;
}

/** Hours. Of credentials that live for less than 40 minutes: 30 seconds. Source: shared/domain/ram/credential-life.ts. */
const SHORT_FRESH_HOURS = 30 / 3600;

/** Seconds that credentials must still live to bridge an outage. Source: shared/domain/ram/credential-life.ts. */
const LEAST_TO_USE_SECONDS = 60;

export function termsOf(
  design: Design,
  {
    asksPerHour,
    lifeSeconds,
    instances,
  }: { readonly asksPerHour: number; readonly lifeSeconds: number; readonly instances: number },
): Terms {
  const lifeHours = lifeSeconds / 3600;
  const usefulHours = (lifeSeconds - LEAST_TO_USE_SECONDS) / 3600;
  const base = { asksPerHour, usefulHours, places: 1, forgets: false };
  // The client renews at half of the life, whatever the life is, give or take a twentieth. It uses what it has until the end.
  if (design.device === "keeps") return { ...base, usefulHours: lifeHours, freshHours: lifeHours / 2 };
  if (design.function === "no cache" || design.function === "forms")
    return { ...base, freshHours: 0, usefulHours: 0 };
  const freshHours = lifeSeconds < 2400 ? SHORT_FRESH_HOURS : lifeHours / 2;
  if (design.function === "shared cache") return { ...base, freshHours };
  return { ...base, freshHours, places: instances, forgets: true };
}

/** AssumeRole calls of one user in an hour. A place calls, is fresh for a while, and calls at the first ask after that. */
export function steadyCalls({ asksPerHour, freshHours, places }: Terms): number {
  return 1 / (freshHours / places + 1 / asksPerHour);
}

/**
 * Calls of one user in `hours`, in which everybody asks once more, each at a time of their own. The place that is asked is
 * stale by chance, as at any time; until then it has called as usual, and after that it is fresh.
 */
export function callsOfPush(terms: Terms, hours: number): number {
  const { asksPerHour, freshHours, places } = terms;
  if (freshHours === 0) return 1 + asksPerHour * hours;
  const stale = 1 / (1 + (asksPerHour * freshHours) / places);
  return stale + (steadyCalls(terms) / places) * hours * (places - 0.5);
}

/** Calls of one user in `hours` after a deploy, where `hours` is no longer than a place stays fresh. */
export function callsOfDeploy(terms: Terms, hours: number): number {
  const { asksPerHour, places, forgets } = terms;
  if (!forgets) return steadyCalls(terms) * hours;
  return places * (1 - Math.exp((-asksPerHour / places) * hours));
}

/**
 * Asks of one user that get no credentials in an outage of `hours`: those at places whose credentials are too old to bridge
 * it. `hours` is no longer than the time between the ages "no longer fresh" and "no longer useful".
 */
export function refusedInOutage(
  { asksPerHour, freshHours, usefulHours, places }: Terms,
  hours: number,
): number {
  if (usefulHours === 0) return asksPerHour * hours;
  const rate = asksPerHour / places;
  const tooOld = Math.exp(-rate * (usefulHours - freshHours)) / (1 + rate * freshHours);
  return places * tooOld * (Math.exp(rate * hours) - 1);
}
