import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./scripts/longest-first.ts";

/**
 * Folders whose test files share a process: they leave nothing behind in it. That saves 0.4 s of CPU for each file,
 * because the modules are loaded once (49 files of test/unit: 31.8 s apart, 11.8 s together, on a busy machine).
 */
const SHARING = ["unit", "attack", "property", "vectors", "client", "sandbox", "contract"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** Files that take a large part of the whole time: a real browser, ten thousand operations, processes that stand still. */
const LONG = [
  "test/browser/**/*.test.ts",
  "test/client/chaos.test.ts",
  "test/flow/freeze.test.ts",
  "test/property/policy-is-the-grant.test.ts",
];

/** They install what the package oss-valet depends on, into projects of somebody. */
const PACKAGE = ["test/package/**/*.test.ts"];

/** `npm test` runs the first two projects, `npm run test:long` and `npm run test:package` the others. */
export default defineConfig({
  test: {
    reporters: ["default", "./test/support/plain-summary.ts"],
    // vitest leaves one core out, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    // Milliseconds. A browser on a busy machine may need more than the default of one second.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: { name: "apart", include: ["test/**/*.test.ts"], exclude: [...SHARING, ...LONG, ...PACKAGE] },
      },
      { extends: true, test: { name: "sharing", include: SHARING, exclude: LONG, isolate: false } },
      { extends: true, test: { name: "long", include: LONG } },
      {
        extends: true,
        test: {
          name: "package",
          include: PACKAGE,
          globalSetup: "test/package/support/pack.ts",
          // Milliseconds. npm fetches packages, and builds and servers of several versions of Node.js run.
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
