// Installs the packages that the lock file names and node_modules lacks. Then runs a TypeScript file of this project, or
// a command of a package (`vitest`). Plain JavaScript that imports nothing of ours: it must work before the installation.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Not `npm ci`: it refuses a lock file without the packages of other platforms, which some registries do not have.
// With --no-save, npm installs what the lock file names and does not change the file.
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
    process.stderr.write("npm install failed: see above. Check that the npm registry is reachable.\n");
    process.exit(1);
  }
}

const [command = "", ...args] = process.argv.slice(2);
const run = command.endsWith(".ts") ? ["--import", "tsx", command] : [binOf(command)];
const child = spawn(process.execPath, [...run, ...args], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // On a terminal, Ctrl-C reaches the child directly.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
// When npm is stopped, the shell between npm and this process is stopped too, without any signal to us.
const parent = process.ppid;
const orphaned = setInterval(() => {
  if (process.ppid !== parent) child.kill("SIGTERM");
}, 500);
child.on("exit", (code, signal) => {
  clearInterval(orphaned);
  process.exitCode = code ?? 128 + constants.signals[signal];
});

/** True when node_modules has every version that the lock file names, according to npm's own hidden lock file. */
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

/** `package` or `package:command`, where their names differ. */
function binOf(text) {
  const [name = "", command = name] = text.split(":");
  const manifest = join(root, "node_modules", name, "package.json");
  const bin = JSON.parse(readFileSync(manifest, "utf8")).bin;
  return join(dirname(manifest), typeof bin === "string" ? bin : bin[command]);
}
