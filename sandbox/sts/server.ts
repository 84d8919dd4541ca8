import type { ServiceListener } from "../service-listener.ts";
import type { World } from "../world.ts";
import { assumeRole } from "./assume-role.ts";
import { type RpcCall, type RpcOperations, serveRpc } from "./gateway.ts";
import { trailAssumeRole } from "./trail.ts";

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
    trail: trailAssumeRole,
    ...options,
  });
}

/** GetCallerIdentity: needs no permission. Source: STS API; a field that does not apply is missing (assumption). */
function callerIdentity({ caller }: RpcCall): object {
  const common = { AccountId: caller.accountId, Arn: caller.arn };
  switch (caller.kind) {
    case "root":
      return { ...common, IdentityType: "Account", PrincipalId: caller.accountId };
    case "user":
      return { ...common, IdentityType: "RAMUser", PrincipalId: caller.user.id, UserId: caller.user.id };
    case "session":
      return {
        ...common,
        IdentityType: "AssumedRoleUser",
        PrincipalId: `${caller.session.role.id}:${caller.session.name}`,
        RoleId: caller.session.role.id,
      };
  }
}
