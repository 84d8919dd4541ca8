import ram from "@alicloud/ram20150501";
import type { AccessKeys, ApiAddress } from "../shared/cloud-keys.ts";
import { sdkConfig } from "../shared/sdk-config.ts";

export type RamAccount = InstanceType<typeof Client>;

/** The default of a CommonJS module is its exports for Node, and the class itself for vitest. */
const Client = "default" in ram ? ram.default : ram;

export function ramAccountWith(keys: AccessKeys, address: ApiAddress): RamAccount {
  return new Client(sdkConfig(keys, address));
}
