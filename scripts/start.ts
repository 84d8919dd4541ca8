import { constants } from "node:os";
import { calledWrongly, optionsOrUsage } from "./command-line.ts";
import { isAroundARequest, readableLogLine } from "./start/log-line.ts";
import { appTokenFor, type Stage, startStage } from "./start/stage.ts";
import { StepFailed } from "./start/steps.ts";
import { walk } from "./start/walk.ts";

const USAGE = `npm start [-- --once] [--port N] [--json] [--quiet]

  --once     stop after the walk, with exit code 0 or 1; not with --json
  --port N   the services use the ports N, N+1 ...; 0: free ports
  --json     no walk: print one line of JSON when everything is ready, and keep running; the function's log goes to
             standard error
  --quiet    do not show the function's log`;

/** The first port by default, so that the ports are the same each time. */
const DEFAULT_PORT = 9000;

/** Builds, starts the local Alibaba Cloud and the function in it, walks through the exchange, and serves. */
async function main(): Promise<void> {
  const options = startOptions();
  const say = options.json ? () => {} : (line: string) => process.stdout.write(`${line}\n`);
  let ready: Stage | undefined;
  endOnSignals(() => ready);
  const stage = await startStage({
    port: options.port ?? DEFAULT_PORT,
    orFree: options.port === undefined,
    onLog: options.quiet ? () => {} : options.json ? verbatim : (line) => shown(line, say),
  });
  for (const warning of stage.warnings) process.stderr.write(`warning: ${warning}\n`);
  let ok = true;
  try {
    if (!options.json) ok = await walked(stage, say);
  } catch (error) {
    await stage.stop();
    throw error;
  }
  if (options.once || !ok) {
    await stage.stop();
    process.exitCode = ok ? 0 : 1;
    return;
  }
  ready = stage;
  process.stdout.write(
    options.json ? `${JSON.stringify(stage.line())}\n` : invitation(stage, { logShown: !options.quiet }),
  );
}

function shown(line: string, say: (line: string) => void): void {
  const text = readableLogLine(line);
  if (text !== undefined) say(text);
}

/** For programs: each line as the function wrote it. */
function verbatim(line: string): void {
  if (!isAroundARequest(line)) process.stderr.write(`${line}\n`);
}

/**
 * Ends the run at Ctrl-C and at a signal of a script. Before everything is ready, the process ends at once, and its exit
 * code names the signal; what belongs to the run goes with the process.
 */
function endOnSignals(ready: () => Stage | undefined): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const stage = ready();
      if (stage === undefined) process.exit(128 + constants.signals[signal]);
      else void stage.stop();
    });
  }
}

async function walked(stage: Stage, say: (line: string) => void): Promise<boolean> {
  try {
    await walk(stage, say);
    return true;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    say(`\nFAILED: ${error.message}`);
    return false;
  }
}

function invitation(stage: Stage, { logShown }: { readonly logShown: boolean }): string {
  return `
It keeps running until Ctrl-C. The endpoint: ${stage.credentialsUrl}
Try it (alice's App token is valid for an hour):

  curl -s -H "Authorization: Bearer ${appTokenFor(stage, "alice", { seconds: 3600 })}" ${stage.credentialsUrl}

Or in a browser: ${stage.pageUrl}/
Another user's token: curl -s -d sub=bob ${stage.sandbox.issuer.url}/token
The log says why a request was refused. ${logShown ? "It is shown here, and by" : "It is shown by"}: curl -s "${stage.sandbox.control.url}/log?last=20"
What one user did, from a RequestId to OSS's own log: docs/audit.md
`;
}

interface Options {
  readonly once: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  /** undefined when the command line names none. */
  readonly port: number | undefined;
}

function startOptions(): Options {
  const values = optionsOrUsage(
    {
      once: { type: "boolean" },
      json: { type: "boolean" },
      port: { type: "string" },
      quiet: { type: "boolean" },
    },
    USAGE,
  );
  const port =
    values.port === undefined ? undefined : /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (port !== undefined && !(port <= 65_000))
    calledWrongly(`--port is "${values.port}"; write a number from 0 to 65000`, USAGE);
  if (values.once === true && values.json === true)
    calledWrongly("--once stops after the walk, but with --json there is no walk; write one of them", USAGE);
  return { once: values.once === true, json: values.json === true, quiet: values.quiet === true, port };
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
