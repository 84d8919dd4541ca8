import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { buildOrExplain } from "../build/explained.ts";
import { ACCESS, command } from "../shared/command.ts";

export const serve = command({
  name: "serve",
  usage: ["npm run valet -- serve"],
  about:
    "Builds, so that the present access.yaml counts, and runs the deployable HTTP server alone: all functions, until Ctrl-C. " +
    "Its settings are environment variables: docs/settings.md.",
  options: { access: ACCESS },
  yes: "stopped",
  no: "a setting has mistakes, or the port is taken",
  settings: {
    "PORT, HOST": "where it listens; default: 9000 and 127.0.0.1",
  },
  examples: {
    "PORT=8080 HOST=0.0.0.0 npm run valet -- serve": "for other machines too, such as from a container",
  },
  run: async ({ values: { access } }) => {
    const outDir = resolve("dist/credentials");
    if (!(await buildOrExplain({ outDir, ...(access === undefined ? {} : { accessFile: access }) })))
      return 2;
    const server = spawn(process.execPath, [join(outDir, "server.js")], { stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => server.kill(signal));
    const [code] = (await once(server, "exit")) as [number | null];
    return code ?? 1;
  },
});
