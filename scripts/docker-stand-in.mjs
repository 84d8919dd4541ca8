#!/usr/bin/env node
// Replaces the `docker` command on machines without a Docker engine, so that `s local invoke` and `s local start` work.
// Put a link called `docker` to this file into a folder, and put that folder first into PATH. It accepts only the command
// lines that Serverless Devs' fc3 component uses for Node.js: `docker run` starts a process of the sandbox's Function
// Compute with the mounted code and the -e variables, on 127.0.0.1.
import { execFileSync, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CONTAINER_MAIN = fileURLToPath(new URL("../sandbox/fc/container-main.ts", import.meta.url));
const containers = join(tmpdir(), `oss-valet-containers-${userInfo().uid}`);
const NAME = /^[A-Za-z0-9][\w.-]{0,127}$/;

const [verb, ...args] = process.argv.slice(2);
switch (verb) {
  case "--version":
  case "-v":
    process.stdout.write("Docker version 0.0.0, build oss-valet's stand-in\n");
    break;
  case "info":
    process.stdout.write("Server: oss-valet's stand-in: containers are processes on this machine\n");
    break;
  case "pull":
    process.stdout.write(`${args.at(-1)}: nothing to pull, the stand-in runs the function itself\n`);
    break;
  case "run":
    run(args);
    break;
  case "ps":
    process.stdout.write(["NAMES", ...running().map(({ name }) => name), ""].join("\n"));
    break;
  case "kill":
  case "stop":
    kill(args);
    break;
  default:
    fail(`'${verb ?? ""}' is a command that the stand-in for docker does not support`);
}

function run(given) {
  const command = parse(given);
  const { name, detached } = command;
  if (running().some((container) => container.name === name)) fail(`the name ${name} is in use`);
  const child = fork(CONTAINER_MAIN, [name], {
    execArgv: ["--import", import.meta.resolve("tsx")],
    // Only PATH, which finds programs: a container has nothing else of this shell either.
    env: {
      PATH: process.env.PATH,
      OSS_VALET_CONTAINER: JSON.stringify({
        port: command.port,
        codeDir: command.codeDir,
        environment: command.environment,
      }),
    },
    stdio: detached ? ["ignore", "ignore", "ignore", "ipc"] : ["ignore", "inherit", "inherit", "ipc"],
    detached,
  });
  mkdirSync(containers, { recursive: true, mode: 0o700 });
  const file = join(containers, `${name}.json`);
  writeFileSync(file, JSON.stringify({ name, pid: child.pid }), { mode: 0o600 });
  child.on("exit", (code) => {
    rmSync(file, { force: true });
    process.exit(code ?? 137);
  });
  child.on("message", () => {
    if (!detached) return;
    process.stdout.write(`${name}\n`);
    process.exit(0);
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  if (!detached) atEndOfInput(() => child.kill("SIGTERM"));
}

/**
 * A signal sent only to `s` ends it before fc3 can call `docker kill`. The only sign of that is the end of our standard
 * input, which is a pipe from `s`. Docker would keep running; a process with the developer's keys should not.
 */
function atEndOfInput(then) {
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) process.stdin.on("end", then).resume();
}

/** Reads the options that fc3 writes. Refuses any other, because the stand-in does not do what it asks for. */
function parse(given) {
  const command = { name: randomBytes(6).toString("hex"), detached: false, environment: {} };
  const rest = [...given];
  for (;;) {
    const option = rest.shift();
    if (option === undefined) fail("docker run needs an image");
    if (!option.startsWith("-")) break;
    if (option === "-d") command.detached = true;
    else if (option === "--name") command.name = rest.shift();
    else if (option === "-p") {
      const [, port] =
        /^(\d+):9000$/.exec(rest.shift() ?? "") ??
        fail("-p: the stand-in supports only port 9000, and no breakpoints");
      command.port = Number(port);
    } else if (option === "-v") command.codeDir = /^(.+):\/code$/.exec(rest.shift() ?? "")?.[1];
    else if (option === "-e") {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(rest.shift() ?? "") ?? fail("-e needs NAME=value");
      command.environment[key] = value;
    } else if (option === "--platform") rest.shift();
    else if (option !== "-i" && option !== "--rm" && !option.startsWith("--memory=")) {
      fail(`docker run ${option}: the stand-in does not support this option`);
    }
  }
  if (!NAME.test(command.name ?? "")) fail("docker run --name: not a valid name");
  if (!Number.isInteger(command.port)) fail("docker run: the stand-in needs -p <port>:9000");
  if (command.codeDir === undefined) fail("docker run: the stand-in needs -v <code folder>:/code");
  const runtime = command.environment.FC_RUNTIME;
  if (runtime !== "nodejs20") fail(`the stand-in supports only nodejs20, not ${runtime}`);
  return command;
}

function kill(names) {
  for (const name of names) {
    const container = running().find((candidate) => candidate.name === name);
    if (container === undefined) fail(`No such container: ${name}`);
    process.kill(container.pid, "SIGTERM");
    rmSync(join(containers, `${name}.json`), { force: true });
    process.stdout.write(`${name}\n`);
  }
}

function running() {
  let files = [];
  try {
    files = readdirSync(containers);
  } catch {
    return [];
  }
  return files
    .map((file) => JSON.parse(readFileSync(join(containers, file), "utf8")))
    .filter(({ name, pid }) => isContainer(name, pid));
}

/** The process may have ended, and another process may have its number now. */
function isContainer(name, pid) {
  try {
    const line = execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
    return line.includes(CONTAINER_MAIN) && line.trimEnd().endsWith(name);
  } catch {
    return false;
  }
}

function fail(message) {
  process.stderr.write(`docker: ${message}\n`);
  process.exit(125);
}
