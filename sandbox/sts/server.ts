import type { ServiceListener } from "../service-listener.ts";
import type { World } from "../world.ts";
import { assumeRole } from "./assume-role.ts";
import { callerIdentity } from "./caller-identity.ts";
import { type RpcOperations, serveRpc } from "./gateway.ts";

/** Settings of the service that no document fixes. */
export interface StsOptions {
  /** How far a request's timestamp may differ from the clock, in both directions. Default: 15 minutes. */
  readonly timestampWindowMs?: number;
}

const OPERATIONS: RpcOperations = {
  AssumeRole: assumeRole,
  GetCallerIdentity: (_world, call) => callerIdentity(call),
};

export const STS_ACTIONS: readonly string[] = Object.keys(OPERATIONS);

/** Security Token Service, 2015-04-01. */
export function stsServer(world: World, options: StsOptions = {}): ServiceListener {
  return serveRpc(world, {
    service: "sts",
    product: "Sts",
    version: "2015-04-01",
    hostId: "sts.aliyuncs.com",
    operations: OPERATIONS,
    ...options,
  });
}
