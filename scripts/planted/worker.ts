import { join } from "node:path";
import { createVitest, type TestModule, type TestSpecification } from "vitest/node";
import config from "../../vitest.config.ts";
import { IN_A_THREAD } from "./in-a-thread.ts";
import { type Planted, plantingPlugin } from "./plugin.ts";

/**
 * A process of scripts/planted.ts: one vitest that lives for many bugs. It loads a file again where a bug is planted
 * or taken away. vitest itself runs each test file in a new process or thread, so no state stays behind.
 */

/** Run these tests, with this bug or without any. */
export interface Order {
  readonly planted?: Planted;
  /** Test files or folders. The run ends at the first red test. */
  readonly where: readonly string[];
}

/** What a run has shown. */
export interface Outcome {
  /** The red tests. */
  readonly red: readonly RedTest[];
  /** Test files that failed outside of a test, with the reason: they prove nothing. */
  readonly broken: readonly string[];
  /** How many test files there were. */
  readonly files: number;
  /** Whether a test has loaded the file with the bug. */
  readonly wasLoaded: boolean;
}

export interface RedTest {
  /** Path of its test file. */
  readonly file: string;
  /** Its full name, and the first line of why it is red. */
  readonly why: string;
}

/** Milliseconds. A bug that keeps a test waiting need not wait for the usual 20 seconds. */
const TEST_TIMEOUT_MS = 10_000;

const root = join(import.meta.dirname, "../..");
const planting = plantingPlugin(root);
// Without the projects: here no files share a process.
const { projects: _projects, ...options } = config.test ?? {};
const vitest = await createVitest(
  "test",
  {
    ...options,
    config: false,
    include: ["test/**/*.test.ts"],
    root,
    watch: false,
    bail: 1,
    testTimeout: TEST_TIMEOUT_MS,
    maxWorkers: 1,
    reporters: [{}],
  },
  { plugins: [planting.plugin] },
);
await vitest.standalone();

process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  outcomeOf(order).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function outcomeOf({ planted, where }: Order): Promise<Outcome> {
  planting.plant(planted);
  if (planted !== undefined) vitest.invalidateFile(join(root, planted.file));
  const specifications = (await vitest.globTestSpecifications([...where])).map(placed);
  const { testModules: allSoFar } = await vitest.runTestSpecifications(specifications);
  // vitest also returns the test files of earlier runs: a red one of them would pass for red with this bug.
  const asked = new Set(specifications.map(({ moduleId }) => moduleId));
  const testModules = allSoFar.filter(({ moduleId }) => asked.has(moduleId));
  const wasLoaded = planting.wasLoaded();
  planting.plant(undefined);
  if (planted !== undefined) vitest.invalidateFile(join(root, planted.file));
  return {
    red: testModules.flatMap(redTestsOf),
    broken: testModules.flatMap(troublesOf),
    files: testModules.length,
    wasLoaded,
  };
}

function placed(file: TestSpecification): TestSpecification {
  const { moduleId, project } = file;
  return IN_A_THREAD.test(moduleId) ? project.createSpecification(moduleId, undefined, "threads") : file;
}

function redTestsOf({ children, relativeModuleId: file }: TestModule): readonly RedTest[] {
  return [...children.allTests("failed")].map((test) => {
    const [error] = test.result().errors ?? [];
    return { file, why: `${test.fullName}: ${error?.message.split("\n")[0] ?? "no reason"}` };
  });
}

function troublesOf(module: TestModule): readonly string[] {
  return module.errors().map(({ message }) => `${module.relativeModuleId}: ${message.split("\n")[0]}`);
}
