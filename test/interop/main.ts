import { calledWrongly, optionsOrUsage } from "../../scripts/command-line.ts";
import { LANGUAGES } from "./languages.ts";
import { countsOf } from "./report.ts";
import { type Outcome, runLanguage } from "./run-language.ts";

const NAMES = LANGUAGES.map(({ name }) => name);

const USAGE = `npm run interop [-- --only LANGUAGE] [--strict]

  --only LANGUAGE  one of ${NAMES.join(", ")}
  --strict         a language that is skipped is a failure`;

/**
 * Runs the official SDKs of other languages against the cloud that `npm start` starts, with the credentials that
 * oss-valet vends. Exit code 1 if a case fails. What is skipped is said.
 */
async function main(): Promise<void> {
  const { only, strict } = optionsOrUsage({ only: { type: "string" }, strict: { type: "boolean" } }, USAGE);
  if (only !== undefined && !NAMES.includes(only))
    calledWrongly(`--only is "${only}"; write one of ${NAMES.join(", ")}`, USAGE);
  const chosen = LANGUAGES.filter(({ name }) => only === undefined || name === only);
  const outcomes = await Promise.all(chosen.map(runLanguage));
  for (const outcome of outcomes) console.log(textOf(outcome));
  process.exitCode = outcomes.some((outcome) => isRed(outcome, strict === true)) ? 1 : 0;
}

function isRed(outcome: Outcome, strict: boolean): boolean {
  return "skipped" in outcome ? strict : outcome.report.failed.length > 0;
}

function textOf(outcome: Outcome): string {
  if ("skipped" in outcome)
    return `\n!!! ${outcome.name}: SKIPPED, none of its SDKs was tried.\n    ${outcome.skipped}`;
  const { name, seconds, report } = outcome;
  return [
    `\n${name}, ${report.passed.length} cases passed, ${report.failed.length} failed, ${seconds} s`,
    ...countsOf(report).map((line) => `  ${line}`),
    ...report.failed.map(({ sdk, case: what, detail }) => `  FAILED ${sdk}: ${what}\n    ${detail}`),
  ].join("\n");
}

await main();
