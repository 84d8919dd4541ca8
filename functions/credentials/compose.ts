import { aliyunSts } from "../../shared/adapters/aliyun-sts.ts";
import { cachingSts } from "../../shared/adapters/caching-sts.ts";
import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import { limitedSts } from "../../shared/adapters/limited-sts.ts";
import { queueingSts } from "../../shared/adapters/queueing-sts.ts";
import type { Sts } from "../../shared/ports.ts";
import type { CallerSource } from "../http/caller-settings.ts";
import { type Foundation, foundationFrom, serviceOf } from "../http/compose.ts";
import type { Service } from "../http/http.ts";
import type { Environment } from "../http/settings.ts";
import type { Route } from "../http/shell.ts";
import { type Config, configFrom } from "./config.ts";
import { credentialsRoute } from "./route.ts";

/** Reads the settings, once, and wires the adapters. Throws ConfigError. */
export function composedService(
  environment: Environment,
  accessFile: unknown,
  callerSource: CallerSource,
): Service & { readonly config: Config } {
  const config = configFrom(environment, accessFile, settingKeys, callerSource);
  const foundation = foundationFrom(config);
  return { config, ...serviceOf(credentialsRoutes(config, foundation), config, foundation) };
}

export function credentialsRoutes(config: Config, foundation: Foundation): readonly Route[] {
  const { gate, clock } = foundation;
  const oss = { region: config.region, endpoints: config.ossEndpoints };
  return [credentialsRoute({ valet: { ...gate, sts: stsFrom(config, foundation) }, oss, clock })];
}

/** STS, and around it the queue of a throttled STS, and what keeps the credentials that it gave: for all instances, for this one. */
function stsFrom(
  { cache, sts: endpoint, roleArn }: Config,
  { clock, callerCredentials, operatorLog, atClose, fairUse }: Foundation,
): Sts {
  const limited = (sts: Sts): Sts => (fairUse === undefined ? sts : limitedSts({ sts, fairUse }));
  const asked = aliyunSts({ endpoint, roleArn, callerCredentials, clock, onWarning: operatorLog.warn });
  const sts = limited(queueingSts({ sts: asked, clock }));
  if (cache.kind === "off") return sts;
  const { maxEntries } = cache;
  if (cache.kind === "memory") return cachingSts({ sts, clock, maxEntries });
  const scope = JSON.stringify([endpoint.host, roleArn]);
  // Loaded only where it is configured, and at once: it connects while the first request is still on its way to STS.
  const loading = import("./shared-cache/compose.ts").then(({ sharedCacheAround }) =>
    sharedCacheAround(sts, { ...cache, scope, clock, warn: operatorLog.warn }),
  );
  atClose.push(async () => (await loading).close());
  const loaded = loading.catch(() => {
    operatorLog.warn(
      "CREDENTIAL_CACHE: the Redis client cannot be loaded. Is shared-cache.js deployed beside index.js?",
    );
    return sts;
  });
  const shared: Sts = { assumeRole: async (...call) => (await loaded).assumeRole(...call) };
  return cachingSts({ sts: shared, clock, maxEntries });
}
