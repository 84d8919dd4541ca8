import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { calledWrongly, optionsOrUsage } from "./command-line.ts";

type Check = readonly [what: string, command: string, ...args: string[]];

/** Types, lint, import rules and dead code: seconds. */
const STATIC: readonly Check[] = [
  types("types", "."),
  // Browsers' names, and none of Node.js'.
  types("types of the client", "client"),
  types("types of the client's tests", "test/client"),
  types("types of the demo App", "examples/web"),
  ["format and lint", "@biomejs/biome:biome", "check", "--error-on-warnings", "."],
  ["typed lint", "oxlint", "--type-aware", "--deny-warnings", "."],
  [
    "import rules",
    "dependency-cruiser:depcruise",
    "--config",
    ".dependency-cruiser.cjs",
    "functions",
    "shared",
    "client",
    "sandbox",
    "cli",
    "scripts",
    "test",
  ],
  ["dead code", "knip"],
];

function types(what: string, project: string): Check {
  const state = `node_modules/.cache/types-${project.replace(/\W/g, "-")}.json`;
  return [what, "typescript:tsc", "-p", project, "--incremental", "--tsBuildInfoFile", state];
}

/** Keeps both cores of a small machine busy by itself. */
const PLANTED: Check = ["planted security bugs", "tsx", "scripts/planted.ts"];

/** Folders of tests that start no server and build no bundle. */
const FAST_TESTS = ["test/unit", "test/vectors", "test/contract/planted.test.ts"];

/** What a developer runs after each change. `since`: the tests of files that differ from this commit. */
function quickChecks(since: string): readonly Check[] {
  const tests = ["run", `--changed=${since}`, "--passWithNoTests", ...FAST_TESTS];
  return [["tests near the change", "vitest", ...tests], ...STATIC];
}

const USAGE = `npm run check               everything that CI checks apart from the tests
npm run check -- --ci       the same where npm test runs too
npm run quick               types, lint, import rules, dead code, and the fast tests near what is not committed
npm run quick -- --since R  the same for everything that differs from commit R`;

const options = optionsOrUsage(
  { ci: { type: "boolean" }, quick: { type: "boolean" }, since: { type: "string" } },
  USAGE,
);
const since = String(options["since"] ?? "HEAD");
// vitest takes an unknown commit for one without any change, and runs no test.
if (
  options["quick"] === true &&
  spawnSync("git", ["rev-parse", "--verify", "--quiet", `${since}^{commit}`]).status !== 0
)
  calledWrongly(
    `--since is "${since}", which git does not know; write a branch or commit, such as main or HEAD~1`,
    USAGE,
  );
const failed = await failedOf(options["quick"] === true ? quickChecks(since) : STATIC, 2);
if (options["quick"] !== true)
  failed.push(...(await failedOf([options["ci"] === true ? [...PLANTED, "--ci"] : PLANTED], 1)));
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

/** Runs every check, also after a failure, so that one run shows all of them. */
async function failedOf(checks: readonly Check[], atATime: number): Promise<string[]> {
  const failed: string[] = [];
  const waiting = [...checks];
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const [what] = check;
      const startedMs = Date.now();
      const { passed, output } = await run(check);
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
      // A developer reads what is wrong; CI's log keeps everything.
      const shown = passed && options["quick"] === true ? "" : output;
      process.stdout.write(`${shown}${passed ? "ok    " : "FAILED"} ${what} (${seconds} s)\n`);
      if (!passed) failed.push(what);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return failed;
}

function run([, command, ...args]: Check): Promise<{ readonly passed: boolean; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binOf(command), ...args], {
      cwd: join(import.meta.dirname, ".."),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.on("error", reject).on("close", (code) => resolve({ passed: code === 0, output }));
  });
}

/** `package` or `package:bin`. */
function binOf(command: string): string {
  const [name = "", bin = name] = command.split(":");
  const folder = join(import.meta.dirname, "../node_modules", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly bin: string | Readonly<Record<string, string>>;
  };
  const path = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  if (path === undefined) throw new Error(`${name} has no command ${bin}`);
  return join(folder, path);
}
