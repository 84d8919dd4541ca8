import { CloudError } from "../cloud-error.ts";
import { trusts } from "../ram/evaluate.ts";
import { policyGrammarProblem } from "../ram/policy-document.ts";
import { openSession } from "../sts/session.ts";
import type { Role, Session, World } from "../world.ts";

/** What a function is given of its role's session; empty strings when it has no role (assumption). */
export interface FunctionCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** Who FC is to a trust policy. */
const SERVICE = "fc.aliyuncs.com";
/** Source: FC "Grant Function Compute permissions": 36 hours, not adjustable. The role's own limit does not count. */
const SESSION_SECONDS = 36 * 3600;
/** Assumption: what FC calls its sessions is documented nowhere. */
const SESSION_NAME = "fc";
/** A session is handed out while at least this much of it is left (assumption: no document says when FC renews). */
const RENEW_BEFORE_MS = 3_600_000;

/**
 * The credentials of a function's role, as FC gets them for it: a session of the role, renewed in time. The returned
 * function throws CloudError 403 AccessDenied when the role does not exist or does not trust fc.aliyuncs.com.
 */
export function functionRole(
  world: World,
  settings: { readonly name: string; readonly accountId: string; readonly roleArn?: string },
): () => FunctionCredentials {
  const { roleArn } = settings;
  if (roleArn === undefined) return () => ({ accessKeyId: "", accessKeySecret: "", securityToken: "" });
  let session: Session | undefined;
  return () => {
    if (session === undefined || session.expiresMs - world.clock.nowMs() < RENEW_BEFORE_MS) {
      session = assume(world, roleArn, settings.accountId);
    }
    const { accessKeyId, accessKeySecret, securityToken } = session;
    return { accessKeyId, accessKeySecret, securityToken };
  };
}

function assume(world: World, roleArn: string, accountId: string): Session {
  const role = trustingRole(world, roleArn, accountId);
  if (role === undefined) {
    throw new CloudError(403, "AccessDenied", `No permission to assume the role '${roleArn}'`);
  }
  return openSession(world, {
    accountId,
    role,
    name: SESSION_NAME,
    policy: undefined,
    sourceIdentity: undefined,
    durationSeconds: SESSION_SECONDS,
    isOfFunction: true,
  });
}

/** A role of another account is none that a function can have (assumption: passing a role stays in the account). */
function trustingRole(world: World, roleArn: string, accountId: string): Role | undefined {
  const [, owner, name] = /^acs:ram::(\d+):role\/([^/]+)$/.exec(roleArn) ?? [];
  if (owner !== accountId || name === undefined) return undefined;
  const role = world.accounts.get(accountId)?.roles.get(name.toLowerCase());
  if (role === undefined || policyGrammarProblem(role.trustPolicy, "trust") !== undefined) return undefined;
  return trusts(role.trustPolicy, { service: SERVICE }, {}).effect === "Allow" ? role : undefined;
}
