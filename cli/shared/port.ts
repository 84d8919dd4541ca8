import { UsageError } from "./command.ts";

/** The option `--port` of a command whose services use consecutive ports; 0: free ports. Throws UsageError. */
export function portFrom(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_000)) throw new UsageError(`--port is "${text}"; write a number from 0 to 65000`);
  return port;
}

/** What to say of EADDRINUSE; undefined for every other error. */
export function portTaken(error: unknown): string | undefined {
  const { code, port } = error as { readonly code?: unknown; readonly port?: unknown };
  return code === "EADDRINUSE"
    ? `port ${port} is taken; name another one with --port N, or use free ports with --port 0`
    : undefined;
}
