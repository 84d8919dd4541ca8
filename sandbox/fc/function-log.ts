import type { SandboxClock } from "../clock.ts";
import { logTailOf, type Outcome } from "./instance.ts";

/** One line of a function's log. */
export interface LogLine {
  /** Cloud time. */
  readonly timeMs: number;
  /** The function's name. */
  readonly function: string;
  /** The request that the instance served; undefined for a line between two requests. */
  readonly requestId: string | undefined;
  /** As the instance wrote it, or one of FC's own lines, such as `FC Invoke Start RequestId: …`. */
  readonly text: string;
}

/** What a function's instances write, with FC's own lines around each call. */
export interface FunctionLog {
  /** Adds a line of an instance. */
  readonly add: (instanceId: string, text: string) => void;
  /** Runs a call of an instance: its lines until the end belong to the request. */
  readonly around: (call: LoggedCall, run: () => Promise<Outcome>) => Promise<Outcome>;
}

export interface LoggedCall {
  readonly kind: "Initialize" | "Invoke" | "PreStop";
  readonly instanceId: string;
  readonly requestId: string;
}

/** Ours: a sandbox runs for days, and its memory must not grow with each request. */
const MAX_LINES = 2000;

/** Adds to `lines`, which every function of a world shares. `onLine` gets each line at once. */
export function functionLog(
  name: string,
  { clock, lines }: { readonly clock: Pick<SandboxClock, "nowMs">; readonly lines: LogLine[] },
  onLine: (text: string) => void,
): FunctionLog {
  /** The request that an instance serves: one at a time. */
  const served = new Map<string, string>();
  const write = (text: string, requestId: string | undefined): void => {
    lines.push({ timeMs: clock.nowMs(), function: name, requestId, text });
    if (lines.length > MAX_LINES) lines.shift();
    onLine(text);
  };
  return {
    add: (instanceId, text) => write(text, served.get(instanceId)),
    around: async ({ kind, instanceId, requestId }, run) => {
      served.set(instanceId, requestId);
      const start = `FC ${kind} Start RequestId: ${requestId}`;
      write(start, requestId);
      const outcome = await run();
      const ending = [...errorLines(outcome), `FC ${kind} End RequestId: ${requestId}`];
      for (const line of ending) write(line, requestId);
      served.delete(instanceId);
      return { ...outcome, logTail: logTailOf(`${start}\n${outcome.logTail}${ending.join("\n")}\n`) };
    },
  };
}

/** What FC writes of an error: its message and its stack (assumption). */
function errorLines({ end, body }: Outcome): readonly string[] {
  if (end === "returned" || end === "aborted") return [];
  const { errorMessage, stackTrace = [] } = JSON.parse(body.toString("utf8")) as ErrorDescription;
  const message = String(errorMessage).split("\n");
  return stackTrace[0]?.endsWith(message[0] ?? "") === true ? stackTrace : [...message, ...stackTrace];
}

/** The body of a function error; without stackTrace when the process has ended. */
interface ErrorDescription {
  readonly errorMessage: unknown;
  readonly stackTrace?: readonly string[];
}
