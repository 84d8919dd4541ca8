import { CloudError } from "../cloud-error.ts";
import type { Decision, PolicyLayer } from "../ram/evaluate.ts";
import type { Caller } from "../world.ts";

/** RAM's and STS's general words of refusal. Source: STS error table, NoPermission. */
const NOT_AUTHORIZED = "You are not authorized to do this action. You should be authorized by RAM.";

/**
 * 403 NoPermission with AccessDeniedDetail, the element that tells a trust policy's no from an identity policy's.
 * Source: RAM DecodeDiagnosticMessage (the element's fields and values); EncodedDiagnosticMessage is not emulated.
 */
export function noPermission(
  caller: Caller,
  action: string,
  decision: Decision,
  message = NOT_AUTHORIZED,
): CloudError {
  return new CloudError(403, "NoPermission", message, {
    AccessDeniedDetail: {
      PolicyType: POLICY_TYPES[decision.layer],
      AuthPrincipalOwnerId: caller.accountId,
      AuthPrincipalType: caller.kind === "session" ? "AssumedRoleUser" : "SubUser",
      AuthPrincipalDisplayName: displayNameOf(caller),
      NoPermissionType: decision.kind === "ExplicitDeny" ? "ExplicitDeny" : "ImplicitDeny",
      AuthAction: action,
    },
  });
}

const POLICY_TYPES: Readonly<Record<PolicyLayer, string>> = {
  "session policy": "SessionPolicy",
  "identity policy": "AccountLevelIdentityBasedPolicy",
  "trust policy": "AssumeRolePolicy",
  "resource policy": "ResourceBasedPolicy",
};

/** A user by its id, a session as `role:session`. Source: RAM DecodeDiagnosticMessage. */
function displayNameOf(caller: Caller): string {
  if (caller.kind === "session") return `${caller.session.role.name.toLowerCase()}:${caller.session.name}`;
  return caller.kind === "user" ? caller.user.id : caller.accountId;
}
