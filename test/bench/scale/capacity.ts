import { ACCOUNT_CALLS_PER_SECOND, type AccountOutcome, simulateAccount } from "./account.ts";
import { steadyCalls, termsOf } from "./closed-form.ts";
import { type Design, instancesFor } from "./designs.ts";
import { type Pattern, STEADY } from "./patterns.ts";

interface Usual {
  readonly asksPerHour: number;
  readonly lifeSeconds: number;
}

/** The most users whose calls to STS, in the simulation, stay within the account's quota, while nothing happens. */
export function steadyCapacity(design: Design, usual: Usual, aboutAsks: number): Promise<number> {
  return mostUsers(
    async (users) => {
      const account = {
        ...usual,
        design,
        users,
        pattern: STEADY,
        device: "simple",
        warmUp: "formula",
        quota: Number.POSITIVE_INFINITY,
      } as const;
      return callsPerSecond(await simulateAccount(account, aboutAsks)) <= ACCOUNT_CALLS_PER_SECOND;
    },
    { guess: closedCapacity(design, usual), tolerance: 0.02 },
  );
}

/** The same by the formula, which knows nothing of the memory of an instance. */
export function closedCapacity(design: Design, usual: Usual): number {
  const calls = (users: number): number => {
    const instances = instancesFor(design, (users * usual.asksPerHour) / 3600);
    return (users / 3600) * steadyCalls(termsOf(design, { ...usual, instances }));
  };
  let [enough, tooMany] = [0, MOST];
  while (tooMany - enough > 1) {
    const middle = (enough + tooMany) / 2;
    if (calls(middle) <= ACCOUNT_CALLS_PER_SECOND) enough = middle;
    else tooMany = middle;
  }
  return enough;
}

/** Of all asks. So many may end without credentials: with fewer, the seldom users decide who come just then. */
export const REFUSED_AT_MOST = 0.01;

/** The most users with at most {@link REFUSED_AT_MOST} refused when something happens. Their devices have the real client. */
export function eventCapacity(
  design: Design,
  pattern: Pattern,
  usual: Usual,
  aboutAsks: number,
): Promise<number> {
  // Kept credentials hide a shortage for longer than an event is watched.
  const most = closedCapacity(design, usual);
  return mostUsers(
    async (users) => {
      if (users > most) return false;
      const quota = ACCOUNT_CALLS_PER_SECOND;
      const account = {
        ...usual,
        design,
        users,
        pattern,
        device: "client",
        warmUp: "formula",
        quota,
      } as const;
      const { refused, asks } = await simulateAccount(account, aboutAsks);
      return refused <= REFUSED_AT_MOST * asks;
    },
    { guess: most / 2, tolerance: 0.2 },
  );
}

function callsPerSecond({ stsCalls, simulation }: AccountOutcome): number {
  return (stsCalls * simulation.scale) / simulation.countedSeconds;
}

/**
 * The most users for which `serves` is true, to within `tolerance`. It is true for few and false for many. `guess`: where the
 * search begins. Gives 0 where it is true for none.
 */
async function mostUsers(
  serves: (users: number) => Promise<boolean>,
  { guess, tolerance }: { readonly guess: number; readonly tolerance: number },
): Promise<number> {
  let enough = guess;
  let tooMany = guess;
  if (await serves(guess)) {
    do {
      enough = tooMany;
      tooMany *= 2;
      if (tooMany > MOST) return MOST;
    } while (await serves(tooMany));
  } else {
    do {
      tooMany = enough;
      enough /= 2;
      if (enough < FEWEST) return 0;
    } while (!(await serves(enough)));
  }
  while (tooMany / enough > 1 + tolerance) {
    const middle = Math.sqrt(enough * tooMany);
    if (await serves(middle)) enough = middle;
    else tooMany = middle;
  }
  return enough;
}

/** Users. More than an App has in one account. */
const MOST = 50_000_000;
const FEWEST = 500;
