import type { AuditLog } from "../../shared/ports.ts";
import { type AddressLimit, addressLimitFrom } from "./address-limit-settings.ts";
import type { Service } from "./http.ts";
import type { HttpSettings } from "./http-settings.ts";
import { listen } from "./listen.ts";
import { ConfigError, type Environment, settingsOf } from "./settings.ts";
import type { TokenGuard } from "./token-guard.ts";

/** Makes a function, with something around its log where it is given. Throws ConfigError. */
export type Compose = (
  auditLogAround?: (log: AuditLog) => AuditLog,
) => Service & { readonly config: HttpSettings };

/** FC's custom runtime, a container or a laptop: a function over plain HTTP. Wrong settings end the process with code 1. */
export async function serve(
  compose: Compose,
  environment: Environment,
  /** The path that the line on standard error names. */
  path: string,
): Promise<void> {
  const telemetry = TELEMETRY.some((name) => environment[name]?.trim())
    ? (await import("./telemetry/compose.ts")).telemetryFrom(environment)
    : undefined;
  const settings = settingsOf(environment);
  const by = addressLimitFrom(settings);
  let problems = [...(telemetry?.problems ?? []), ...settings.problems];
  try {
    const { config, ...service } = compose(telemetry?.auditLog);
    if (problems.length === 0) {
      await telemetry?.listen();
      listen(telemetry?.watched(service) ?? service, { ...config, path, guard: guardFrom(by, config) });
      return;
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems = [...error.problems, ...problems];
  }
  process.stderr.write(`${new ConfigError(problems).message}\n`);
  process.exitCode = 1;
}

/** The settings that ask for metrics or traces. Where none is set, nothing of them is loaded. */
const TELEMETRY = ["METRICS_PORT", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/** In Function Compute every caller has the same address, and the gateway decides. */
export function guardFrom(
  by: AddressLimit,
  { inFunctionCompute, allowedOrigins }: Pick<HttpSettings, "inFunctionCompute" | "allowedOrigins">,
): TokenGuard | undefined {
  if (by === "off" || inFunctionCompute) return undefined;
  const loaded = import("./token-guard/compose.ts").then(({ tokenGuardOf }) =>
    tokenGuardOf({ by, allowedOrigins }),
  );
  return {
    before: async (head) => (await loaded).before(head),
    after: async (head, response) => (await loaded).after(head, response),
  };
}
