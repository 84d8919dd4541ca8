import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildOrExplain } from "./build.ts";

// The deployable server alone, configured by the environment: it is built first, so that access.yaml is the one
// that stands in the folder now.
const outDir = join(import.meta.dirname, "../dist/credentials");
if (await buildOrExplain({ outDir })) {
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  const { status } = spawnSync(process.execPath, [join(outDir, "server.js")], { stdio: "inherit" });
  process.exitCode = status ?? 0;
} else {
  process.exitCode = 1;
}
