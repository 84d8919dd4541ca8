import { randomBytes } from "node:crypto";
import { CloudError } from "../cloud-error.ts";
import { record, type World } from "../world.ts";
import { clientClosedRequest, cloudErrorOf, resourceExhausted } from "./errors.ts";
import { functionLog } from "./function-log.ts";
import { type FunctionCredentials, functionRole } from "./function-role.ts";
import { checkSettings, type FunctionSettings, type LifecycleHook } from "./function-settings.ts";
import { type Instance, type Outcome, startInstance } from "./instance.ts";
import { instancePool } from "./instance-pool.ts";
import { functionArn } from "./invocation-permission.ts";

/** How the sandbox runs a function, in addition to its FC settings. */
export interface FunctionOptions {
  /** Every line that an instance writes, with FC's own `FC Invoke Start …` lines around them. */
  readonly onLog?: (line: string) => void;
  /** Stop instances between calls, as FC freezes them; default true. */
  readonly freeze?: boolean;
  /** Processes at a time; further requests wait for a free one. Default 16: a laptop is smaller than a region. */
  readonly maxProcesses?: number;
  /** Seconds after which an idle instance ends; default 300. */
  readonly idleSeconds?: number;
  /** The laptop's own keys instead of a session of the role, as `s local` passes them to a container. */
  readonly credentials?: FunctionCredentials;
}

export interface Invocation {
  /** What the X-Fc-Request-Id header says. */
  readonly requestId: string;
  readonly event: Buffer;
  /** Default: LATEST. */
  readonly qualifier?: string | undefined;
  /** Aborted when the client has gone: FC ends the instance (error 499). */
  readonly signal?: AbortSignal | undefined;
  /** The credentials in the context, instead of the role's: a container receives them with each request. */
  readonly credentials?: FunctionCredentials | undefined;
}

export interface InvocationResult {
  readonly requestId: string;
  /** What the function returned; on a function error FC's JSON description of it. */
  readonly body: Buffer;
  /** X-Fc-Error-Type; undefined when the function returned. */
  readonly errorType:
    | "HandledInvocationError"
    | "UnhandledInvocationError"
    | "InitializationError"
    | undefined;
  readonly durationMs: number;
  readonly maxMemoryMb: number;
  /** The last 4 KB of the log: FC's own lines, and what the function wrote. */
  readonly logTail: string;
}

export interface InstanceState {
  readonly id: string;
  readonly pid: number;
  readonly busy: boolean;
}

/** A function that is deployed. */
export interface RunningFunction {
  readonly settings: FunctionSettings;
  /**
   * Runs it once, in an idle instance or a new one. A function's error is a result; throws CloudError where FC did
   * not run it: 429 ResourceExhausted, 403 AccessDenied (the role cannot be assumed any more).
   */
  readonly invoke: (invocation: Invocation) => Promise<InvocationResult>;
  /** Runs it later, again after errors as often as the settings say; nobody gets the result. */
  readonly invokeLater: (invocation: Invocation) => void;
  readonly instances: () => readonly InstanceState[];
  /** Ends every instance: an idle one after its preStop hook, a busy one at once. */
  readonly stop: () => Promise<void>;
}

/** Source: concurrencyConfig; FC's default is 300 instances a region. */
const DEFAULT_RESERVED_CONCURRENCY = 300;
/** Source: FC "Asynchronous invocation", three retries by default. */
const DEFAULT_ASYNC_RETRIES = 3;
const DEFAULT_MAX_PROCESSES = 16;
/** Source: FC "Function instance lifecycle": an idle on-demand instance lives about five minutes at most. */
const DEFAULT_IDLE_SECONDS = 300;

/**
 * Deploys a function: checks its settings and its role, as CreateFunction does, and waits for requests. Throws
 * CloudError: 400 InvalidArgument, 403 AccessDenied. No instance runs before the first request.
 */
export async function startFunction(
  world: World,
  settings: FunctionSettings,
  options: FunctionOptions = {},
): Promise<RunningFunction> {
  checkSettings(settings);
  const given = options.credentials;
  const credentials = given === undefined ? functionRole(world, settings) : () => given;
  credentials();
  const log = functionLog(
    settings.name,
    { clock: world.clock, lines: world.functionLog },
    options.onLog ?? (() => {}),
  );
  const background = new Set<Promise<void>>();
  let underWay = 0;
  let stopped = false;

  const contextFor = (requestId: string, qualifier: string, role: FunctionCredentials) => ({
    requestId,
    credentials: role,
    function: {
      name: settings.name,
      handler: settings.handler,
      memory: settings.memoryMb,
      timeout: settings.timeoutSeconds,
    },
    service: { logProject: "", logStore: "", qualifier, versionId: "" },
    region: settings.region,
    accountId: settings.accountId,
  });

  const runHook = (
    instance: Instance,
    kind: "Initialize" | "PreStop",
    hook: LifecycleHook,
    requestId: string,
    role: FunctionCredentials,
  ): Promise<Outcome> =>
    log.around({ kind, instanceId: instance.id, requestId }, () =>
      instance.call({
        handler: hook.handler,
        event: undefined,
        context: contextFor(requestId, "LATEST", role),
        timeoutSeconds: hook.timeoutSeconds,
        clockOffsetMs: world.clock.offsetMs(),
      }),
    );

  const pool = instancePool({
    start: () => {
      const id = `c-${randomBytes(4).toString("hex")}-${randomBytes(6).toString("hex")}`;
      return startInstance({
        id,
        codeDir: settings.codeDir,
        environment: environmentFor(settings, id, credentials()),
        memoryMb: settings.memoryMb,
        freeze: options.freeze ?? true,
        onLog: (line) => log.add(id, line),
      });
    },
    retire: async (instance) => {
      if (settings.preStop !== undefined && instance.isAlive()) {
        await runHook(
          instance,
          "PreStop",
          settings.preStop,
          newFcRequestId(world.clock.nowMs()),
          credentials(),
        );
      }
      await instance.end();
    },
    maxProcesses: options.maxProcesses ?? DEFAULT_MAX_PROCESSES,
    idleMs: (options.idleSeconds ?? DEFAULT_IDLE_SECONDS) * 1000,
  });

  const invoke = async (invocation: Invocation): Promise<InvocationResult> => {
    const { requestId } = invocation;
    if (stopped) throw new CloudError(404, "FunctionNotFound", `function '${settings.name}' does not exist`);
    if (underWay >= (settings.reservedConcurrency ?? DEFAULT_RESERVED_CONCURRENCY)) {
      throw resourceExhausted();
    }
    underWay += 1;
    try {
      const role = invocation.credentials ?? credentials();
      const { instance, isNew } = await pool.take();
      if (invocation.signal?.aborted === true) {
        pool.giveBack(instance, isNew ? "spent" : "reusable");
        throw clientClosedRequest();
      }
      if (isNew && settings.initializer !== undefined) {
        const initialized = await runHook(instance, "Initialize", settings.initializer, requestId, role);
        if (initialized.end !== "returned") {
          pool.giveBack(instance, "spent");
          return { ...resultOf(requestId, initialized), errorType: "InitializationError" };
        }
      }
      const outcome = await log.around({ kind: "Invoke", instanceId: instance.id, requestId }, () =>
        instance.call({
          handler: settings.handler,
          event: invocation.event,
          context: contextFor(requestId, invocation.qualifier ?? "LATEST", role),
          timeoutSeconds: settings.timeoutSeconds,
          clockOffsetMs: world.clock.offsetMs(),
          signal: invocation.signal,
        }),
      );
      // Where the function threw, the instance lives on: the bootstrap has caught the error.
      const lives = outcome.end === "returned" || outcome.end === "failed";
      pool.giveBack(instance, lives ? "reusable" : "spent");
      return resultOf(requestId, outcome);
    } finally {
      underWay -= 1;
    }
  };

  /** Nobody gets the answer: the journal alone tells how an attempt went. */
  const attemptedLater = async (invocation: Invocation, attempt: string): Promise<"done" | "failed"> => {
    const note = (status: number, code: string | undefined) =>
      record(world, {
        service: "fc",
        operation: "InvokeFunction",
        principal: undefined,
        resource: functionArn(settings),
        status,
        code,
        because: `asynchronous, attempt ${attempt}`,
        requestId: invocation.requestId,
      });
    try {
      const { errorType } = await invoke(invocation);
      note(200, errorType);
      return errorType === undefined ? "done" : "failed";
    } catch (thrown) {
      const { status, code } = cloudErrorOf(thrown);
      note(status, code);
      return "failed";
    }
  };

  const invokeLater = async (invocation: Invocation): Promise<void> => {
    const attempts = 1 + (settings.maxAsyncRetryAttempts ?? DEFAULT_ASYNC_RETRIES);
    for (let attempt = 1; attempt <= attempts && !stopped; attempt += 1) {
      if ((await attemptedLater(invocation, `${attempt} of ${attempts}`)) === "done") return;
    }
  };

  return {
    settings,
    invoke,
    invokeLater: (invocation) => {
      const done = invokeLater(invocation).finally(() => background.delete(done));
      background.add(done);
    },
    instances: () => [
      ...pool.busy().map(({ id, pid }) => ({ id, pid, busy: true })),
      ...pool.idle().map(({ id, pid }) => ({ id, pid, busy: false })),
    ],
    stop: async () => {
      stopped = true;
      await pool.stop();
      await Promise.all(background);
    },
  };
}

/** e.g. 1-67aee50c-15d8796a-cb9b4feb69ca: the time in seconds, and chance. */
export function newFcRequestId(nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000).toString(16);
  return `1-${seconds}-${randomBytes(4).toString("hex")}-${randomBytes(6).toString("hex")}`;
}

/** Source: FC "Configure environment variables", system variables; TZ is UTC unless the function sets it. */
function environmentFor(
  settings: FunctionSettings,
  instanceId: string,
  role: FunctionCredentials,
): Readonly<Record<string, string>> {
  const keys = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: role.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: role.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: role.securityToken,
  };
  return {
    TZ: "UTC",
    ...settings.environment,
    ...(role.accessKeyId === "" ? {} : keys),
    FC_FUNC_CODE_PATH: `${settings.codeDir}/`,
    FC_ACCOUNT_ID: settings.accountId,
    FC_FUNCTION_HANDLER: settings.handler,
    FC_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    FC_FUNCTION_NAME: settings.name,
    FC_REGION: settings.region,
    FC_CUSTOM_LISTEN_PORT: "9000",
    FC_INSTANCE_ID: instanceId,
    FC_VER_ID: "LATEST",
  };
}

function resultOf(requestId: string, outcome: Outcome): InvocationResult {
  const { body, invocationError: errorType, durationMs, maxMemoryMb, logTail } = outcome;
  return { requestId, body, errorType, durationMs, maxMemoryMb, logTail };
}
