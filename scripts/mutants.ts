import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * Plants each security bug of test/mutants.json, one at a time, and runs the tests that must notice. A mutant
 * that survives is a check without a proof. Nothing is written: vitest.config.ts changes the text as it loads it.
 *
 * `--learn` looks for the tests of mutants that name none (`killedBy`) and writes them into the file.
 */
interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test files of which at least one turns red. */
  readonly killedBy?: readonly string[];
}

/** Milliseconds for one run of vitest. One that is ended for it has told nothing, neither red nor green. */
const DEADLINE_MS = { planted: 60_000, many: 300_000 };

/**
 * One red test is enough to kill. Without the first flag, each test that a planted bug keeps waiting would wait for
 * the whole of its time, one after the other.
 */
const PLANTED_FLAGS = ["--bail=1", "--testTimeout=10000"];

const root = join(import.meta.dirname, "..");
const listPath = join(root, "test/mutants.json");
const { values: options } = parseArgs({ options: { learn: { type: "boolean" }, only: { type: "string" } } });
const mutants = JSON.parse(readFileSync(listPath, "utf8")) as readonly Mutant[];

const malformed = mutants.filter(({ file, find, replace }) => {
  const text = readFileSync(join(root, file), "utf8");
  return find === replace || text.split(find).length !== 2;
});
for (const { name, file } of malformed)
  console.error(`not planted: ${name}: its text occurs not exactly once in ${file}`);

// Red without a mutant would pass for "killed" with any.
const baseline = [...new Set(mutants.flatMap(({ killedBy = [] }) => killedBy))];
const redAnyway = baseline.length === 0 ? [] : await failedTestFiles(undefined, baseline);
if (redAnyway === undefined || redAnyway.length > 0) {
  console.error(`mutants: red without any mutant: ${redAnyway?.join(", ") ?? "vitest gave no report"}`);
  process.exit(1);
}

const survivors: string[] = [];
const learnt = new Map<string, readonly string[]>();
const chosen = mutants.filter((mutant) => options.only === undefined || mutant.name.includes(options.only));
const queue = chosen.filter((mutant) => !malformed.includes(mutant));
const startedMs = Date.now();
await Promise.all([worker(), worker()]);
if (options.learn === true) {
  const updated = mutants.map((mutant) => ({
    ...mutant,
    killedBy: learnt.get(mutant.name) ?? mutant.killedBy ?? [],
  }));
  writeFileSync(listPath, `${JSON.stringify(updated, null, 2)}\n`);
}
const seconds = Math.round((Date.now() - startedMs) / 1000);
console.log(
  `mutants: ${chosen.length - survivors.length - malformed.length} of ${chosen.length} killed in ${seconds} s`,
);
for (const name of survivors) console.error(`survived: ${name}`);
process.exitCode = survivors.length + malformed.length === 0 ? 0 : 1;

async function worker(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const known = mutant.killedBy ?? [];
    if (known.length === 0 && options.learn !== true) {
      survivors.push(`${mutant.name} (names no test: run with --learn)`);
      continue;
    }
    const failed = await failedTestFiles(mutant, options.learn === true && known.length === 0 ? [] : known);
    if (failed === undefined) survivors.push(`${mutant.name} (vitest gave no report)`);
    else if (failed.length === 0) survivors.push(mutant.name);
    else if (options.learn === true) learnt.set(mutant.name, known.length > 0 ? known : failed.slice(0, 1));
  }
}

/**
 * The test files that fail with the mutant planted; all of unit, property and attack where none are named.
 * undefined where vitest told nothing.
 */
async function failedTestFiles(
  mutant: Mutant | undefined,
  files: readonly string[],
): Promise<readonly string[] | undefined> {
  const where = files.length > 0 ? files : ["test/unit", "test/attack", "test/property", "test/flow"];
  const flags = mutant === undefined ? [] : PLANTED_FLAGS;
  const output = await outputOf(mutant, ["run", "--reporter=json", ...flags, ...where]);
  const start = output.indexOf("{");
  if (start < 0) return undefined;
  const { testResults } = JSON.parse(output.slice(start)) as {
    readonly testResults: readonly {
      readonly name: string;
      readonly status: string;
      readonly assertionResults: readonly { readonly status: string }[];
    }[];
  };
  // A file that cannot even be loaded with the mutant has failed too, and proves nothing: only a red test does.
  return testResults
    .filter(({ status, assertionResults }) =>
      mutant === undefined
        ? status === "failed"
        : assertionResults.some((assertion) => assertion.status === "failed"),
    )
    .map(({ name }) => name.slice(root.length + 1));
}

function outputOf(mutant: Mutant | undefined, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...args], {
      cwd: root,
      env: {
        ...process.env,
        FENCE_CASES: "300",
        ...(mutant === undefined ? {} : { MUTANT: JSON.stringify(mutant) }),
      },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    const deadline = setTimeout(
      () => endGroup(child.pid),
      mutant === undefined || options.learn === true ? DEADLINE_MS.many : DEADLINE_MS.planted,
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
