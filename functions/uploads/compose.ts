import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import { ossSigner } from "../../shared/adapters/oss-signer.ts";
import type { AuditLog } from "../../shared/ports.ts";
import type { CallerSource } from "../http/caller-settings.ts";
import { type Foundation, foundationFrom, serviceOf } from "../http/compose.ts";
import type { GateSettings } from "../http/gate-settings.ts";
import type { Service } from "../http/http.ts";
import type { Environment } from "../http/settings.ts";
import type { Route } from "../http/shell.ts";
import { type UploadsConfig, uploadsConfigFrom } from "./config.ts";
import { downloadsRoute } from "./downloads-route.ts";
import { uploadsRoute } from "./uploads-route.ts";

/** Reads the settings, once, and wires the adapters. Throws ConfigError. */
export function composedService(
  environment: Environment,
  accessFile: unknown,
  callerSource: CallerSource,
  auditLogAround?: (log: AuditLog) => AuditLog,
): Service & { readonly config: UploadsConfig } {
  const config = uploadsConfigFrom(environment, accessFile, settingKeys, callerSource);
  const foundation = foundationFrom(config, auditLogAround);
  return { config, ...serviceOf(uploadsRoutes(config, foundation), config, foundation) };
}

export function uploadsRoutes(
  { region, ossEndpoints: endpoints }: GateSettings,
  { gate, clock, fairUse, callerCredentials: credentials }: Foundation,
): readonly Route[] {
  const signing = { ...gate, clock, fairUse, signer: ossSigner({ region, endpoints, credentials }) };
  return [uploadsRoute(signing), downloadsRoute(signing)];
}
