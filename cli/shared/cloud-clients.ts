import { $OpenApiUtil } from "@alicloud/openapi-core";
import ram from "@alicloud/ram20150501";
import sls from "@alicloud/sls20201230";
import sts from "@alicloud/sts20150401";
import type { AccessKeys, ApiAddress } from "./cloud-keys.ts";
import { AlienAnswer, REQUEST_TIMEOUT_MS } from "./cloud-problem.ts";

const StsClient = classIn(sts);
const RamClient = classIn(ram);
const SlsClient = classIn(sls);

export type RamAccount = InstanceType<typeof RamClient>;

export function stsClientWith(keys: AccessKeys, address: ApiAddress): InstanceType<typeof StsClient> {
  return new StsClient(sdkConfig(keys, address));
}

export function ramAccountWith(keys: AccessKeys, address: ApiAddress): RamAccount {
  return new RamClient(sdkConfig(keys, address));
}

/** Simple Log Service, for one project. */
export interface LogService {
  /** Each resolves to what SLS has, and rejects with the SDK's error. */
  readonly project: () => Promise<unknown>;
  readonly logstore: (name: string) => Promise<unknown>;
  /** Names in the form of the API: `json_keys`, `doc_value`. */
  readonly index: (logstore: string) => Promise<unknown>;
}

/**
 * The SDK puts the project before the endpoint's name. No name can stand before an address on loopback, so there the project
 * travels in a header, which is signed as all x-log-* are. Only the local cloud reads it.
 */
export function logServiceWith(keys: AccessKeys, address: ApiAddress, project: string): LogService {
  const config = sdkConfig(keys, address);
  const isLoopback = address.protocol === "http";
  if (isLoopback)
    config.globalParameters = new $OpenApiUtil.GlobalParameters({ headers: { "x-log-project": project } });
  const client = new SlsClient(config);
  if (isLoopback) Object.assign(client._spi, { getHost: async () => address.endpoint });
  return {
    project: async () => (await client.getProject(project)).body?.toMap(),
    logstore: async (name) => (await client.getLogStore(project, name)).body?.toMap(),
    index: async (name) => (await client.getIndex(project, name)).body?.toMap(),
  };
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
