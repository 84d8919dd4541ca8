import { type Terms, termsOf } from "./closed-form.ts";
import { type Design, instancesFor } from "./designs.ts";
import { type Pattern, PUSH_SECONDS } from "./patterns.ts";
import { type Outcome, type Simulation, simulate, WARM_UP_CYCLES } from "./simulate.ts";

/** AssumeRole calls a second that one account may make. Source: Alibaba Cloud, notice ram20220829; more by a ticket. */
export const ACCOUNT_CALLS_PER_SECOND = 100;

/** All users of one account, and what happens to them. */
export interface Account {
  readonly design: Design;
  readonly pattern: Pattern;
  readonly users: number;
  readonly asksPerHour: number;
  readonly lifeSeconds: number;
  readonly device: Simulation["device"];
  /** See {@link Simulation}. Devices with credentials of their own have nothing but their asks. */
  readonly warmUp: "asks" | "formula";
  /** Calls a second; `Infinity` where a formula without a quota is checked. */
  readonly quota: number;
}

export interface AccountOutcome extends Outcome {
  readonly simulation: Simulation;
  /** How often each simulated user's place calls, in hours: for formulas. */
  readonly terms: Terms;
}

/** Simulates so many asks, about. The users are as many fewer as that needs, and so is the quota. */
export async function simulateAccount(account: Account, aboutAsks: number): Promise<AccountOutcome> {
  const { design, pattern, asksPerHour, lifeSeconds, users } = account;
  const instances = instancesFor(design, peakAsksPerSecond(account));
  const terms = termsOf(design, { asksPerHour, lifeSeconds, instances });
  const settledHours = settling(terms);
  const byFormula = account.warmUp === "formula" && design.device === "asks";
  const warmUpSeconds = byFormula ? lifeSeconds : settledHours * WARM_UP_CYCLES * 3600;
  const countedSeconds = pattern.countedSeconds ?? settledHours * 3600;
  // What a device has in its hand is answered at once.
  const asks = design.device === "keeps" ? 4 * aboutAsks : aboutAsks;
  const asksOfOne = (((byFormula ? 0 : warmUpSeconds) + countedSeconds) / 3600) * asksPerHour;
  const simulated = Math.min(users, Math.max(FEWEST_USERS, Math.ceil(asks / asksOfOne)));
  const simulation: Simulation = {
    ...account,
    users: simulated,
    scale: users / simulated,
    instances,
    stsCallsPerSecond: account.quota,
    warmUpSeconds,
    warmUp: byFormula ? terms : "asks",
    countedSeconds,
    seed: SEED,
  };
  return { ...(await simulate(simulation)), simulation, terms };
}

/**
 * Hours in which caches forget how they began: the time between two calls of a place. Places that are seldom asked forget
 * sooner, as the next ask comes by chance.
 */
function settling({ freshHours, places, asksPerHour }: Terms): number {
  return freshHours + Math.min(places / asksPerHour, Math.max(freshHours, 1 / asksPerHour));
}

const FEWEST_USERS = 200;
const SEED = 20261127;

/** Asks that the fleet is made for: those of a push message come on top of the usual ones. */
function peakAsksPerSecond({ users, asksPerHour, pattern }: Account): number {
  return (users * asksPerHour) / 3600 + (pattern.event === "push" ? users / PUSH_SECONDS : 0);
}
