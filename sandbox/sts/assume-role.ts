import { CloudError } from "../cloud-error.ts";
import { decideFor } from "../ram/attached-policies.ts";
import { trusts } from "../ram/evaluate.ts";
import { policyGrammarProblem } from "../ram/policy-document.ts";
import { type Caller, type Role, roleArn, sessionArn, type World } from "../world.ts";
import { noPermission } from "./access-denied.ts";
import { type RpcCall, requiredParameter } from "./gateway.ts";
import { expirationOf, openSession } from "./session.ts";

/** Bytes of UTF-8. Source: AssumeRole, Policy, "1 to 2,048 characters"; the error's text counts bytes. */
const MAX_POLICY_LENGTH = 2048;

/** Seconds. Source: AssumeRole, DurationSeconds: 900 up to the role's MaxSessionDuration, default 3600. */
const MIN_DURATION_SECONDS = 900;
const DEFAULT_DURATION_SECONDS = 3600;

/** Seconds. Source: CreateRole, MaxSessionDuration, 3600 to 43200: no role's limit is above it. */
const MAX_DURATION_SECONDS = 43_200;

/**
 * AssumeRole. Checks, in this order: the parameters' forms; the role exists; root does not ask; the caller's own
 * policies allow it; the role's trust policy names the caller; the role allows sessions as long as that. Throws
 * CloudError. Source: AssumeRole, its error table; the order is an assumption.
 */
export function assumeRole(world: World, call: RpcCall): object {
  const wanted = wantedFrom(call);
  const { accountId, role } = existingRole(world, wanted);
  const resource = roleArn(accountId, role);
  const because = gate(world, call, { accountId, role, externalId: wanted.externalId });
  call.note({ resource, because });
  if (wanted.durationSeconds > role.maxSessionSeconds) throw wrongDuration(role.maxSessionSeconds);
  const sourceIdentity = sourceIdentityFor(call.caller, wanted.sourceIdentity);
  const session = openSession(world, {
    accountId,
    role,
    name: wanted.sessionName,
    policy: wanted.policy,
    sourceIdentity,
    durationSeconds: wanted.durationSeconds,
  });
  return {
    AssumedRoleUser: { AssumedRoleId: `${role.id}:${session.name}`, Arn: sessionArn(session) },
    Credentials: {
      SecurityToken: session.securityToken,
      Expiration: expirationOf(session),
      AccessKeySecret: session.accessKeySecret,
      AccessKeyId: session.accessKeyId,
    },
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
  };
}

interface Wanted {
  readonly accountId: string;
  readonly roleName: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly policy: string | undefined;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
}

function wantedFrom(call: RpcCall): Wanted {
  const roleArnText = requiredParameter(call, "RoleArn");
  const sessionName = requiredParameter(call, "RoleSessionName");
  const role = roleFrom(roleArnText);
  if (!/^[A-Za-z0-9.@_-]{2,64}$/.test(sessionName)) throw wronglyFormed("RoleSessionName");
  return {
    ...role,
    sessionName,
    durationSeconds: durationFrom(call.params.get("DurationSeconds")),
    policy: policyFrom(call.params.get("Policy")),
    externalId: optional(call, "ExternalId", /^[\w+=,.@:/-]{2,1224}$/),
    sourceIdentity: optional(call, "SourceIdentity", /^(?!acs:|aliyun:|alibabacloud:)[\w+=,.@-]{2,64}$/),
  };
}

/**
 * A user's ARN is well formed, but names no role: 404, as observed. Account ids have 16 digits in practice, older
 * examples show 13: any number of them is read.
 */
function roleFrom(text: string): { readonly accountId: string; readonly roleName: string } {
  const [, accountId, kind, name] = /^acs:ram::(\d+):(role|user)\/([\w.-]{1,64})$/.exec(text) ?? [];
  if (accountId === undefined || name === undefined) throw wronglyFormed("RoleArn");
  if (kind !== "role") throw roleNotFound();
  return { accountId, roleName: name };
}

function durationFrom(text: string | undefined): number {
  if (text === undefined || text === "") return DEFAULT_DURATION_SECONDS;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (seconds >= MIN_DURATION_SECONDS && seconds <= MAX_DURATION_SECONDS) return seconds;
  throw wrongDuration(DEFAULT_DURATION_SECONDS);
}

/** An empty Policy counts as none: that is what opens the whole role to whoever forgets it (assumption). */
function policyFrom(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (Buffer.byteLength(text) > MAX_POLICY_LENGTH) {
    throw new CloudError(
      400,
      "InvalidParameter.PolicySize",
      "The size of Policy must be smaller than 2048 bytes.",
    );
  }
  if (policyGrammarProblem(text, "identity") !== undefined) {
    throw new CloudError(
      400,
      "InvalidParameter.PolicyGrammar",
      "The parameter Policy has not passed grammar check.",
    );
  }
  return text;
}

function optional(call: RpcCall, name: string, form: RegExp): string | undefined {
  const text = call.params.get(name);
  if (text === undefined || text === "") return undefined;
  if (!form.test(text)) throw wronglyFormed(name);
  return text;
}

function existingRole(world: World, { accountId, roleName }: Wanted): { accountId: string; role: Role } {
  const role = world.accounts.get(accountId)?.roles.get(roleName.toLowerCase());
  if (role === undefined) throw roleNotFound();
  return { accountId, role };
}

/** Both gates. Returns why the caller may, in words. */
function gate(
  world: World,
  call: RpcCall,
  target: { readonly accountId: string; readonly role: Role; readonly externalId: string | undefined },
): string {
  const { caller, sourceIp, secureTransport, nowMs } = call;
  const resource = roleArn(target.accountId, target.role);
  if (caller.kind === "root") {
    call.note({ resource, because: "root may not assume roles" });
    throw new CloudError(403, "NoPermission", "Roles may not be assumed by root accounts.");
  }
  const context = {
    "acs:SourceIp": sourceIp,
    "acs:SecureTransport": String(secureTransport),
    "acs:CurrentTime": new Date(nowMs).toISOString(),
    "acs:PrincipalARN": caller.arn,
    ...(target.externalId === undefined ? {} : { "sts:ExternalId": target.externalId }),
  };
  const identity = decideFor(world, caller, { action: "sts:AssumeRole", resource, context });
  if (identity.effect === "Deny") {
    call.note({ resource, because: identity.because });
    throw noPermission(caller, "sts:AssumeRole", identity);
  }
  const trust = trusts(target.role.trustPolicy, { arn: caller.arn, accountId: caller.accountId }, context);
  if (trust.effect === "Deny") {
    call.note({ resource, because: trust.because });
    throw noPermission(caller, "sts:AssumeRole", trust, NOT_TRUSTED);
  }
  return `${identity.because}; ${trust.because}`;
}

const NOT_TRUSTED =
  "No permission perform sts:AssumeRole on this Role. Maybe you are not authorized to perform sts:AssumeRole or the specified role does not trust you";

/** A source identity stays with the sessions that are made from a session; another one is refused (assumption). */
function sourceIdentityFor(caller: Caller, wanted: string | undefined): string | undefined {
  const inherited = caller.kind === "session" ? caller.session.sourceIdentity : undefined;
  if (inherited !== undefined && wanted !== undefined && inherited !== wanted) {
    throw wronglyFormed("SourceIdentity");
  }
  return inherited ?? wanted;
}

function wronglyFormed(parameter: string): CloudError {
  return new CloudError(
    400,
    `InvalidParameter.${parameter}`,
    `The parameter ${parameter} is wrongly formed.`,
  );
}

/** The documented text says 1hr; for roles with a longer limit it names that limit (assumption). */
function wrongDuration(maxSeconds: number): CloudError {
  const hours = Math.floor(maxSeconds / 3600);
  return new CloudError(
    400,
    "InvalidParameter.DurationSeconds",
    `The Min/Max value of DurationSeconds is 15min/${hours}hr.`,
  );
}

function roleNotFound(): CloudError {
  // The blank before the full stop is in the real text.
  return new CloudError(404, "EntityNotExist.Role", "The specified Role not exists .");
}
