import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bug } from "../test/planted/bug.ts";
import { bugs } from "../test/planted/bugs.ts";
import { IN_A_THREAD } from "./planted/in-a-thread.ts";
import { declarationsOf, placeOf } from "./planted/place.ts";
import type { Order, Outcome } from "./planted/worker.ts";

/**
 * Plants each security bug of test/planted, one at a time, and runs the tests that must notice. A bug that survives
 * is a check without a proof. No file changes: a plugin changes the text as vitest loads it.
 *
 * `--only TEXT` takes the bugs whose name has the text. `--learn` runs all tests for the bugs that name none
 * (`killedBy`) and prints the first that turns red. `--ci`: `npm test` runs in the same CI, so test files that run here as they
 * run there need not be shown to be green twice.
 */

/** Milliseconds for one run. A run that is ended for it has told nothing, neither red nor green. */
const DEADLINE_MS = { one: 60_000, many: 300_000 };

/** Where `--learn` looks. */
const FAST_TESTS = ["test/unit", "test/attack", "test/property", "test/flow"];

const root = join(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: { ci: { type: "boolean" }, learn: { type: "boolean" }, only: { type: "string" } },
});
const { only } = options;
const chosen = bugs.filter(({ name }) => only === undefined || name.includes(only));
const declarations = declarationsOf(root);
const startedMs = Date.now();
// One more than a small machine has cores: some tests wait for a time to pass.
const workers = [workerOf(), workerOf(), workerOf()];

// Red without a bug would pass for "killed" with any.
const green = [...new Set(chosen.flatMap(({ killedBy }) => killedBy.map(pathOf)))];
const notElsewhere = options.ci === true ? green.filter((file) => IN_A_THREAD.test(`/${file}`)) : green;
const redAnyway = await eachIn(notElsewhere, async (file, worker) => {
  const reason = reasonNotGreen(await worker.outcomeOf({ where: [file] }, DEADLINE_MS.many));
  return reason === undefined ? undefined : `${file}: ${reason}`;
});
const survivors = redAnyway.length > 0 ? [] : await eachIn(chosen, survivorOf);
// What is green without a bug must be green after all the red ones, too, or "killed" has meant nothing.
const [control] = green;
if (redAnyway.length === 0 && control !== undefined) {
  for (const worker of workers) {
    const reason = reasonNotGreen(await worker.outcomeOf({ where: [control] }, DEADLINE_MS.one));
    if (reason !== undefined) redAnyway.push(`after the bugs, ${control}: ${reason}`);
  }
}
for (const worker of workers) worker.end();

const seconds = Math.round((Date.now() - startedMs) / 1000);
for (const file of redAnyway) console.error(`planted: red without any bug: ${file}`);
if (redAnyway.length === 0)
  console.log(`planted: ${chosen.length - survivors.length} of ${chosen.length} killed in ${seconds} s`);
for (const survivor of survivors) console.error(`survived: ${survivor}`);
process.exitCode = redAnyway.length + survivors.length === 0 ? 0 : 1;

/** Why a run without a bug tells that its tests cannot be trusted. undefined: all is green. */
function reasonNotGreen(outcome: Outcome | undefined): string | undefined {
  if (outcome === undefined) return "no answer in time, or the process ended";
  if (outcome.files === 0) return "there is no such test file";
  return outcome.red[0]?.why ?? outcome.broken[0];
}

/** Why the bug does not count as killed. undefined: a test turned red. */
async function survivorOf(bug: Bug, worker: Worker): Promise<string | undefined> {
  const problem = await problemOf(bug, worker);
  return problem === undefined ? undefined : `${bug.name}: ${problem}`;
}

async function problemOf(bug: Bug, worker: Worker): Promise<string | undefined> {
  const found = placeOf(bug, declarations);
  if (!found.ok) return `not planted: ${found.problem}`;
  const learns = options.learn === true && bug.killedBy.length === 0;
  if (bug.killedBy.length === 0 && !learns) return "names no test; run with --learn";
  const planted = { ...found.place, replace: bug.replace };
  const where = learns ? FAST_TESTS : bug.killedBy.map(pathOf);
  const outcome = await worker.outcomeOf({ planted, where }, learns ? DEADLINE_MS.many : DEADLINE_MS.one);
  if (outcome === undefined) return "no answer in time: no test turned red, and none is known to be green";
  if (!outcome.wasLoaded) return `its tests do not load ${planted.file}`;
  const [red] = outcome.red;
  if (red === undefined) return outcome.broken[0] ?? "all its tests are green";
  if (learns) console.log(`${bug.name}: killedBy: [${JSON.stringify(nameOf(red.file))}]`);
  return undefined;
}

interface Worker {
  /** undefined when there was no answer in time, or the process has died. */
  readonly outcomeOf: (order: Order, deadlineMs: number) => Promise<Outcome | undefined>;
  readonly end: () => void;
}

function workerOf(): Worker {
  let child = workerProcess();
  return {
    outcomeOf: (order, deadlineMs) =>
      new Promise((resolve) => {
        const current = child;
        const deadline = setTimeout(() => endGroup(current), deadlineMs);
        current.once("message", (outcome) => finish(outcome as Outcome));
        current.once("exit", () => {
          child = workerProcess();
          finish(undefined);
        });
        current.send(order);

        function finish(outcome: Outcome | undefined): void {
          clearTimeout(deadline);
          current.removeAllListeners("message").removeAllListeners("exit");
          resolve(outcome);
        }
      }),
    end: () => endGroup(child),
  };
}

function workerProcess(): ChildProcess {
  return fork(join(import.meta.dirname, "planted/worker.ts"), {
    cwd: root,
    env: { ...process.env, FENCE_CASES: "300" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    detached: true,
  });
}

/** With the processes of its tests: one of them may be busy for ever. */
function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}

/** Gives the items to the workers, one at a time to each. Returns what was found, in the order of the finds. */
async function eachIn<T>(
  items: readonly T[],
  find: (item: T, worker: Worker) => Promise<string | undefined>,
): Promise<string[]> {
  const queue = [...items];
  const finds: string[] = [];
  await Promise.all(
    workers.map(async (worker) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        const one = await find(item, worker);
        if (one !== undefined) finds.push(one);
      }
    }),
  );
  return finds;
}

function pathOf(name: string): string {
  return `test/${name}.test.ts`;
}

function nameOf(path: string): string {
  return path.replace(/^test\//, "").replace(/\.test\.ts$/, "");
}
