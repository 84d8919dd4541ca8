import type { CallerCredentials } from "../../shared/ports.ts";
import { CALLER_SETTINGS, type CallerSource, callerFrom } from "../http/caller-settings.ts";
import { type GateSettings, gateSettingsFrom, type KeyReaders } from "../http/gate-settings.ts";
import { type HttpSettings, httpSettingsFrom } from "../http/http-settings.ts";
import { ConfigError, type Environment, type Setting, settingsOf } from "../http/settings.ts";

/** All settings of a deployment, checked before the first request. */
export interface UploadsConfig extends GateSettings, HttpSettings {
  /** From the environment; undefined when it has none, so that only FC can bring them. */
  readonly callerCredentials: CallerCredentials | undefined;
}

/** The environment variables that this function reads beside those of every function. */
export const UPLOADS_SETTINGS: readonly Setting[] = CALLER_SETTINGS;

/** Reads the environment and the content of access.yaml. Throws ConfigError. */
export function uploadsConfigFrom(
  environment: Environment,
  accessFile: unknown,
  readers: KeyReaders,
  callerSource: CallerSource,
): UploadsConfig {
  const settings = settingsOf(environment);
  const { rules, ...gate } = gateSettingsFrom(environment, accessFile, readers, settings);
  const http = httpSettingsFrom(settings, callerSource);
  const needed = callerSource === "environment" && !http.inFunctionCompute;
  const callerCredentials = callerFrom(settings, { needed });
  if (settings.problems.length > 0 || rules === undefined) throw new ConfigError(settings.problems);
  return { rules, ...gate, ...http, callerCredentials };
}
