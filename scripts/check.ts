import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Everything that CI checks besides the tests. After a failure it continues, so that one run shows all failures. */
const CHECKS: readonly (readonly [what: string, command: string, ...args: string[]])[] = [
  ["types", "typescript:tsc", "-p", "."],
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
  ["planted security bugs", "tsx", "scripts/planted.ts"],
];

const root = join(import.meta.dirname, "..");
const failed: string[] = [];
for (const [what, command, ...args] of CHECKS) {
  const startedMs = Date.now();
  const { status } = spawnSync(process.execPath, [binOf(command), ...args], { cwd: root, stdio: "inherit" });
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${what} (${seconds} s)`);
  if (status !== 0) failed.push(what);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

/** `package` or `package:bin`. */
function binOf(command: string): string {
  const [name = "", bin = name] = command.split(":");
  const folder = join(root, "node_modules", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly bin: string | Readonly<Record<string, string>>;
  };
  const path = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  if (path === undefined) throw new Error(`${name} has no command ${bin}`);
  return join(folder, path);
}
