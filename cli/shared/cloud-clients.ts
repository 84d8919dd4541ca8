import sts from "@alicloud/sts20150401";
import type { AccessKeys, ApiAddress } from "./cloud-keys.ts";
import { AlienAnswer } from "./cloud-problem.ts";
import { sdkConfig } from "./sdk-config.ts";

/** The default of a CommonJS module is its exports for Node, and the class itself for vitest. */
const Client = "default" in sts ? sts.default : sts;

/** Whose keys they are. */
export interface CallerIdentity {
  readonly accountId: string;
  readonly arn: string;
  /** The key is the account's own, which no policy binds. */
  readonly isAccount: boolean;
}

/** Asks STS, which takes no permission. Rejects with the SDK's error, or AlienAnswer. */
export async function callerIdentity(keys: AccessKeys, address: ApiAddress): Promise<CallerIdentity> {
  const { body } = await stsClientWith(keys, address).getCallerIdentity();
  const { accountId, arn, identityType } = body ?? {};
  if (!accountId || !arn) throw new AlienAnswer("it names no account");
  return { accountId, arn, isAccount: identityType === "Account" };
}

export function stsClientWith(keys: AccessKeys, address: ApiAddress): InstanceType<typeof Client> {
  return new Client(sdkConfig(keys, address));
}
