import type { RpcCall } from "./gateway.ts";

/** GetCallerIdentity: needs no permission. Source: STS API; a field that does not apply is missing (assumption). */
export function callerIdentity({ caller }: RpcCall): object {
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
