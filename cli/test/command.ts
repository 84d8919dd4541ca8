import { sentenceOf } from "../../shared/domain/problem.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { type PromiseOutcome, runAccessTests, UNKNOWN_BUCKET } from "../shared/access-tests.ts";
import { largestPolicyOf, policySizeWarnings } from "../shared/checked-access-file.ts";
import { ACCESS, BUCKET, bucketFrom, command, type Terminal } from "../shared/command.ts";

/** Exit code 0: every promise is kept; 1: one is broken. */
export const test = command({
  name: "test",
  usage: ["npm run valet -- test [options]"],
  about:
    "Runs the tests in access.yaml. Each promise is checked twice: against the session policy of the rules, and with the sandbox's policy evaluator, together with the client role's policy as provision creates it.",
  options: {
    bucket: BUCKET,
    access: ACCESS,
    json: { help: "print JSON" },
  },
  yes: "every promise is kept",
  no: "a promise is broken",
  run: async ({ values }, terminal, access) => {
    const { rules } = await access(values.access);
    return tested(
      rules,
      { bucket: bucketFrom(values.bucket, terminal), json: values.json === true },
      terminal,
    );
  },
});

function tested(
  rules: AccessRules,
  { bucket, json }: { readonly bucket: string | undefined; readonly json: boolean },
  terminal: Terminal,
): number {
  const outcomes = runAccessTests(rules, {
    bucket: bucket ?? UNKNOWN_BUCKET,
    nowMs: terminal.nowMs(),
  });
  const broken = outcomes.filter(({ kept }) => !kept).length;
  const largest = largestPolicyOf(rules, bucket);
  if (json) {
    terminal.out(
      JSON.stringify({ kept: outcomes.length - broken, broken, outcomes, largestPolicy: largest }, null, 2),
    );
    return broken === 0 ? 0 : 1;
  }
  for (const warning of policySizeWarnings(rules, bucket))
    terminal.error(`warning: ${sentenceOf({ where: "rules", ...warning })}`);
  if (outcomes.length === 0) {
    terminal.out(
      "There are no tests, so nothing was proven. Write some below tests: docs/access-rules.md shows how",
    );
    return 0;
  }
  terminal.out(table(outcomes));
  terminal.out(
    broken === 0
      ? `${outcomes.length} promises, all kept`
      : `${broken} of ${outcomes.length} promises broken`,
  );
  return broken === 0 ? 0 : 1;
}

/** Columns as wide as their widest cell; the reason comes last and may be long. */
function table(outcomes: readonly PromiseOutcome[]): string {
  const rows = [
    ["", "test", "expected", "got", "promise", "because"],
    ...outcomes.map(({ kept, test, expected, got, promise, because }) => [
      kept ? "kept" : "BROKEN",
      test,
      expected,
      got,
      promise,
      because,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
