/** What one check found. */
export interface Finding {
  /** What was looked at, e.g. `trust policy of role oss-valet-client`. */
  readonly check: string;
  /** warn: it works, and something about it is not as it should be. skip: it could not be looked at. */
  readonly outcome: "ok" | "warn" | "fail" | "skip";
  /** What is there; of a failure the cause, of a skipped check the reason. */
  readonly seen: string;
  /** What to do; of warnings and failures. */
  readonly fix?: string;
}

/** Where checks tell what they found, in the order of their telling. */
export interface Findings {
  readonly ok: (check: string, seen: string) => void;
  readonly warn: (check: string, seen: string, fix: string) => void;
  readonly fail: (check: string, cause: string, fix: string) => void;
  readonly skip: (check: string, reason: string) => void;
}

export function findingsTo(hear: (finding: Finding) => void): Findings {
  return {
    ok: (check, seen) => hear({ check, outcome: "ok", seen }),
    warn: (check, seen, fix) => hear({ check, outcome: "warn", seen, fix }),
    fail: (check, seen, fix) => hear({ check, outcome: "fail", seen, fix }),
    skip: (check, seen) => hear({ check, outcome: "skip", seen }),
  };
}

/** One line for what is there, and below it one for what to do. */
export function findingText({ check, outcome, seen, fix }: Finding): string {
  const line = `${MARKS[outcome]} ${check}: ${seen}`;
  return fix === undefined ? line : `${line}\n       → ${fix}`;
}

const MARKS: Readonly<Record<Finding["outcome"], string>> = {
  ok: "ok    ",
  warn: "warn  ",
  fail: "FAIL  ",
  skip: "skip  ",
};
