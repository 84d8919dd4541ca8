import type { ErrorCode } from "../../../shared/wire.ts";
import type { Arena, Cell, Load } from "../cell.ts";
import { COMMON, type NamedFault, pairsOf, SLOW, STS_ANSWERS, STS_DENIALS } from "../troubles.ts";

const STS_TROUBLE: readonly ErrorCode[] = ["StsThrottled", "StsUnavailable"];

/** Shares of the calls of STS that fail: an account near its quota, an outage, and everything. */
const SHARES = [0.1, 0.33, 0.5, 1];

/** Each fault of STS, for shares of its calls. The first rows of the table: what the aim of the project is about. */
export function stsShares(load: Load): readonly Cell[] {
  return [...COMMON, ...STS_ANSWERS, ...SLOW].flatMap((fault) =>
    SHARES.map((share) => stsCell("STS", load, fault, share)),
  );
}

/** All kinds of failures together, for shares of its calls: with throttling, and without it, as it is no failure of STS. */
export function stsMixed(load: Load): readonly Cell[] {
  const errors = COMMON.filter(({ fault }) => fault.kind !== "throttle");
  return [
    ...SHARES.map((share) => mixedCell("all kinds of errors", errors, load, share)),
    ...SHARES.map((share) => mixedCell("all kinds of errors, and throttled", COMMON, load, share)),
  ];
}

function mixedCell(trouble: string, faults: readonly NamedFault[], load: Load, share: number): Cell {
  return {
    topic: "STS",
    trouble,
    share: percent(share),
    may: STS_TROUBLE,
    load,
    begin: ({ sandbox, seed }) => {
      for (const [at, { fault }] of faults.entries())
        sandbox.faults.add({
          service: "sts",
          fault,
          // Of what the faults before it leave alone, so that each has the same share of all.
          share: Math.min(1, share / faults.length / (1 - (at * share) / faults.length)),
          seed: seed + at,
        });
      return () => void sandbox.faults.clear();
    },
  };
}

/** Real misconfigurations. */
export function stsDenials(load: Load): readonly Cell[] {
  return STS_DENIALS.map((fault) => ({
    ...stsCell("STS", load, fault, 1),
    may: ["ServerError"],
    // Nothing is asked twice: a denial does not pass.
    mostStsCalls: 1,
  }));
}

/** Each two faults of STS together: half of its calls fail, by the one or by the other. */
export function stsPairs(load: Load): readonly Cell[] {
  return pairsOf([...COMMON, ...SLOW]).map(([first, second]) => ({
    topic: "STS, in pairs",
    trouble: `${first.name}; ${second.name}`,
    share: "25 % each",
    may: STS_TROUBLE,
    load,
    begin: ({ sandbox, seed }) => {
      sandbox.faults.add({ service: "sts", fault: first.fault, share: 0.25, seed });
      // Of the other three quarters.
      sandbox.faults.add({ service: "sts", fault: second.fault, share: 1 / 3, seed: seed + 1 });
      return () => void sandbox.faults.clear();
    },
  }));
}

/** Faults while the clock moves: a minute at a time, forwards and, as when a clock is set right, backwards. */
export function stsClock(load: Load): readonly Cell[] {
  return COMMON.map((fault) => ({
    ...stsCell("STS, the clock moves", load, fault, 0.5),
    meanwhile: async ({ sandbox, target }: Arena, isOver: () => boolean) => {
      for (let turn = 0; !isOver(); turn += 1) {
        if (turn % 3 === 2) sandbox.clock.skew(turn % 2 === 0 ? 0 : -20_000);
        else sandbox.clock.advance(60_000);
        await target.followClock();
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    },
  }));
}

/** The same in the sandbox's Function Compute, whose instances have one request at a time, and are frozen between two. */
export function inFunctionCompute(load: Load): readonly Cell[] {
  return [...COMMON, ...SLOW].map((fault) => ({
    ...stsCell("STS, in Function Compute", load, fault, 0.5),
    in: "Function Compute" as const,
    sparesOthers: false,
  }));
}

function stsCell(topic: string, load: Load, { name, fault }: NamedFault, share: number): Cell {
  return {
    topic,
    trouble: name,
    share: percent(share),
    may: STS_TROUBLE,
    load,
    begin: ({ sandbox, seed }) => {
      const id = sandbox.faults.add({ service: "sts", fault, ...(share < 1 ? { share, seed } : {}) });
      return () => void sandbox.faults.clear(id);
    },
  };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
