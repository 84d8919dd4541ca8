import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import type { AuditLog } from "../../shared/ports.ts";
import { credentialsRoutes } from "../credentials/compose.ts";
import { type Config, configFrom } from "../credentials/config.ts";
import { foundationFrom, serviceOf } from "../http/compose.ts";
import type { Service } from "../http/http.ts";
import type { Environment } from "../http/settings.ts";
import { uploadsRoutes } from "../uploads/compose.ts";

/**
 * All functions in one server. In Function Compute it has the routes of /credentials alone: there the function's role may
 * only call AssumeRole, so nobody could use a form that it signs. Throws ConfigError.
 */
export function composedService(
  environment: Environment,
  accessFile: unknown,
  auditLogAround?: (log: AuditLog) => AuditLog,
): Service & { readonly config: Config } {
  const config = configFrom(environment, accessFile, settingKeys, "environment");
  const foundation = foundationFrom(config, auditLogAround);
  const routes = [
    ...credentialsRoutes(config, foundation),
    ...(config.inFunctionCompute ? [] : uploadsRoutes(config, foundation)),
  ];
  return { config, ...serviceOf(routes, config, foundation) };
}
