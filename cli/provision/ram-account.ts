import { $OpenApiUtil } from "@alicloud/openapi-core";
import ram from "@alicloud/ram20150501";
import { REQUEST_TIMEOUT_MS } from "../cloud-problem.ts";
import type { AccessKeys, ApiAddress } from "../operator-access.ts";

export type RamAccount = InstanceType<typeof Client>;

/** The default of a CommonJS module is its exports for Node, and the class itself for vitest. */
const Client = "default" in ram ? ram.default : ram;

/** The SDK's own limit of three seconds would give up on answers that are under way: a new key's secret among them. */
export function ramAccountWith(keys: AccessKeys, address: ApiAddress): RamAccount {
  return new Client(
    new $OpenApiUtil.Config({
      ...keys,
      ...address,
      ...(keys.securityToken === undefined ? {} : { type: "sts" }),
      connectTimeout: REQUEST_TIMEOUT_MS,
      readTimeout: REQUEST_TIMEOUT_MS,
    }),
  );
}
