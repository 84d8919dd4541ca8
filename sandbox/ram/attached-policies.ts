import type { Account, Caller, PolicyReference, World } from "../world.ts";
import { type AccessRequest, type Decision, denialOfOwner, evaluate, type NamedPolicy } from "./evaluate.ts";
import { SYSTEM_POLICIES } from "./system-policies.ts";

/**
 * The policies attached to the caller, in their default versions; of a session, those of its role, as they are now
 * and not as they were when it began. Nothing for root, which needs none, and for a session whose role is gone.
 * Throws when something is attached that does not exist: a bug of whoever attached it.
 */
export function identityPoliciesOf(world: World, caller: Caller): readonly NamedPolicy[] {
  const account = world.accounts.get(caller.accountId);
  if (account === undefined) return [];
  return attachedTo(account, caller).map((reference) => ({
    name: reference.name,
    document: documentOf(account, reference),
  }));
}

/**
 * Decides the caller's request by everything that has a say: attached policies, session policy, bucket policy. An
 * account's root may do everything with what is the account's own; what another account owns (the account in the
 * resource's ARN) opens by its bucket policy alone. The request's context is the caller's job. Sources: RAM "Policy
 * evaluation process"; that the own policies do not open another account's buckets: OSS "Bucket policy", examples.
 */
export function decideFor(
  world: World,
  caller: Caller,
  request: AccessRequest,
  resourcePolicy?: string,
): Decision {
  const resource =
    resourcePolicy === undefined ? undefined : { name: "bucket policy", document: resourcePolicy };
  const foreign = isForeign(request, caller.accountId);
  if (caller.kind === "root" && !foreign) {
    return (resource && denialOfOwner(request, resource)) ?? allowedAsRoot(request);
  }
  const asker = {
    resource,
    principalArn: caller.arn,
    principalId: caller.kind === "user" ? caller.user.id : undefined,
  };
  const decision = evaluate(request, {
    identity: identityPoliciesOf(world, caller),
    session: sessionPolicyOf(caller),
    ...asker,
  });
  if (!foreign || decision.effect === "Deny" || decision.layer === "resource policy") return decision;
  // The caller's own policies allow it; what counts here is whether the owner of the bucket does.
  const byOwner = evaluate(request, { identity: [], ...asker });
  return byOwner.effect === "Allow" ? byOwner : notOpenedByOwner(request);
}

function attachedTo(account: Account, caller: Caller): readonly PolicyReference[] {
  if (caller.kind === "root") return [];
  if (caller.kind === "user") return caller.user.attached;
  const { role } = caller.session;
  // A role made anew under the same name is another role: sessions of the deleted one have no rights in it.
  return account.roles.get(role.name.toLowerCase()) === role ? role.attached : [];
}

function documentOf(account: Account, { type, name }: PolicyReference): string {
  const document =
    type === "System"
      ? SYSTEM_POLICIES.get(name)?.document
      : account.policies.get(name)?.versions.find((version) => version.isDefault)?.document;
  if (document === undefined) throw new Error(`${type} policy ${name} is attached, but does not exist`);
  return document;
}

function sessionPolicyOf(caller: Caller): NamedPolicy | undefined {
  if (caller.kind !== "session" || caller.session.policy === undefined) return undefined;
  return { name: "session policy", document: caller.session.policy };
}

/** AssumeRole's second gate is the role's trust policy, so that the caller's own policies do reach foreign roles. */
function isForeign({ action, resource }: AccessRequest, accountId: string): boolean {
  const owner = resource.split(":")[3] ?? "";
  return action !== "sts:AssumeRole" && /^\d+$/.test(owner) && owner !== accountId;
}

function allowedAsRoot({ action, resource }: AccessRequest): Decision {
  return {
    effect: "Allow",
    kind: "Allow",
    layer: "identity policy",
    because: `root of the account: needs no policy for ${action} on ${resource}`,
  };
}

function notOpenedByOwner({ action, resource }: AccessRequest): Decision {
  return {
    effect: "Deny",
    kind: "ImplicitDeny",
    layer: "resource policy",
    because: `resource policy: no statement allows another account ${action} on ${resource}`,
  };
}
