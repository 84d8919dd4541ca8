import { constants } from "node:os";
import { AccessFileError } from "../build/access-file.ts";
import { ACCESS, command, UsageError } from "../shared/command.ts";
import { portFrom } from "../shared/port.ts";
import { isAroundARequest, readableLogLine } from "./log-line.ts";
import { appTokenFor, type Stage, startStage } from "./stage.ts";
import { StepFailed } from "./steps.ts";
import { walk } from "./walk.ts";

/** The first port by default, so that the ports are the same each time. */
const DEFAULT_PORT = 9000;

export const dev = command({
  name: "dev",
  usage: ["npm run valet -- dev [options]"],
  about:
    "Builds the functions with the rules of access.yaml, starts the local Alibaba Cloud with both functions in it, walks through the " +
    "whole exchange with the real SDKs, and serves until Ctrl-C, with a demo App for the browser. The issuers' keys are replaced by " +
    "those of the local issuer.",
  options: {
    once: { help: "stop after the walk, with exit code 0 or 1; not with --json" },
    port: {
      value: "N",
      help: "the services use the ports N, N+1, ...; 0: free ports; default: 9000, or free ports where one is taken",
    },
    json: {
      help: "no walk: print one line of JSON when everything is ready, and keep running; the functions' log goes to standard error",
    },
    quiet: { help: "do not show the functions' log" },
    access: ACCESS,
  },
  yes: "stopped, or the walk has succeeded",
  no: "a step of the walk has failed, or a port is taken",
  examples: { "npm run valet -- dev --once": "the walk alone, for a pipeline" },
  run: async ({ values: { once = false, json = false, quiet = false, port, access } }, terminal) => {
    if (once && json)
      throw new UsageError(
        "--once stops after the walk, but with --json there is no walk; write one of them",
      );
    const firstPort = port === undefined ? undefined : portFrom(port);
    let ready: Stage | undefined;
    const stopped = untilSignalled(() => ready);
    const say = json ? () => {} : terminal.out;
    let stage: Stage;
    try {
      stage = await startStage({
        port: firstPort ?? DEFAULT_PORT,
        orFree: firstPort === undefined,
        ...(access === undefined ? {} : { accessFile: access }),
        onLog: quiet
          ? () => {}
          : json
            ? (line) => verbatim(line, terminal.error)
            : (line) => shown(line, say),
      });
    } catch (error) {
      terminal.error(error instanceof Error ? error.message : String(error));
      return error instanceof AccessFileError ? 2 : 1;
    }
    for (const warning of stage.warnings) terminal.error(`warning: ${warning}`);
    let ok = true;
    try {
      if (!json) ok = await walked(stage, say);
    } catch (error) {
      await stage.stop();
      throw error;
    }
    if (once || !ok) {
      await stage.stop();
      return ok ? 0 : 1;
    }
    ready = stage;
    terminal.out(json ? JSON.stringify(stage.line()) : invitation(stage, { logShown: !quiet }));
    await stopped;
    return 0;
  },
});

function shown(line: string, say: (line: string) => void): void {
  const text = readableLogLine(line);
  if (text !== undefined) say(text);
}

/** For programs: each line as the function wrote it. */
function verbatim(line: string, say: (line: string) => void): void {
  if (!isAroundARequest(line)) say(line);
}

/**
 * Resolves when Ctrl-C or a signal of a script has stopped the run. Before everything is ready, the process ends at once, and
 * its exit code names the signal; what belongs to the run goes with the process.
 */
function untilSignalled(ready: () => Stage | undefined): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        const stage = ready();
        if (stage === undefined) process.exit(128 + constants.signals[signal]);
        else void stage.stop().then(resolve);
      });
    }
  });
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

/** A command for somebody else's token, with the audience of access.yaml. */
function tokenCommand({ sandbox, audienceClaims }: Stage, user: string): string {
  const claims = new URLSearchParams({ sub: user, ...audienceClaims });
  return `curl -s -d '${claims}' ${sandbox.issuer.url}/token`;
}

function invitation(stage: Stage, { logShown }: { readonly logShown: boolean }): string {
  return `
It keeps running until Ctrl-C. The endpoint: ${stage.credentialsUrl}
Try it (alice's App token is valid for an hour):

  curl -s -H "Authorization: Bearer ${appTokenFor(stage, "alice", { seconds: 3600 })}" ${stage.credentialsUrl}

Or in a browser: ${stage.pageUrl}/
Another user's token: ${tokenCommand(stage, "bob")}
The log says why a request was refused. ${logShown ? "It is shown here, and by" : "It is shown by"}: curl -s "${stage.sandbox.control.url}/log?last=20"
What one user did, from a RequestId to OSS's own log: docs/audit.md`;
}
