import type { CallerCredentials } from "../../shared/ports.ts";
import { CACHE_SETTINGS, type CacheSettings, cacheFrom } from "../http/cache-settings.ts";
import { CALLER_SETTINGS, type CallerSource, callerFrom } from "../http/caller-settings.ts";
import { type GateSettings, gateSettingsFrom, type KeyReaders } from "../http/gate-settings.ts";
import { type HttpSettings, httpSettingsFrom } from "../http/http-settings.ts";
import { RATE_LIMIT_SETTINGS, type RateLimit, rateLimitFrom } from "../http/rate-limit-settings.ts";
import { ConfigError, type Environment, type Setting, settingsOf } from "../http/settings.ts";

/** All settings of a deployment, checked before the first request. */
export interface UploadsConfig extends GateSettings, HttpSettings {
  /** From the environment; undefined when it has none, so that only FC can bring them. */
  readonly callerCredentials: CallerCredentials | undefined;
  readonly rateLimit: RateLimit | undefined;
  /** Where requests are counted, too: only with a limit is it more than "off". */
  readonly cache: CacheSettings;
}

/** The environment variables that this function reads beside those of every function. */
export const UPLOADS_SETTINGS: readonly Setting[] = [
  ...RATE_LIMIT_SETTINGS,
  ...CACHE_SETTINGS,
  ...CALLER_SETTINGS,
];

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
  const rateLimit = rateLimitFrom(settings);
  const cache: CacheSettings = rateLimit === undefined ? { kind: "off" } : cacheFrom(settings);
  if (settings.problems.length > 0 || rules === undefined) throw new ConfigError(settings.problems);
  return { rules, ...gate, ...http, callerCredentials, rateLimit, cache };
}
