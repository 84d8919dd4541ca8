/** What happens to the users and to the cloud, once, while everybody asks now and then. */
export interface Pattern {
  readonly name: string;
  /** Seconds from the event in which everything is counted. undefined: as long as the steady state needs. */
  readonly countedSeconds: number | undefined;
  readonly event: "none" | "push" | "deploy" | "outage";
}

/** Seconds in which a push message reaches everybody, who then open the App. Assumption. */
export const PUSH_SECONDS = 60;

export const OUTAGE_SECONDS = 600;

export const STEADY: Pattern = { name: "steady", countedSeconds: undefined, event: "none" };

export const PUSH: Pattern = {
  name: "a push message wakes everybody within a minute",
  countedSeconds: 600,
  event: "push",
};

export const DEPLOY: Pattern = {
  name: "a deploy empties the cache of every instance",
  countedSeconds: 1800,
  event: "deploy",
};

export const OUTAGE: Pattern = { name: "STS is down for ten minutes", countedSeconds: 1200, event: "outage" };

export const EVENTS: readonly Pattern[] = [PUSH, DEPLOY, OUTAGE];
