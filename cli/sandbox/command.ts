import { readFileSync } from "node:fs";
import { guideTo, sandboxLine } from "../../sandbox/guide.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { command, UsageError } from "../shared/command.ts";
import { portFrom, portTaken } from "../shared/port.ts";
import { untilSignalled } from "../shared/until-signalled.ts";

export const sandbox = command({
  name: "sandbox",
  usage: ["npm run valet -- sandbox [options]"],
  about:
    "Runs the local Alibaba Cloud until Ctrl-C: STS, OSS, RAM, Log Service's indexes, an issuer, and Function Compute's address " +
    "without a function. docs/sandbox.md explains the control API, seed files and --https.",
  options: {
    port: { value: "N", default: "0", help: "the services use the ports N, N+1, ...; 0: free ports" },
    seed: {
      value: "FILE",
      help: "start with your own accounts and buckets, from YAML or JSON, not with the guide's",
    },
    https: { help: "the services over TLS too, and a proxy that answers for the cloud's real names" },
    json: { help: "print one line of JSON when everything is ready" },
  },
  yes: "stopped",
  no: "a port is taken, or the seed file has mistakes",
  examples: { "npm run -s valet -- sandbox --json": "for a script, which stops it with SIGTERM" },
  run: async ({ values }, terminal) => {
    const port = portFrom(values.port);
    const seed = values.seed === undefined ? undefined : textOf(values.seed);
    try {
      const running = await startSandbox({
        port,
        https: values.https === true,
        // Refusals of the proxy go to standard error: with --json, standard output is for one line.
        say: terminal.error,
        ...(seed === undefined ? {} : { seed }),
      });
      terminal.out(values.json ? JSON.stringify(sandboxLine(running)) : guideTo(running).trimEnd());
      await untilSignalled();
      await running.stop();
      return 0;
    } catch (error) {
      terminal.error(
        `sandbox: ${portTaken(error) ?? (error instanceof Error ? error.message : String(error))}`,
      );
      return 1;
    }
  },
});

function textOf(seed: string): string {
  try {
    return readFileSync(seed, "utf8");
  } catch (error) {
    throw new UsageError(`--seed ${seed} cannot be read: ${(error as Error).message}`);
  }
}
