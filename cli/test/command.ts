import { parseArgs } from "node:util";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { type PromiseOutcome, runAccessTests, UNKNOWN_BUCKET } from "../shared/access-tests.ts";
import { bucketFrom } from "../shared/bucket.ts";
import type { Terminal } from "../shared/command.ts";
import { largestPolicyOf, policySizeWarnings } from "../shared/policy-size.ts";

export const TEST_HELP = `npm run valet -- test [--json]

Keeps access.yaml to its word: every promise under tests is judged by what the rules grant and by the sandbox's policy
evaluator, with the client role's policy as provision derives it. Exit code 0: all are kept; 1: one is broken.

  --bucket NAME    the bucket where a rule names none; OSS_BUCKET where left out
  --access FILE    another file than access.yaml (or ACCESS_FILE)
  --json           for machines`;

/** Exit code 0: every promise is kept; 1: one is broken. */
export function test(args: readonly string[], rules: AccessRules, terminal: Terminal): number {
  const { values } = parseArgs({
    args: [...args],
    options: { bucket: { type: "string" }, json: { type: "boolean" } },
  });
  const bucket = bucketFrom(values.bucket, terminal);
  const outcomes = runAccessTests(rules, {
    bucket: bucket ?? UNKNOWN_BUCKET,
    nowMs: terminal.nowMs(),
  });
  const broken = outcomes.filter(({ kept }) => !kept).length;
  const largest = largestPolicyOf(rules, bucket);
  if (values.json === true) {
    terminal.out(
      JSON.stringify({ kept: outcomes.length - broken, broken, outcomes, largestPolicy: largest }, null, 2),
    );
    return broken === 0 ? 0 : 1;
  }
  for (const warning of policySizeWarnings(rules, bucket)) terminal.error(`warning: ${warning}`);
  if (outcomes.length === 0) {
    terminal.out("access.yaml promises nothing; write tests: docs/access-rules.md shows how");
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
