import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { calledWrongly, optionsOrUsage } from "../../../scripts/command-line.ts";
import { ACCOUNT_CALLS_PER_SECOND, type AccountOutcome, simulateAccount } from "./account.ts";
import { closedCapacity, eventCapacity, REFUSED_AT_MOST, steadyCapacity } from "./capacity.ts";
import { eventsChart, usersChart } from "./charts.ts";
import { type Check, EVENT_FORMULAS, eventCheck, isClose, steadyCheck } from "./checks.ts";
import { CUSTOM_RUNTIME, type Design, FORMS, WITH_STS } from "./designs.ts";
import { DEPLOY, EVENTS, OUTAGE, type Pattern } from "./patterns.ts";

const USAGE = `npm run bench:scale [-- --quick | --search] [-- --users 100000 --asks-per-hour 12 --life-seconds 3600]

  --quick          fewer asks, and no charts
  --search         only this: how many users one account serves at each event
  --users          of the simulated events
  --asks-per-hour  of one user, at the events
  --life-seconds   of the credentials; 2400 or more

With figures of your own no charts are drawn.`;

const options = optionsOrUsage(
  {
    quick: { type: "boolean", default: false },
    search: { type: "boolean", default: false },
    users: { type: "string" },
    "asks-per-hour": { type: "string" },
    "life-seconds": { type: "string" },
  },
  USAGE,
);
const { quick } = options;
const CHARTS = join(import.meta.dirname, "../../../docs/images");
/** Of each simulation, about. */
const ASKS = quick
  ? { check: 4_000, search: 2_000, event: 8_000 }
  : { check: 8_000, search: 6_000, event: 30_000 };
const USERS = figure("users", { least: 1_000, otherwise: 100_000 });
const USUAL = {
  asksPerHour: figure("asks-per-hour", { least: 0.1, otherwise: 12 }),
  lifeSeconds: figure("life-seconds", { least: 2400, otherwise: 3600 }),
};
const OWN_FIGURES = options.users ?? options["asks-per-hour"] ?? options["life-seconds"];
const ASKS_PER_HOUR = quick || OWN_FIGURES ? [USUAL.asksPerHour] : [2, 12, 60];
/** Of the self-check. */
const LIVES = quick ? [3600] : [900, 3600, 43_200];

function figure(
  name: "users" | "asks-per-hour" | "life-seconds",
  { least, otherwise }: { readonly least: number; readonly otherwise: number },
): number {
  const text = options[name];
  const value = text === undefined ? otherwise : Number(text);
  return value >= least ? value : calledWrongly(`--${name} ${text}: write a number, ${least} or more`, USAGE);
}

/** Whether everything that a formula says came out of the simulation too. */
async function selfCheck(): Promise<boolean> {
  const checks: Check[] = [];
  for (const design of WITH_STS) {
    for (const lifeSeconds of LIVES) {
      for (const asksPerHour of quick ? [12] : [2, 12, 60]) {
        checks.push(await steadyCheck(design, { asksPerHour, lifeSeconds }, ASKS.check));
      }
    }
    for (const formula of EVENT_FORMULAS) {
      // The client waits and tries again: the end of an outage serves asks that the formula takes for refused.
      if (design.device === "keeps" && formula.pattern === OUTAGE) continue;
      checks.push(await eventCheck(design, formula, 3 * ASKS.check));
    }
  }
  const off = checks.filter((check) => !isClose(check));
  const share = ({ counted, expected }: Check): string => `${(100 * (counted / expected - 1)).toFixed(1)} %`;
  for (const check of off) console.log(`OFF  ${share(check)}  ${check.of}`);
  const distance = ({ counted, expected }: Check): number => Math.abs(counted / expected - 1);
  const worst = checks.reduce((most, check) => (distance(check) > distance(most) ? check : most));
  console.log(
    `Self-check: ${checks.length - off.length} of ${checks.length} counts are within 5 % of the formula.`,
  );
  console.log(`  The farthest is off by ${share(worst)}: ${worst.of}\n`);
  return off.length === 0;
}

/** Users, by design and asks an hour. */
async function steadyUsers(): Promise<ReadonlyMap<Design, readonly number[]>> {
  console.log(
    `Users that one account serves (${ACCOUNT_CALLS_PER_SECOND} AssumeRole calls a second), credentials of ${USUAL.lifeSeconds} s; in brackets by the formula`,
  );
  console.log(
    row(
      "",
      ASKS_PER_HOUR.map((asks) => `${asks} asks/h`),
    ),
  );
  const found = new Map<Design, readonly number[]>();
  for (const design of WITH_STS) {
    const users: number[] = [];
    for (const asksPerHour of ASKS_PER_HOUR) {
      users.push(await steadyCapacity(design, { asksPerHour, lifeSeconds: USUAL.lifeSeconds }, ASKS.search));
    }
    found.set(design, users);
    const closed = (index: number): string =>
      rounded(
        closedCapacity(design, { asksPerHour: ASKS_PER_HOUR[index] ?? 0, lifeSeconds: USUAL.lifeSeconds }),
      );
    console.log(
      row(
        design.name,
        users.map((count, index) => `${rounded(count)} (${closed(index)})`),
      ),
    );
  }
  console.log(
    row(
      FORMS.name,
      ASKS_PER_HOUR.map(() => "no call of STS"),
    ),
  );
  return found;
}

async function atEvent(pattern: Pattern): Promise<ReadonlyMap<Design, AccountOutcome>> {
  console.log(
    `\n${USERS.toLocaleString("en")} users, ${USUAL.asksPerHour} asks/h each, ${USUAL.lifeSeconds} s: ${pattern.name} (the ${(pattern.countedSeconds ?? 0) / 60} minutes from then on)`,
  );
  console.log(row("", ["asks", "vends", "STS calls", "throttled", "refused", "worst wait"]));
  const outcomes = new Map<Design, AccountOutcome>();
  for (const design of [...WITH_STS, FORMS]) {
    const account = {
      ...USUAL,
      design,
      pattern,
      users: USERS,
      device: "client",
      warmUp: "formula",
      quota: ACCOUNT_CALLS_PER_SECOND,
    } as const;
    const outcome = await simulateAccount(account, ASKS.event);
    outcomes.set(design, outcome);
    const { asks, served, stsCalls, stsThrottled, refused, worstWaitSeconds, simulation } = outcome;
    const counts = [asks, served, stsCalls, stsThrottled].map((count) => rounded(count * simulation.scale));
    const refusedShare = `${((100 * refused) / asks).toFixed(2)} %`;
    console.log(row(design.name, [...counts, refusedShare, `${worstWaitSeconds.toFixed(1)} s`]));
  }
  return outcomes;
}

/** More than one account serves in this way after a deploy, so that there is something to compare. */
const SCALED_USERS = 40_000;

/** Users, quota and memory are scaled down together: that must not matter. */
async function scalingMatters(): Promise<boolean> {
  const account = {
    ...USUAL,
    design: CUSTOM_RUNTIME,
    pattern: DEPLOY,
    users: SCALED_USERS,
    device: "client",
    warmUp: "formula",
    quota: ACCOUNT_CALLS_PER_SECOND,
  } as const;
  const shares = [];
  for (const asks of [ASKS.event, Number.POSITIVE_INFINITY]) {
    const { refused, asks: all, simulation } = await simulateAccount(account, asks);
    shares.push({ refused: refused / all, users: simulation.users });
  }
  const [small, whole] = shares;
  if (small === undefined || whole === undefined) throw new Error("two simulations");
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  console.log(
    `\nScaling, ${CUSTOM_RUNTIME.name}, ${DEPLOY.name}: of ${SCALED_USERS} users ${percent(whole.refused)} of the asks are refused; simulated with ${small.users} of them and as much less quota, ${percent(small.refused)}.`,
  );
  return Math.abs(small.refused - whole.refused) > 0.05;
}

function row(name: string, cells: readonly string[]): string {
  return `${name.padEnd(36)} ${cells.map((cell) => cell.padStart(21)).join("")}`;
}

/** Three digits say more than the simulation knows. */
function rounded(count: number): string {
  return Number(count.toPrecision(3)).toLocaleString("en");
}

/** What `--search` prints: it takes as long as everything else. */
async function usersAtEvents(): Promise<void> {
  console.log(
    `Users with at most ${100 * REFUSED_AT_MOST} % of their asks refused, ${USUAL.asksPerHour} asks/h, ${USUAL.lifeSeconds} s`,
  );
  for (const pattern of EVENTS) {
    for (const design of WITH_STS) {
      const most = await eventCapacity(design, pattern, USUAL, ASKS.search);
      console.log(row(design.name, [rounded(most)]), `  ${pattern.name}`);
    }
  }
}

/** Whether the simulation agrees with the formulas. */
async function everything(): Promise<boolean> {
  const charts = !quick && OWN_FIGURES === undefined;
  const draw = (name: string, svg: string): void => {
    mkdirSync(CHARTS, { recursive: true });
    writeFileSync(join(CHARTS, `scale-${name}.svg`), svg);
  };
  const agrees = await selfCheck();
  const users = await steadyUsers();
  if (charts) draw("users", usersChart(users, ASKS_PER_HOUR, USUAL.lifeSeconds));
  for (const pattern of EVENTS) {
    const outcomes = await atEvent(pattern);
    if (charts) draw(pattern.event, eventsChart(pattern, outcomes, USERS));
  }
  console.log("\nthrottled: answers of STS. worst wait: of an ask that was served.");
  return agrees && (quick || !(await scalingMatters()));
}

if (options.search) await usersAtEvents();
else process.exitCode = (await everything()) ? 0 : 1;
