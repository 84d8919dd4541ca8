import { noPermission } from "../sts/access-denied.ts";
import type { RpcCall } from "../sts/gateway.ts";
import type { Account, World } from "../world.ts";
import { decideFor } from "./attached-policies.ts";

/**
 * The caller's account, once the caller may do `ram:<action>` on every one of the resources. Throws NoPermission. It
 * is asked before anything is looked up, so that a refusal does not tell what exists (assumption). Source: the RAM
 * API's pages, "Required permissions".
 */
export function authorizedAccount(world: World, call: RpcCall, resources: readonly string[]): Account {
  const action = `ram:${call.action}`;
  const reasons: string[] = [];
  for (const resource of resources) {
    const decision = decideFor(world, call.caller, { action, resource, context: contextOf(call) });
    call.note({ resource, because: decision.because });
    if (decision.effect === "Deny") throw noPermission(call.caller, action, decision);
    reasons.push(decision.because);
  }
  call.note({ resource: resources.join(" "), because: reasons.join("; ") });
  const account = world.accounts.get(call.caller.accountId);
  if (account === undefined) throw new Error(`account ${call.caller.accountId} does not exist`);
  return account;
}

/** What a permission on a user (or, with `*`, on users) names, e.g. acs:ram:*:1234567890123456:user/alice */
export function userResource(call: RpcCall, name: string): string {
  return `acs:ram:*:${call.caller.accountId}:user/${name}`;
}

/** Likewise for roles. */
export function roleResource(call: RpcCall, name: string): string {
  return `acs:ram:*:${call.caller.accountId}:role/${name}`;
}

/** Likewise for policies; those of the system belong to `system`. */
export function policyResource(call: RpcCall, type: "System" | "Custom", name: string): string {
  return `acs:ram:*:${type === "System" ? "system" : call.caller.accountId}:policy/${name}`;
}

function contextOf(call: RpcCall): Readonly<Record<string, string>> {
  return {
    "acs:SourceIp": call.sourceIp,
    "acs:SecureTransport": String(call.secureTransport),
    "acs:CurrentTime": new Date(call.nowMs).toISOString(),
    "acs:PrincipalARN": call.caller.arn,
  };
}
