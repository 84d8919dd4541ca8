import { createServer } from "node:http";
import { startContainer } from "./container-server.ts";
import { FC_SERVER_OPTIONS } from "./http-event.ts";

/** What scripts/docker-stand-in.mjs starts for `docker run`: one container, until it gets a signal. */
interface ContainerCommand {
  readonly port: number;
  readonly codeDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

// Through the environment: a command line shows the developer's keys to everybody on the machine.
const command = JSON.parse(process.env["OSS_VALET_CONTAINER"] ?? "{}") as ContainerCommand;
const container = await startContainer({
  codeDir: command.codeDir,
  environment: command.environment,
  onLog: (line) => process.stdout.write(`${line}\n`),
});
const server = createServer(FC_SERVER_OPTIONS, container.listener);
const stop = () => {
  server.close();
  void container.stop().then(() => process.exit(0));
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
server.listen(command.port, "127.0.0.1", () => {
  process.send?.("ready");
  if (process.connected) process.disconnect();
});
