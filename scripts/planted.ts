import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bug } from "../test/planted/bug.ts";
import { bugs } from "../test/planted/bugs.ts";
import { declarationsOf, placeOf } from "./planted/place.ts";
import type { Planted } from "./planted/plugin.ts";

/**
 * Plants each security bug of test/planted, one at a time, and runs the tests that must notice. A bug that survives
 * is a check without a proof. No file changes: vitest.config.ts changes the text as it loads it.
 *
 * `--only TEXT` takes the bugs whose name has the text. `--learn` runs all tests for the bugs that name none
 * (`killedBy`) and prints the first that turns red.
 */

/** Milliseconds for one run of vitest. One that is ended for it has told nothing, neither red nor green. */
const DEADLINE_MS = { planted: 60_000, many: 300_000 };

/**
 * One red test is enough to kill. Without the first flag, each test that a planted bug keeps waiting would wait for
 * the whole of its time, one after the other.
 */
const PLANTED_FLAGS = ["--bail=1", "--testTimeout=10000"];

const root = join(import.meta.dirname, "..");
const { values: options } = parseArgs({ options: { learn: { type: "boolean" }, only: { type: "string" } } });
const { only } = options;
const chosen = bugs.filter(({ name }) => only === undefined || name.includes(only));

// Red without a bug would pass for "killed" with any.
const baseline = [...new Set(chosen.flatMap(({ killedBy }) => killedBy.map(pathOf)))];
const redAnyway = baseline.length === 0 ? [] : await failedTestFiles(undefined, baseline);
if (redAnyway === undefined || redAnyway.length > 0) {
  console.error(`planted: red without any bug: ${redAnyway?.join(", ") ?? "vitest gave no report"}`);
  process.exit(1);
}

const declarations = declarationsOf(root);
const survivors: string[] = [];
const queue = [...chosen];
const startedMs = Date.now();
await Promise.all([worker(), worker()]);
const seconds = Math.round((Date.now() - startedMs) / 1000);
console.log(`planted: ${chosen.length - survivors.length} of ${chosen.length} killed in ${seconds} s`);
for (const survivor of survivors) console.error(`survived: ${survivor}`);
process.exitCode = survivors.length === 0 ? 0 : 1;

async function worker(): Promise<void> {
  for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
    const problem = await problemOf(bug);
    if (problem !== undefined) survivors.push(`${bug.name}: ${problem}`);
  }
}

/** Why the bug does not count as killed. undefined: a test turned red. */
async function problemOf(bug: Bug): Promise<string | undefined> {
  const found = placeOf(bug, declarations);
  if (!found.ok) return `not planted: ${found.problem}`;
  const learns = options.learn === true && bug.killedBy.length === 0;
  if (bug.killedBy.length === 0 && !learns) return "names no test; run with --learn";
  const failed = await failedTestFiles({ ...found.place, replace: bug.replace }, bug.killedBy.map(pathOf));
  if (failed === undefined) return "vitest gave no report";
  if (failed.length === 0) return "all tests are green";
  if (learns) console.log(`${bug.name}: killedBy ${JSON.stringify(failed.slice(0, 1).map(nameOf))}`);
  return undefined;
}

/**
 * The test files that fail with the bug planted; all of unit, attack, property and flow where none are named.
 * undefined when vitest told nothing.
 */
async function failedTestFiles(
  planted: Planted | undefined,
  files: readonly string[],
): Promise<readonly string[] | undefined> {
  const where = files.length > 0 ? files : ["test/unit", "test/attack", "test/property", "test/flow"];
  const flags = planted === undefined ? [] : PLANTED_FLAGS;
  const output = await outputOf(planted, ["run", "--reporter=json", ...flags, ...where]);
  const start = output.indexOf("{");
  if (start < 0) return undefined;
  const { testResults } = JSON.parse(output.slice(start)) as {
    readonly testResults: readonly {
      readonly name: string;
      readonly status: string;
      readonly assertionResults: readonly { readonly status: string }[];
    }[];
  };
  // A file that cannot even be loaded with the bug has failed too, and proves nothing: only a red test does.
  return testResults
    .filter(({ status, assertionResults }) =>
      planted === undefined
        ? status === "failed"
        : assertionResults.some((assertion) => assertion.status === "failed"),
    )
    .map(({ name }) => name.slice(root.length + 1));
}

function outputOf(planted: Planted | undefined, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...args], {
      cwd: root,
      env: {
        ...process.env,
        FENCE_CASES: "300",
        ...(planted === undefined ? {} : { PLANTED: JSON.stringify(planted) }),
      },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    const deadline = setTimeout(
      () => endGroup(child.pid),
      planted === undefined || options.learn === true ? DEADLINE_MS.many : DEADLINE_MS.planted,
    );
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject).on("close", () => {
      clearTimeout(deadline);
      resolve(output);
    });
  });
}

/** With its workers: one that is busy for ever would keep the pipe open. */
function endGroup(pid: number | undefined): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}

function pathOf(name: string): string {
  return `test/${name}.test.ts`;
}

function nameOf(path: string): string {
  return path.replace(/^test\//, "").replace(/\.test\.ts$/, "");
}
