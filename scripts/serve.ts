import { spawn } from "node:child_process";
import { join } from "node:path";
import { buildOrExplain } from "./build.ts";
import { optionsOrUsage } from "./command-line.ts";

const USAGE = `npm run serve

  It takes no arguments. Its settings are environment variables (docs/settings.md):
  PORT=8080 HOST=0.0.0.0 npm run serve`;

optionsOrUsage({}, USAGE);
// Runs the deployable server alone, configured by the environment. It is built first, so that it uses the present
// access.yaml.
const outDir = join(import.meta.dirname, "../dist/credentials");
if (await buildOrExplain({ outDir })) {
  const server = spawn(process.execPath, [join(outDir, "server.js")], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => server.kill(signal));
  server.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  process.exitCode = 1;
}
