// Runs a TypeScript file of this project, or a command of a package (`vitest`), after installing what the lock file
// names and node_modules lacks. Plain JavaScript without imports of ours: it must work before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Not `npm ci`: it refuses a lock file without the packages of other platforms, which some registries do not carry.
// With --no-save, npm installs what the lock file names and leaves the file alone.
const INSTALL = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  process.stderr.write(`oss-valet needs Node.js 20.12 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

if (!installed()) {
  process.stderr.write("Installing the dependencies (once) ...\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const install = spawnSync(npm, INSTALL, {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (install.status !== 0) {
    process.stderr.write("npm install failed: see above. Is the npm registry reachable?\n");
    process.exit(1);
  }
}

const [command = "", ...args] = process.argv.slice(2);
const run = command.endsWith(".ts") ? ["--import", "tsx", command] : [binOf(command)];
const child = spawn(process.execPath, [...run, ...args], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // Ctrl-C on a terminal reaches the child by itself.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
// Who stops npm stops the shell that npm started us with, and the shell tells nobody: it is just gone.
const parent = process.ppid;
const orphaned = setInterval(() => {
  if (process.ppid !== parent) child.kill("SIGTERM");
}, 500);
child.on("exit", (code, signal) => {
  clearInterval(orphaned);
  process.exitCode = code ?? 128 + constants.signals[signal];
});

/** Whether node_modules holds every version that the lock file names (npm's own hidden lock file tells). */
function installed() {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" ||
      entry.link ||
      entry.optional ||
      !path.startsWith("node_modules/") ||
      present[path]?.version === entry.version,
  );
}

function binOf(name) {
  const manifest = join(root, "node_modules", name, "package.json");
  const bin = JSON.parse(readFileSync(manifest, "utf8")).bin;
  return join(dirname(manifest), typeof bin === "string" ? bin : bin[name]);
}
