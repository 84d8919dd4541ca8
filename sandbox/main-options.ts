import { parseArgs } from "node:util";

/** The options of `npm run sandbox`. */
export const USAGE = `npm run sandbox [-- --port N] [--seed FILE] [--https] [--json]

  --port N      the services use the ports N, N+1, ...; default: free ports, as with 0
  --seed FILE   start with your own accounts and buckets, from YAML or JSON, not with the guide's
  --https       the services over TLS too, and a proxy that answers for the cloud's real names
  --json        print one line of JSON when everything is ready
  --help        print this

docs/sandbox.md explains the control API, seed files and --https.`;

export interface MainOptions {
  /** 0: free ports. */
  readonly port: number;
  readonly json: boolean;
  readonly https: boolean;
  /** A path. */
  readonly seed: string | undefined;
  readonly help: boolean;
}

/** Reads the command line. Throws an Error that names the wrong option. */
export function mainOptionsFrom(args: readonly string[]): MainOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "0" },
      seed: { type: "string" },
      json: { type: "boolean", default: false },
      https: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : NaN;
  if (!(port <= 65_000)) throw new Error(`--port is "${values.port}"; write a number from 0 to 65000`);
  return { port, json: values.json, https: values.https, seed: values.seed, help: values.help };
}
