import type { Service } from "./http.ts";
import type { HttpSettings } from "./http-settings.ts";
import { listen } from "./listen.ts";
import { ConfigError } from "./settings.ts";

/** FC's custom runtime, a container or a laptop: a function over plain HTTP. Wrong settings end the process with code 1. */
export function serve(
  composed: () => Service & { readonly config: HttpSettings },
  /** The path that the line on standard error names. */
  path: string,
): void {
  try {
    const { config, ...service } = composed();
    listen(service, { ...config, path });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
