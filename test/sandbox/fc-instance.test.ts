import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startFunction } from "../../sandbox/fc/running-function.ts";
import { addRole, callerWith } from "../../sandbox/world.ts";
import {
  ACCOUNT_ID,
  codeDirWith,
  type DeployedFunction,
  deploy,
  SOON,
  worldWithFunctionRole,
} from "../support/fc-function.ts";

const REQUEST = { requestId: "1-67aee50c-15d8796a-cb9b4feb69ca", event: Buffer.from("{}") };

/** A function that runs the handler which its event spells out: a process for many tests. */
const INTERPRETER = `exports.handler = (event, context, callback) => {
  const result = eval(event.toString("utf8"))(event, context, callback);
  return result;
};`;
let interpreter: DeployedFunction;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  interpreter = await deploy(INTERPRETER, {}, {}, worldWithFunctionRole(), (step) => undo.push(step));
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

const resultOf = (handler: string) => interpreter.target.invoke({ ...REQUEST, event: Buffer.from(handler) });

const textOf = (result: { readonly body: Buffer }) => result.body.toString("utf8");
const jsonOf = (result: { readonly body: Buffer }) => JSON.parse(textOf(result));

describe("what a handler is given", () => {
  it("gets the event as a Buffer", async () => {
    const { target } = await deploy(
      `exports.handler = async (event) => ({ isBuffer: Buffer.isBuffer(event), hex: event.toString("hex") });`,
    );
    const event = Buffer.from([0, 255, 10]);
    expect(jsonOf(await target.invoke({ ...REQUEST, event }))).toEqual({ isBuffer: true, hex: "00ff0a" });
  });

  it("gets the documented context, with the credentials of the function's role", async () => {
    const { world } = interpreter;
    const context = jsonOf(
      await resultOf(
        `async (event, context) => ({ ...context, logger: Object.keys(context.logger).sort() })`,
      ),
    );
    expect(context).toEqual({
      requestId: REQUEST.requestId,
      credentials: {
        accessKeyId: expect.stringMatching(/^STS\./),
        accessKeySecret: expect.any(String),
        securityToken: expect.stringMatching(/^CAIS/),
      },
      function: { name: "example", handler: "index.handler", memory: 256, timeout: 10 },
      service: { logProject: "", logStore: "", qualifier: "LATEST", versionId: "" },
      region: "cn-hangzhou",
      accountId: ACCOUNT_ID,
      logger: ["debug", "error", "info", "log", "warn"],
    });
    const caller = callerWith(world, context.credentials.accessKeyId);
    expect(caller?.arn).toBe(`acs:ram::${ACCOUNT_ID}:role/function-role/fc`);
    expect(world.sessions.get(context.credentials.accessKeyId)?.securityToken).toBe(
      context.credentials.securityToken,
    );
  });

  it("gets empty credentials, and none in its environment, where the function has no role", async () => {
    const { target } = await deploy(
      `exports.handler = async (event, { credentials }) =>
         ({ credentials, keys: Object.keys(process.env).filter((name) => name.startsWith("ALIBABA_CLOUD_")) });`,
      { roleArn: undefined as never },
    );
    expect(jsonOf(await target.invoke(REQUEST))).toEqual({
      credentials: { accessKeyId: "", accessKeySecret: "", securityToken: "" },
      keys: [],
    });
  });

  it("gets FC's environment variables, its own, and nothing of the sandbox's process", async () => {
    const { target } = await deploy(`exports.handler = async () => process.env;`, {
      environment: { OSS_BUCKET: "examplebucket" },
    });
    const environment = jsonOf(await target.invoke(REQUEST));
    expect(environment).toEqual({
      ...(process.platform === "darwin" ? { __CF_USER_TEXT_ENCODING: expect.any(String) } : {}),
      PATH: process.env["PATH"],
      TZ: "UTC",
      OSS_BUCKET: "examplebucket",
      ALIBABA_CLOUD_ACCESS_KEY_ID: expect.stringMatching(/^STS\./),
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: expect.any(String),
      ALIBABA_CLOUD_SECURITY_TOKEN: expect.stringMatching(/^CAIS/),
      FC_FUNC_CODE_PATH: `${target.settings.codeDir}/`,
      FC_ACCOUNT_ID: ACCOUNT_ID,
      FC_FUNCTION_HANDLER: "index.handler",
      FC_FUNCTION_MEMORY_SIZE: "256",
      FC_FUNCTION_NAME: "example",
      FC_REGION: "cn-hangzhou",
      FC_CUSTOM_LISTEN_PORT: "9000",
      FC_INSTANCE_ID: target.instances()[0]?.id,
      FC_VER_ID: "LATEST",
    });
  });

  it("runs with the heap and the header size that FC starts Node.js with, and without a parent to talk to", async () => {
    const result = await resultOf(`async () => ({ flags: process.execArgv, send: typeof process.send })`);
    expect(jsonOf(result)).toEqual({
      flags: ["--max-http-header-size=16384", "--max-old-space-size=230"],
      send: "undefined",
    });
  });

  it("gets fresh credentials in its context when those of its environment have long expired", async () => {
    const { target, world } = await deploy(
      `exports.handler = async (event, { credentials }) =>
         ({ context: credentials.accessKeyId, environment: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID });`,
    );
    const first = jsonOf(await target.invoke(REQUEST));
    expect(first.context).toBe(first.environment);
    const session = world.sessions.get(first.context);
    expect(Math.round(((session?.expiresMs ?? 0) - world.clock.nowMs()) / 3_600_000)).toBe(36);

    world.clock.advance(36 * 3_600_000 + 1);
    const later = jsonOf(await target.invoke(REQUEST));
    expect(later.environment).toBe(first.environment);
    expect(later.context).not.toBe(first.context);
    expect(world.sessions.get(later.context)?.expiresMs).toBeGreaterThan(world.clock.nowMs());
  });
});

describe("a function's clock", () => {
  const TIMES = `async () => {
    const built = new Date();
    class Sub extends Date {}
    return {
      now: Date.now(), built: built.getTime(), called: Date.parse(Date()), sub: new Sub().getTime(),
      is: [built instanceof Date, built.constructor === Date, new Sub() instanceof Sub, Date.length],
      given: [new Date(5).getTime(), new Date(2026, 0, 2).getTime() === Date.UTC(2026, 0, 2), Date.parse("1970-01-01")],
      measured: performance.timeOrigin + performance.now(),
    };
  }`;

  it("is the cloud's, however it is asked, and leaves alone what measures time", async () => {
    const { clock } = interpreter.world;
    onTestFinished(() => clock.skew(0));
    clock.advance(40 * 3_600_000);
    clock.skew(-600_000);
    const beforeMs = clock.nowMs();
    const told = jsonOf(await resultOf(TIMES));
    const afterMs = clock.nowMs();
    for (const name of ["now", "built", "sub"]) {
      expect(told[name], name).toBeGreaterThanOrEqual(beforeMs);
      expect(told[name], name).toBeLessThanOrEqual(afterMs);
    }
    // Date() tells whole seconds.
    expect(told.called).toBe(Math.floor(told.now / 1000) * 1000);
    expect(told.is).toEqual([true, true, true, 7]);
    expect(told.given).toEqual([5, true, 0]);
    expect(told.measured).toBeLessThan(beforeMs - 3_600_000);
  });

  it("is the cloud's as the module loads, in hooks, and in what it logs", async () => {
    const world = worldWithFunctionRole();
    world.clock.advance(40 * 3_600_000);
    const { target, logs } = await deploy(
      `const loaded = Date.now();
       exports.initialize = async () => { exports.initialized = Date.now(); };
       exports.handler = async () => { console.log("here"); return { loaded, initialized: exports.initialized }; };`,
      { initializer: { handler: "index.initialize", timeoutSeconds: 3 } },
      {},
      world,
    );
    const beforeMs = world.clock.nowMs();
    const times = jsonOf(await target.invoke(REQUEST));
    expect(times.loaded).toBeGreaterThanOrEqual(beforeMs);
    expect(times.initialized).toBeGreaterThanOrEqual(times.loaded);
    const [line = ""] = logs.filter((text) => text.endsWith("here"));
    expect(Date.parse(`${line.slice(0, 23).replace(" ", "T")}Z`)).toBeGreaterThanOrEqual(times.initialized);
  });

  it("may be replaced by the function", async () => {
    const handler = `async () => { const { now } = Date; Date.now = () => 5; try { return Date.now(); } finally { Date.now = now; } }`;
    expect(textOf(await resultOf(handler))).toBe("5");
  });
});

describe("what a handler returns", () => {
  it.each([
    ["text, as it is", `async () => "Hello World!"`, "Hello World!"],
    ["an object, as JSON", `async () => ({ message: "hi" })`, '{"message":"hi"}'],
    ["a Buffer, as its bytes", `async () => Buffer.from("bytes")`, "bytes"],
    ["nothing, as nothing", `async () => {}`, ""],
    [
      "what it hands to its callback",
      `(event, context, callback) => setTimeout(callback, 1, null, "called")`,
      "called",
    ],
  ])("%s", async (_case, handler, body) => {
    const result = await resultOf(handler);
    expect([textOf(result), result.errorType]).toEqual([body, undefined]);
  });

  it("loads an ES module", async () => {
    const { target } = await deploy({ "index.mjs": `export const handler = async () => "module";` });
    expect(textOf(await target.invoke(REQUEST))).toBe("module");
  });
});

describe("function errors", () => {
  it("describes what was thrown, and keeps the instance", async () => {
    const before = interpreter.target.instances();
    const result = await resultOf(`async function handler() { throw new TypeError("oops"); }; handler`);
    expect(result.errorType).toBe("UnhandledInvocationError");
    expect(jsonOf(result)).toEqual({
      errorMessage: "oops",
      errorType: "TypeError",
      stackTrace: expect.arrayContaining(["TypeError: oops", expect.stringMatching(/^at handler/)]),
    });
    expect(interpreter.target.instances()).toEqual(before);
  });

  it("tells an error that was handed to the callback from one that was thrown", async () => {
    const result = await resultOf(`(event, context, callback) => callback(new Error("known"))`);
    expect([result.errorType, jsonOf(result).errorMessage]).toEqual(["HandledInvocationError", "known"]);
  });

  it("says so when the process exits, and takes a new instance for the next request", async () => {
    const { target } = await deploy(
      `exports.handler = async (event) => event.toString() === "die" ? process.exit(1) : process.pid;`,
    );
    const before = textOf(await target.invoke(REQUEST));
    const died = await target.invoke({ ...REQUEST, event: Buffer.from("die") });
    expect(died.errorType).toBe("UnhandledInvocationError");
    expect(jsonOf(died)).toEqual({
      errorMessage: expect.stringMatching(
        /^Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: 0MB\)$/,
      ),
    });
    expect(textOf(await target.invoke(REQUEST))).not.toBe(before);
  });

  it("ends an instance that takes longer than the timeout, with everything that it started", async () => {
    const { target } = await deploy(
      `exports.handler = (event) => new Promise((resolve) => {
         if (event.toString() === "warm up") resolve();
         console.log("child", require("node:child_process").spawn("sleep", ["600"]).pid);
       });`,
      { timeoutSeconds: 1 },
    );
    await target.invoke({ ...REQUEST, event: Buffer.from("warm up") });
    const result = await target.invoke(REQUEST);
    expect(result.errorType).toBe("UnhandledInvocationError");
    expect(jsonOf(result).errorMessage).toMatch(/^Function time out after 1 seconds \(duration: \d+ms, /);
    expect(target.instances()).toEqual([]);
    const pid = Number(/child (\d+)/.exec(result.logTail)?.[1]);
    expect(pid).toBeGreaterThan(0);
    // It has been killed; when the kernel is done with it is the kernel's to say.
    await expect.poll(() => isRunning(pid), SOON).toBe(false);
  });

  it.each([
    ["a missing file", { "other.js": "" }, "ImportModuleError", "Unable to import module 'index'"],
    ["a broken file", { "index.js": "][" }, "ImportModuleError", "Unable to import module 'index'"],
    [
      "a missing method",
      { "index.js": "" },
      "HandlerNotFound",
      "Handler 'handler' is missing on module 'index'",
    ],
  ])("reports %s with the request", async (_case, files, errorType, errorMessage) => {
    const { target } = await deploy(files);
    const result = await target.invoke(REQUEST);
    expect(result.errorType).toBe("UnhandledInvocationError");
    expect(jsonOf(result)).toMatchObject({ errorType, errorMessage });
  });
});

describe("instances", () => {
  const COUNTING = `let calls = 0;
    exports.handler = async (event) => {
      await new Promise((resolve) => setTimeout(resolve, Number(event)));
      return { pid: process.pid, calls: ++calls };
    };`;

  it("uses an idle instance again, with what the module has kept", async () => {
    const { target } = await deploy(COUNTING);
    const first = jsonOf(await target.invoke({ ...REQUEST, event: Buffer.from("0") }));
    const second = jsonOf(await target.invoke({ ...REQUEST, event: Buffer.from("0") }));
    expect(second).toEqual({ pid: first.pid, calls: 2 });
  });

  it("starts a new instance for a request that comes while the others are busy", async () => {
    const { target } = await deploy(COUNTING);
    const results = await Promise.all(
      [1, 2, 3].map(() => target.invoke({ ...REQUEST, event: Buffer.from("150") })),
    );
    expect(results.map((result) => jsonOf(result).calls)).toEqual([1, 1, 1]);
    expect(new Set(results.map((result) => jsonOf(result).pid)).size).toBe(3);
    expect(target.instances().map(({ busy }) => busy)).toEqual([false, false, false]);
  });

  it("lets requests wait where the laptop's limit of processes is reached", async () => {
    const { target } = await deploy(COUNTING, {}, { maxProcesses: 1 });
    const results = await Promise.all(
      [1, 2, 3].map(() => target.invoke({ ...REQUEST, event: Buffer.from("0") })),
    );
    expect(results.map((result) => jsonOf(result).calls)).toEqual([1, 2, 3]);
  });

  it("throttles what is above the reserved concurrency", async () => {
    const { target } = await deploy(COUNTING, { reservedConcurrency: 1 });
    const first = target.invoke({ ...REQUEST, event: Buffer.from("50") });
    await expect(target.invoke(REQUEST)).rejects.toMatchObject({ status: 429, code: "ResourceExhausted" });
    expect(jsonOf(await first).calls).toBe(1);
  });

  it.runIf(process.platform === "linux")(
    "is frozen between requests: what runs on stalls until the next one",
    async () => {
      const { target } = await deploy(
        `let ticks = 0;
       setInterval(() => { ticks += 1; }, 5).unref();
       exports.handler = async () => ticks;`,
      );
      await target.invoke(REQUEST);
      const [instance] = target.instances();
      await expect.poll(() => processState(instance?.pid ?? 0), SOON).toBe("T");
      await delay(200);
      // Unfrozen, it would have come to 40.
      expect(Number(textOf(await target.invoke(REQUEST)))).toBeLessThan(10);
    },
  );

  it.runIf(process.platform === "linux")(
    "runs on between requests where freezing is switched off",
    async () => {
      const { target } = await deploy(`exports.handler = async () => "";`, {}, { freeze: false });
      await target.invoke(REQUEST);
      expect(processState(target.instances()[0]?.pid ?? 0)).not.toBe("T");
    },
  );

  it("ends an instance that nobody has asked for a while", async () => {
    const { target } = await deploy(COUNTING, {}, { idleSeconds: 0 });
    const { pid } = jsonOf(await target.invoke({ ...REQUEST, event: Buffer.from("0") }));
    await expect.poll(() => target.instances(), SOON).toEqual([]);
    await expect.poll(() => isRunning(pid), SOON).toBe(false);
  });

  it("leaves no process behind when it is stopped, not even a busy one", async () => {
    const { target } = await deploy(`exports.handler = async (event) => {
      if (event.length === 0) return process.pid;
      console.log("busy", process.pid);
      await new Promise(() => {});
    };`);
    const idle = Number(textOf(await target.invoke({ ...REQUEST, event: Buffer.alloc(0) })));
    const busy = target.invoke(REQUEST);
    const second = target.invoke(REQUEST);
    await expect.poll(() => target.instances().length, SOON).toBe(2);
    const pids = target.instances().map(({ pid }) => pid);
    await target.stop();
    expect([idle, ...pids].filter(isRunning)).toEqual([]);
    expect(jsonOf(await busy).errorMessage).toMatch(/^Process exited unexpectedly/);
    expect((await second).errorType).toBe("UnhandledInvocationError");
    await expect(target.invoke(REQUEST)).rejects.toMatchObject({ code: "FunctionNotFound" });
  });
});

describe("lifecycle hooks", () => {
  const HOOKS = `const calls = [];
    exports.initialize = async (context) => { calls.push("initialize " + context.function.name); };
    exports.preStop = async () => { process.stdout.write("stopping\\n"); };
    exports.handler = async () => { calls.push("handler"); return calls; };`;
  const initializer = { handler: "index.initialize", timeoutSeconds: 10 };
  const preStop = { handler: "index.preStop", timeoutSeconds: 10 };

  it("initializes an instance once, before its first request", async () => {
    const { target } = await deploy(HOOKS, { initializer });
    await target.invoke(REQUEST);
    expect(jsonOf(await target.invoke(REQUEST))).toEqual(["initialize example", "handler", "handler"]);
  });

  it("calls preStop before an instance ends", async () => {
    const { target, logs } = await deploy(HOOKS, { preStop });
    await target.invoke(REQUEST);
    expect(logs).not.toContain("stopping");
    await target.stop();
    expect(logs.slice(-3)).toEqual([
      expect.stringMatching(/^FC PreStop Start RequestId: 1-/),
      "stopping",
      expect.stringMatching(/^FC PreStop End RequestId: 1-/),
    ]);
  });

  it.each([
    ["throws", `throw new Error("no database")`, 10, "no database"],
    ["takes too long", `await new Promise(() => {})`, 0.2, /^Function time out after 0.2 seconds/],
  ])(
    "fails the request, and the instance, where the initializer %s",
    async (_case, body, timeoutSeconds, message) => {
      const { target } = await deploy(
        `exports.initialize = async () => { ${body}; }; exports.handler = async () => "ran";`,
        { initializer: { handler: "index.initialize", timeoutSeconds } },
      );
      const result = await target.invoke(REQUEST);
      expect(result.errorType).toBe("InitializationError");
      expect(jsonOf(result).errorMessage).toEqual(
        typeof message === "string" ? message : expect.stringMatching(message),
      );
      await expect.poll(() => target.instances(), SOON).toEqual([]);
    },
  );
});

describe("logs", () => {
  it("puts time, request id and level before what goes through console and context.logger", async () => {
    const { target, logs } = await deploy(`exports.handler = async (event, context) => {
      process.stdout.write("raw\\n");
      process.stderr.write("raw error\\n");
      console.log("hello,", { world: 1 });
      console.warn("careful");
      context.logger.error("bad");
      process.stdout.write("no line's end");
    };`);
    await target.invoke(REQUEST);
    const prefix = (level: string) =>
      new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} ${REQUEST.requestId} \\[${level}\\] `);
    const stdout = logs.filter((line) => line !== "raw error");
    expect(logs).toContain("raw error");
    expect(stdout).toEqual([
      `FC Invoke Start RequestId: ${REQUEST.requestId}`,
      "raw",
      expect.stringMatching(new RegExp(`${prefix("info").source}hello, { world: 1 }$`)),
      expect.stringMatching(new RegExp(`${prefix("warn").source}careful$`)),
      expect.stringMatching(new RegExp(`${prefix("error").source}bad$`)),
      "no line's end",
      `FC Invoke End RequestId: ${REQUEST.requestId}`,
    ]);
  });

  it("leaves out what is below ALIYUN_FC_LOG_LEVEL, but not raw output", async () => {
    const { target } = await deploy(
      `exports.handler = async () => { process.stdout.write("raw\\n"); console.info("low"); console.warn("high"); };`,
      { environment: { ALIYUN_FC_LOG_LEVEL: "warn" } },
    );
    const { logTail } = await target.invoke(REQUEST);
    expect(logTail).toMatch(/\nraw\n.* \[warn\] high\nFC /);
    expect(logTail).not.toContain("low");
  });

  it("keeps the last 4 KB of a request's output, in whole characters", async () => {
    const { logTail } = await resultOf(
      `async () => { process.stdout.write("é".repeat(50_000) + "\\nend\\n"); }`,
    );
    expect(Buffer.byteLength(logTail)).toBeLessThanOrEqual(4096);
    expect(logTail).toMatch(/^é+\nend\nFC Invoke End RequestId: .*\n$/);
  });

  it("keeps one request's output apart from the next one's", async () => {
    const tailFor = async (text: string) =>
      (await resultOf(`async () => { process.stdout.write("${text}\\n"); }`)).logTail;
    const whole = (text: string) =>
      `FC Invoke Start RequestId: ${REQUEST.requestId}\n${text}\nFC Invoke End RequestId: ${REQUEST.requestId}\n`;
    expect([await tailFor("first"), await tailFor("second")]).toEqual([whole("first"), whole("second")]);
  });

  it.each<[string, string, readonly (string | RegExp)[]]>([
    [
      "a module that throws as it is loaded, with all lines of its message",
      `throw new TypeError("OSS_BUCKET is not set\\nOSS_REGION is not set");`,
      [
        "Unable to import module 'index'",
        "TypeError: OSS_BUCKET is not set",
        "OSS_REGION is not set",
        /^at .*index\.js:1:7/,
      ],
    ],
    ["a missing handler", "", ["Handler 'handler' is missing on module 'index'"]],
    [
      "an error that the handler throws",
      `exports.handler = async () => { throw new Error("oops"); };`,
      ["Error: oops", /^at exports\.handler .*index\.js:1:39/],
    ],
    [
      "a process that ends",
      `exports.handler = async () => { process.exit(1); };`,
      [/^Process exited unexpectedly before completing request /],
    ],
  ])("tells of %s, before the invocation's end", async (_case, code, told) => {
    const { target, logs } = await deploy(code);
    const { logTail } = await target.invoke(REQUEST);
    expect(logs.slice(0, told.length + 1)).toEqual([
      `FC Invoke Start RequestId: ${REQUEST.requestId}`,
      ...told.map((line) => (typeof line === "string" ? line : expect.stringMatching(line))),
    ]);
    expect(logs.at(-1)).toBe(`FC Invoke End RequestId: ${REQUEST.requestId}`);
    expect(logTail).toBe(`${logs.join("\n")}\n`);
  });

  it("tells of an initializer that fails", async () => {
    const { target, logs } = await deploy(
      `exports.initialize = () => { throw new Error("no bucket"); }; exports.handler = async () => {};`,
      { initializer: { handler: "index.initialize", timeoutSeconds: 3 } },
    );
    await target.invoke(REQUEST);
    expect(logs.slice(0, 2)).toEqual([
      `FC Initialize Start RequestId: ${REQUEST.requestId}`,
      "Error: no bucket",
    ]);
  });
});

describe("what cannot be deployed", () => {
  it.each([
    ["a role that does not exist", "nobody"],
    ["a role that does not trust fc.aliyuncs.com", "for-ecs"],
  ])("refuses %s", async (_case, role) => {
    const world = worldWithFunctionRole();
    const account = world.accounts.get(ACCOUNT_ID);
    if (account !== undefined) {
      addRole(world, account, {
        name: "for-ecs",
        trustPolicy: `{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}]}`,
      });
    }
    const roleArn = `acs:ram::${ACCOUNT_ID}:role/${role}`;
    await expect(deploy("", { roleArn }, {}, world)).rejects.toMatchObject({
      status: 403,
      code: "AccessDenied",
      message: `No permission to assume the role '${roleArn}'`,
    });
  });

  it("stops running a function whose role no longer trusts it", async () => {
    const { target, world } = await deploy(`exports.handler = async () => "ran";`);
    await target.invoke(REQUEST);
    const role = world.accounts.get(ACCOUNT_ID)?.roles.get("function-role");
    if (role !== undefined) role.trustPolicy = `{"Version":"1","Statement":[]}`;
    world.clock.advance(36 * 3_600_000);
    await expect(target.invoke(REQUEST)).rejects.toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it.each([
    ["a reserved variable", { environment: { FC_REGION: "x" } }, /'FC_REGION'/],
    ["a variable that starts with a digit", { environment: { "1A": "x" } }, /'1A'/],
    ["more than 4 KB of variables", { environment: { A: "x".repeat(4096) } }, /4096 bytes \(actual: 4097\)/],
    ["memory that is no multiple of 64 MB", { memoryMb: 200 }, /multiple of 64 MB/],
    ["a timeout of nothing", { timeoutSeconds: 0 }, /timeout/],
    ["a code folder that does not exist", { codeDir: "/nowhere" }, /\/nowhere does not exist/],
    ["a handler that is no file.method", { handler: "handler" }, /file\.method/],
  ])("refuses %s", async (_case, change, message) => {
    const settings = {
      name: "example",
      codeDir: codeDirWith({}),
      handler: "index.handler",
      environment: {},
      memoryMb: 128,
      timeoutSeconds: 1,
      methods: [],
      region: "cn-hangzhou",
      accountId: ACCOUNT_ID,
    };
    await expect(startFunction(worldWithFunctionRole(), { ...settings, ...change })).rejects.toMatchObject({
      status: 400,
      code: "InvalidArgument",
      message: expect.stringMatching(message),
    });
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !(process.platform === "linux" && processState(pid) === "Z");
  } catch {
    return false;
  }
}

/** The letter that Linux gives a process's state: T is stopped, Z has ended. */
function processState(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] ?? "";
  } catch {
    return "";
  }
}
