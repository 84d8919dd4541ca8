import { parseArgs } from "node:util";

/** What `npm run sandbox` understands. */
export const USAGE = `npm run sandbox [-- --port N] [--seed FILE] [--json]

  --port N      the services take the ports N, N+1, ...; free ones where left out or 0
  --seed FILE   a world of your own, in YAML or JSON, instead of the classic guide's
  --json        print one line of JSON once everything is ready
  --help        print this

docs/sandbox.md tells of the control API and of seed files.`;

export interface MainOptions {
  /** 0: free ports. */
  readonly port: number;
  readonly json: boolean;
  /** A path. */
  readonly seed: string | undefined;
  readonly help: boolean;
}

/** Reads the command line. Throws an Error that names the option which is wrong. */
export function mainOptionsFrom(args: readonly string[]): MainOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "0" },
      seed: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : NaN;
  if (!(port <= 65_000)) throw new Error(`--port must be a number from 0 to 65000, not "${values.port}"`);
  return { port, json: values.json, seed: values.seed, help: values.help };
}
