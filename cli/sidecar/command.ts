import { type CredentialsOptions, createCredentials } from "../../client/src/index.ts";
import type { Credentials, LiveCredentials } from "../../client/src/live-credentials.ts";
import { ValetError } from "../../client/src/valet-error.ts";
import { command, type Options, type Terminal, UsageError, type ValuesOf } from "../shared/command.ts";
import { credentialsEndpointFrom } from "../shared/credentials-endpoint.ts";
import { untilSignalled } from "../shared/until-signalled.ts";
import { WANTED_OPTIONS, wantedFrom } from "../shared/wanted.ts";
import { AppTokenError, type AppTokenSource, appTokenFrom, permissionsWarning } from "./app-token.ts";
import { secondsOf } from "./credentials-answer.ts";
import { messageOf } from "./error-message.ts";
import { printerFor } from "./printed.ts";
import { type Sidecar, startSidecar } from "./sidecar.ts";

const OPTIONS = {
  endpoint: {
    value: "URL",
    help: "where the function is, e.g. https://sts.example.com/credentials; http only on this machine",
  },
  "app-token-command": {
    value: "COMMAND",
    group: "The App token (one of the two)",
    help: "a line for the shell that prints the App token; it runs each time that new credentials are needed, and once more with OSS_VALET_TOKEN_REFUSED=1 in its environment after a 401",
  },
  "app-token-file": {
    value: "FILE",
    group: "The App token (one of the two)",
    help: "a file that holds the App token; it is read again each time, so another program can renew it",
  },
  ...WANTED_OPTIONS,
  port: { value: "NUMBER", default: "0", help: "on 127.0.0.1; 0 takes a free port" },
  print: {
    value: "FORM",
    help: "serve nothing: print credentials once. aliyun-cli: the JSON of its External mode; env: lines for a shell",
  },
  json: { help: 'print the address as one line of JSON: {"credentialsUri":"http://127.0.0.1:…"}' },
} as const satisfies Options;

type Values = ValuesOf<typeof OPTIONS>;

/** Milliseconds for one call of the function: an SDK waits 10 s for its answer. */
const CALL_TIMEOUT_MS = 8000;

/** Milliseconds for the process to end by itself after it stopped to serve. */
const END_MS = 200;

/**
 * Seconds. SDKs ask again when less than 15 minutes are left, and credentials are renewed when 45 % of their life is left
 * at the least.
 */
const SHORTEST_GOOD_LIFE = 2000;

/** Exit code 0: it was stopped, or it printed credentials; 1: it got none to print. */
export const sidecar = command({
  name: "sidecar",
  usage: ["npm run valet -- sidecar --endpoint URL --app-token-file FILE [options]"],
  about:
    "Serves credentials to SDKs and tools that take a credentials URI and cannot send an App token: aliyun-cli, Terraform, and the SDKs for Java, Python, Go and Node.js. It listens on 127.0.0.1 alone, under a secret path; whoever has the address has the user's credentials. It stops on Ctrl-C or SIGTERM.",
  options: OPTIONS,
  yes: "it was stopped, or it printed the credentials",
  no: "--print, and there are no credentials",
  settings: {
    ALIBABA_CLOUD_CREDENTIALS_URI:
      "the sidecar prints it, and the SDKs read it. Where HTTP_PROXY is set, set NO_PROXY=127.0.0.1 too",
  },
  examples: {
    "npm run valet -- sidecar --endpoint https://sts.example.com/credentials --app-token-command './sign-in --print'":
      "prints the line to paste into the other terminal",
  },
  run: ({ values }, terminal) => ran(values, terminal),
});

async function ran(values: Values, terminal: Terminal): Promise<number> {
  const endpoint = endpointFrom(values);
  const source = sourceFrom(values);
  const port = portFrom(values.port);
  const printer = values.print === undefined ? undefined : printerFor(values.print);
  if (printer !== undefined && values.json === true)
    throw new UsageError("takes either --print or --json: --print serves nothing, so there is no address");
  const request = wantedFrom(values);
  warnOfFile(source, terminal);

  const stop = new AbortController();
  const live = liveCredentials(
    { endpoint, source, request, serves: printer === undefined },
    stop.signal,
    terminal,
  );
  try {
    if (printer !== undefined) return await printed(live, printer, endpoint, terminal);
    const started = await startedAt(port, { live, endpoint }, terminal);
    terminal.out(
      values.json === true
        ? JSON.stringify({ credentialsUri: started.uri })
        : `export ALIBABA_CLOUD_CREDENTIALS_URI=${started.uri}`,
    );
    // So that a wrong endpoint or token shows at once. A failure is logged, and the next request tries again.
    live.get().catch(() => {});
    await untilSignalled();
    stop.abort();
    await started.stop();
    // A pause of the client package before its next attempt would keep the process. Nobody waits for it any more.
    setTimeout(() => process.exit(), END_MS).unref();
    return 0;
  } finally {
    stop.abort();
  }
}

interface Wanted {
  readonly endpoint: string;
  readonly source: AppTokenSource;
  readonly request: NonNullable<CredentialsOptions["request"]>;
  /** Whether each renewal is a line of the log. With --print, its reader prints the errors for the user. */
  readonly serves: boolean;
}

function liveCredentials(
  { endpoint, source, request, serves }: Wanted,
  stop: AbortSignal,
  { environment, error, nowMs }: Terminal,
): LiveCredentials {
  let warned = false;
  const live = createCredentials({
    endpoint,
    request,
    timeoutMs: CALL_TIMEOUT_MS,
    clock: nowMs,
    appToken: ({ refused }) => appTokenFrom(source, refused, { environment, error, stop }),
    onRenew: (credentials) => {
      if (!serves) return;
      error(`${secondsOf(new Date(nowMs()))} new credentials: ${described(credentials)}`);
      const seconds = Math.round((credentials.expiresAt.getTime() - live.now()) / 1000);
      if (warned || seconds >= SHORTEST_GOOD_LIFE) return;
      warned = true;
      error(
        `warning: the credentials live for ${seconds} s. The SDKs for Java, Python and Node.js ask the sidecar before each call when less than 15 minutes are left: write --duration ${SHORTEST_GOOD_LIFE} or more, or set session.duration in access.yaml`,
      );
    },
    onError: (problem) => {
      if (!stop.aborted)
        error(
          `${secondsOf(new Date(nowMs()))} no new credentials: ${problem.code}: ${messageOf(problem, endpoint)}`,
        );
    },
  });
  return live;
}

function described({ prefix, permissions, grants }: Credentials): string {
  const others = grants.length === 1 ? "" : ` and ${grants.length - 1} more`;
  return `${prefix === "" ? "all keys" : prefix} (${permissions.join(", ")})${others}`;
}

/** Exit code 1 when there are none. Nothing but credentials goes to standard output: another program reads it. */
async function printed(
  live: LiveCredentials,
  printer: (credentials: Credentials) => string,
  endpoint: string,
  { out, error }: Terminal,
): Promise<number> {
  try {
    out(printer(await live.get()));
    return 0;
  } catch (problem) {
    if (!(problem instanceof ValetError)) throw problem;
    error(`valet sidecar: ${problem.code}: ${messageOf(problem, endpoint)}`);
    return 1;
  }
}

async function startedAt(
  port: number,
  { live, endpoint }: { readonly live: LiveCredentials; readonly endpoint: string },
  { nowMs, error }: Terminal,
): Promise<Sidecar> {
  try {
    return await startSidecar({ live, port, endpoint, nowMs, log: error });
  } catch (problem) {
    const { code } = problem as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new UsageError(`--port ${port} is taken; write another one, or 0 for a free one`);
    if (code === "EACCES") throw new UsageError(`--port ${port} needs more rights; write one from 1024 on`);
    throw problem;
  }
}

function endpointFrom({ endpoint }: Values): string {
  if (endpoint === undefined)
    throw new UsageError("needs --endpoint URL, e.g. --endpoint https://sts.example.com/credentials");
  return credentialsEndpointFrom("--endpoint", endpoint);
}

function sourceFrom({ "app-token-command": line, "app-token-file": file }: Values): AppTokenSource {
  if (line !== undefined && file !== undefined)
    throw new UsageError("takes one of --app-token-command and --app-token-file, not both");
  if (line === undefined && file === undefined)
    throw new UsageError(
      "needs the App token: write --app-token-command 'COMMAND' or --app-token-file FILE. A list of processes shows options to everybody, so no option takes the token itself",
    );
  if (line?.trim() === "")
    throw new UsageError("--app-token-command is empty; write a command that prints the App token");
  if (file === "") throw new UsageError("--app-token-file is empty; write the path of a file");
  return line === undefined ? { file: file ?? "" } : { command: line };
}

function portFrom(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError(
    `--port is ${JSON.stringify(text)}; write a number from 1 to 65535, or 0 for a free port`,
  );
}

/** Throws UsageError when there is no such file. */
function warnOfFile(source: AppTokenSource, { error }: Terminal): void {
  if (!("file" in source)) return;
  try {
    const warning = permissionsWarning(source.file);
    if (warning !== undefined) error(`warning: ${warning}`);
  } catch (problem) {
    throw problem instanceof AppTokenError ? new UsageError(problem.message) : problem;
  }
}
