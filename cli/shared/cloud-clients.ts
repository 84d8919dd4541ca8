import { $OpenApiUtil } from "@alicloud/openapi-core";
import ram from "@alicloud/ram20150501";
import sts from "@alicloud/sts20150401";
import type { AccessKeys, ApiAddress } from "./cloud-keys.ts";
import { AlienAnswer, REQUEST_TIMEOUT_MS } from "./cloud-problem.ts";

const StsClient = classIn(sts);
const RamClient = classIn(ram);

export type RamAccount = InstanceType<typeof RamClient>;

export function stsClientWith(keys: AccessKeys, address: ApiAddress): InstanceType<typeof StsClient> {
  return new StsClient(sdkConfig(keys, address));
}

export function ramAccountWith(keys: AccessKeys, address: ApiAddress): RamAccount {
  return new RamClient(sdkConfig(keys, address));
}

/** Who owns a pair of keys. */
export interface CallerIdentity {
  readonly accountId: string;
  readonly arn: string;
  /** The keys belong to the account itself; no policy limits them. */
  readonly isAccount: boolean;
}

/** Asks STS, which needs no permission. Rejects with the SDK's error, or AlienAnswer. */
export async function callerIdentity(keys: AccessKeys, address: ApiAddress): Promise<CallerIdentity> {
  const { body } = await stsClientWith(keys, address).getCallerIdentity();
  const { accountId, arn, identityType } = body ?? {};
  if (!accountId || !arn) throw new AlienAnswer("it names no account");
  return { accountId, arn, isAccount: identityType === "Account" || arn.endsWith(":root") };
}

/**
 * The SDKs' own limit is three seconds. That is too short for an answer that must not be lost, such as the secret of
 * a new key.
 */
function sdkConfig(keys: AccessKeys, address: ApiAddress): $OpenApiUtil.Config {
  return new $OpenApiUtil.Config({
    ...keys,
    ...address,
    ...(keys.securityToken === undefined ? {} : { type: "sts" }),
    connectTimeout: REQUEST_TIMEOUT_MS,
    readTimeout: REQUEST_TIMEOUT_MS,
  });
}

/** The default import of a CommonJS module is its exports under Node, and the class itself under vitest. */
function classIn<T extends object>(imported: T): T extends { readonly default: infer C } ? C : T {
  return ("default" in imported ? imported.default : imported) as T extends { readonly default: infer C }
    ? C
    : T;
}
