import { $OpenApiUtil } from "@alicloud/openapi-core";
import type { AccessKeys, ApiAddress } from "./cloud-keys.ts";
import { REQUEST_TIMEOUT_MS } from "./cloud-problem.ts";

/**
 * What a client of the SDKs is made with. Their own limit of three seconds would give up on answers that are under
 * way: a new key's secret among them.
 */
export function sdkConfig(keys: AccessKeys, address: ApiAddress): $OpenApiUtil.Config {
  return new $OpenApiUtil.Config({
    ...keys,
    ...address,
    ...(keys.securityToken === undefined ? {} : { type: "sts" }),
    connectTimeout: REQUEST_TIMEOUT_MS,
    readTimeout: REQUEST_TIMEOUT_MS,
  });
}
