import { readFileSync } from "node:fs";
import { guideTo, sandboxLine } from "./guide.ts";
import { mainOptionsFrom, USAGE } from "./main-options.ts";
import { startSandbox } from "./sandbox.ts";
import { seededWorld } from "./seed.ts";

/** Runs the sandbox until Ctrl-C. */
async function main(): Promise<void> {
  const { port, json, https, seed, help } = mainOptionsFrom(process.argv.slice(2));
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const world = seed === undefined ? {} : { world: seededWorld(readFileSync(seed, "utf8")) };
  // Refusals of the proxy go to standard error: with --json, standard output is for one line.
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const sandbox = await startSandbox({ port, https, say, ...world });
  process.stdout.write(json ? `${JSON.stringify(sandboxLine(sandbox))}\n` : guideTo(sandbox));
  const stop = () => void sandbox.stop();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

try {
  await main();
} catch (error) {
  const { code, port } = error as { readonly code?: unknown; readonly port?: unknown };
  process.stderr.write(
    code === "EADDRINUSE"
      ? `sandbox: port ${port} is taken; name another one with -- --port N, or use free ports with -- --port 0\n`
      : `sandbox: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`,
  );
  process.exitCode = 1;
}
