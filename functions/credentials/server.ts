import { accessFile } from "#access-rules";
import { listen } from "../http/listen.ts";
import { ConfigError } from "../http/settings.ts";
import { composedService } from "./compose.ts";

/** FC's custom runtime, a container or a laptop: the same service over plain HTTP. */
try {
  const { config, ...service } = composedService(process.env, accessFile, "environment");
  listen(service, { ...config, path: "/credentials" });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
