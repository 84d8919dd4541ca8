import { type Account, simulateAccount } from "./account.ts";
import { callsOfDeploy, callsOfPush, refusedInOutage, steadyCalls, type Terms } from "./closed-form.ts";
import type { Design } from "./designs.ts";
import { DEPLOY, OUTAGE, OUTAGE_SECONDS, type Pattern, PUSH, PUSH_SECONDS, STEADY } from "./patterns.ts";

/** A count of the simulation beside what a formula says. Both of all simulated users. */
export interface Check {
  readonly of: string;
  readonly counted: number;
  readonly expected: number;
}

/** How far a count may be from its formula. The target. */
const TOLERANCE = 0.05;

export function isClose({ counted, expected }: Check): boolean {
  return Math.abs(counted / expected - 1) <= TOLERANCE;
}

const USERS = 50_000;

/** What the formulas are about: devices that ask once and take what comes, and an STS without a quota. */
const IDEAL = { users: USERS, device: "simple", warmUp: "asks", quota: Number.POSITIVE_INFINITY } as const;

/** MB. The formulas are about instances that forget nobody. */
const ENOUGH_MEMORY = 999_999;

function roomy(design: Design): Design {
  return { ...design, memoryMB: ENOUGH_MEMORY };
}

/** The calls to STS of a design while nothing happens. */
export async function steadyCheck(
  design: Design,
  usual: { readonly asksPerHour: number; readonly lifeSeconds: number },
  aboutAsks: number,
): Promise<Check> {
  const account: Account = { ...IDEAL, ...usual, design: roomy(design), pattern: STEADY };
  const { stsCalls, simulation, terms } = await simulateAccount(account, aboutAsks);
  const userHours = simulation.users * (simulation.countedSeconds / 3600);
  const of = `${design.name}, ${usual.asksPerHour} asks an hour, ${usual.lifeSeconds} s: STS calls`;
  return { of, counted: stsCalls, expected: steadyCalls(terms) * userHours };
}

/** What a formula says about an event, for one user in the first `seconds`. */
interface EventFormula {
  readonly pattern: Pattern;
  readonly seconds: number;
  readonly counted: "stsCalls" | "refused";
  readonly expectedOfOne: (terms: Terms, hours: number) => number;
  /** "formula" where so few asks count that those of a warm-up would be most of the work. */
  readonly warmUp: Account["warmUp"];
}

export const EVENT_FORMULAS: readonly EventFormula[] = [
  { pattern: PUSH, seconds: PUSH_SECONDS, counted: "stsCalls", expectedOfOne: callsOfPush, warmUp: "asks" },
  { pattern: DEPLOY, seconds: 1800, counted: "stsCalls", expectedOfOne: callsOfDeploy, warmUp: "asks" },
  {
    pattern: OUTAGE,
    seconds: OUTAGE_SECONDS,
    counted: "refused",
    expectedOfOne: refusedInOutage,
    warmUp: "formula",
  },
];

/** Asks an hour, and seconds of a life, at events: what the formulas leave out is next to nothing then. */
const AT_EVENTS = { asksPerHour: 1, lifeSeconds: 3600 } as const;

/** The calls to STS, or the refused asks, of a design when something happens. */
export async function eventCheck(
  design: Design,
  { pattern, seconds, counted, expectedOfOne, warmUp }: EventFormula,
  aboutAsks: number,
): Promise<Check> {
  const happening = { ...pattern, countedSeconds: seconds };
  const account: Account = { ...IDEAL, ...AT_EVENTS, design: roomy(design), pattern: happening, warmUp };
  const outcome = await simulateAccount(account, aboutAsks);
  const expected = expectedOfOne(outcome.terms, seconds / 3600) * outcome.simulation.users;
  const what = counted === "stsCalls" ? "STS calls" : "asks without credentials";
  return { of: `${design.name}, ${pattern.name}: ${what}`, counted: outcome[counted], expected };
}
