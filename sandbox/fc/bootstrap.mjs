// What runs inside a function instance: loads the code package and serves one call after the other, in the place of
// FC's own bootstrap. Plain JavaScript, so that a cold start measures the function and not a compiler.
// Sources: docs/fidelity/fc.md.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

// The function lives in the cloud: its wall clock is the cloud's, as every call tells it. What measures time (timers,
// performance, hrtime) is left alone.
let aheadMs = 0;
const machineNow = Date.now;
const cloudNow = () => machineNow() + aheadMs;
Date.now = cloudNow;
globalThis.Date = new Proxy(Date, {
  apply: (machineDate) => new machineDate(cloudNow()).toString(),
  construct: (machineDate, args, newTarget) =>
    Reflect.construct(machineDate, args.length === 0 ? [cloudNow()] : args, newTarget),
});
Date.prototype.constructor = Date;

const codeDir = process.env.FC_FUNC_CODE_PATH;
const toPlatform = process.send.bind(process);
// The function may replace what it writes with; the marks that end a call's output must arrive all the same.
const writeStdout = process.stdout.write.bind(process.stdout);
const writeStderr = process.stderr.write.bind(process.stderr);

const LEVELS = ["debug", "info", "warn", "error"];
const lowestLevel = Math.max(0, LEVELS.indexOf(process.env.ALIYUN_FC_LOG_LEVEL));
let requestId = "";

for (const [method, level] of [
  ["debug", "debug"],
  ["log", "info"],
  ["info", "info"],
  ["warn", "warn"],
  ["error", "error"],
]) {
  console[method] = (...args) => log(level, args);
}

process.on("message", (call) => void serve(call));
process.on("disconnect", () => process.exit(0));
// A function of FC has no parent to talk to.
process.send = undefined;
toPlatform({ ready: true });

async function serve({ handler, event, context, clockOffsetMs, endMark }) {
  aheadMs = clockOffsetMs;
  requestId = context.requestId;
  const answer = await run(handler, event, context);
  writeStdout(`${endMark}\n`);
  writeStderr(`${endMark}\n`);
  toPlatform({ ...answer, maxMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024) });
}

async function run(handler, event, context) {
  const dot = handler.lastIndexOf(".");
  const file = handler.slice(0, dot);
  const method = handler.slice(dot + 1);
  let loaded;
  try {
    loaded = await load(file);
  } catch (error) {
    return failure("UnhandledInvocationError", {
      errorMessage: `Unable to import module '${file}'`,
      errorType: "ImportModuleError",
      stackTrace: stackOf(error),
    });
  }
  const target = loaded[method] ?? loaded.default?.[method];
  if (typeof target !== "function") {
    return failure("UnhandledInvocationError", {
      errorMessage: `Handler '${method}' is missing on module '${file}'`,
      errorType: "HandlerNotFound",
      stackTrace: [],
    });
  }
  const given = { ...context, logger: contextLogger() };
  const args = event === undefined ? [given] : [Buffer.from(event), given];
  return settle(target, args);
}

/** The first of these: what the handler returns, throws, or passes to its callback. */
function settle(target, args) {
  return new Promise((resolve) => {
    const failed = (error, kind = "UnhandledInvocationError") => resolve(failure(kind, describe(error)));
    const returned = (result) => {
      try {
        resolve({ ok: true, body: bytesOf(result) });
      } catch (error) {
        failed(error);
      }
    };
    const callback = (error, result) =>
      error === undefined || error === null ? returned(result) : failed(error, "HandledInvocationError");
    try {
      const result = target(...args, callback);
      if (typeof result?.then === "function") result.then(returned, (error) => failed(error));
      // A function that asks for a callback has finished when it calls it.
      else if (target.length <= args.length) returned(result);
    } catch (error) {
      failed(error);
    }
  });
}

function load(file) {
  const path = [".js", ".mjs"].map((ending) => join(codeDir, file + ending)).find(existsSync);
  if (path === undefined) throw new Error(`Cannot find module '${join(codeDir, file)}'`);
  return import(pathToFileURL(path).href);
}

function bytesOf(result) {
  if (result === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(result)) return result;
  return Buffer.from(typeof result === "string" ? result : (JSON.stringify(result) ?? ""));
}

function failure(invocationError, body) {
  return { ok: false, invocationError, body: Buffer.from(JSON.stringify(body)) };
}

function describe(error) {
  return error instanceof Error
    ? { errorMessage: error.message, errorType: error.name, stackTrace: stackOf(error) }
    : { errorMessage: format(error), errorType: typeof error, stackTrace: [] };
}

function stackOf(error) {
  return String(error?.stack ?? error)
    .split("\n")
    .map((line) => line.trim());
}

function contextLogger() {
  const levels = Object.fromEntries(LEVELS.map((level) => [level, (...args) => log(level, args)]));
  return { ...levels, log: levels.info };
}

function log(level, args) {
  if (LEVELS.indexOf(level) < lowestLevel) return;
  const time = new Date().toISOString().replace("T", " ").replace("Z", "");
  process.stdout.write(`${time} ${requestId} [${level}] ${format(...args)}\n`);
}
