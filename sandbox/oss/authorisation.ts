import { CloudError } from "../cloud-error.ts";
import { decideFor } from "../ram/attached-policies.ts";
import { type AccessRequest, type Decision, evaluate } from "../ram/evaluate.ts";
import type { Bucket, Caller } from "../world.ts";
import type { OssCall } from "./call.ts";
import { ossError } from "./errors.ts";
import { tagsFromHeader } from "./tags.ts";

/** One action on one thing. */
export interface Wanted {
  /** e.g. oss:PutObject */
  readonly action: string;
  readonly bucket: Bucket;
  /** Undefined: the bucket itself. */
  readonly key?: string | undefined;
  /** Condition keys in addition to those of every request. */
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * Allows the call, or throws 403 AccessDenied with the text for the policy that refused. Policies decide first. If none
 * of them applies, the ACL of object and bucket may still allow the call, but never against a session policy.
 * Sources: RAM "Policy evaluation process"; docs/fidelity/oss.md, "Authorisation".
 */
export function authorise(call: OssCall, wanted: Wanted): void {
  const { bucket, key } = wanted;
  const path = key === undefined ? bucket.name : `${bucket.name}/${key}`;
  const request: AccessRequest = {
    action: wanted.action,
    resource: `acs:oss:*:${bucket.ownerId}:${path}`,
    context: contextOf(call, wanted),
  };
  const decision =
    call.caller === undefined
      ? decideForNobody(request, bucket)
      : decideFor(call.world, call.caller, request, bucket.policy);
  call.note({ resource: request.resource, because: decision.because });
  if (decision.effect === "Allow") return;
  if (decision.kind === "ImplicitDeny" && decision.layer !== "session policy") {
    const acl = aclOf(bucket, key);
    if (isOpenedBy(acl, wanted.action)) {
      call.note({ resource: request.resource, because: `ACL: ${acl} allows ${wanted.action} to everybody` });
      return;
    }
  }
  throw refusal(call.caller, decision, request);
}

/** ListBuckets is about no bucket. Throws 403 AccessDenied. */
export function authoriseListBuckets(call: OssCall): string {
  if (call.caller === undefined) throw anonymousIsForbidden();
  const { accountId } = call.caller;
  const request: AccessRequest = {
    action: "oss:ListBuckets",
    resource: `acs:oss:*:${accountId}:*`,
    context: contextOf(call, {}),
  };
  const decision = decideFor(call.world, call.caller, request);
  call.note({ resource: request.resource, because: decision.because });
  if (decision.effect === "Allow") return accountId;
  if (decision.layer === "session policy" || decision.kind === "ExplicitDeny") {
    throw refusal(call.caller, decision, request);
  }
  throw ossError(403, "AccessDenied", "You are forbidden to list buckets.");
}

/** Condition keys. Sources: OSS "RAM policies", condition keys; RAM "Policy elements". */
function contextOf(
  { request, world, caller }: OssCall,
  wanted: Partial<Wanted>,
): Readonly<Record<string, string>> {
  const { headers } = request;
  const existing = wanted.key === undefined ? undefined : wanted.bucket?.objects.get(wanted.key)?.tags;
  return {
    "acs:SourceIp": request.sourceIp,
    "acs:CurrentTime": new Date(world.clock.nowMs()).toISOString(),
    "acs:SecureTransport": String(request.secureTransport),
    ...(headers["user-agent"] === undefined ? {} : { "acs:UserAgent": headers["user-agent"] }),
    ...(caller === undefined ? {} : { "acs:AccessId": accessKeyIdOf(caller) }),
    ...(headers["x-oss-acl"] === undefined ? {} : { "oss:x-oss-acl": headers["x-oss-acl"] }),
    ...(headers["x-oss-object-acl"] === undefined
      ? {}
      : { "oss:x-oss-object-acl": headers["x-oss-object-acl"] }),
    ...tagContext("oss:ExistingObjectTag/", existing),
    ...tagContext("oss:RequestObjectTag/", tagsFromHeader(headers["x-oss-tagging"])),
    ...wanted.context,
  };
}

function tagContext(
  name: string,
  tags: ReadonlyMap<string, string> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries([...(tags ?? [])].map(([key, value]) => [name + key, value]));
}

/** The access key that a caller signed with. */
export function accessKeyIdOf(caller: Caller): string {
  return caller.kind === "session" ? caller.session.accessKeyId : caller.key.id;
}

/** The bucket policy alone can speak of somebody who did not sign. */
function decideForNobody(request: AccessRequest, bucket: Bucket): Decision {
  const resource =
    bucket.policy === undefined ? undefined : { name: "bucket policy", document: bucket.policy };
  return evaluate(request, { identity: [], resource });
}

/** The object's own ACL, unless it is `default`; a key without an object has the bucket's. */
function aclOf(bucket: Bucket, key: string | undefined): Bucket["acl"] {
  const own = key === undefined ? undefined : bucket.objects.get(key)?.acl;
  return own === undefined || own === "default" ? bucket.acl : own;
}

/** Objects alone: listing a public bucket takes a policy. Source: OSS "Bucket ACLs"; listing: community reports. */
function isOpenedBy(acl: Bucket["acl"], action: string): boolean {
  if (acl === "private") return false;
  return READING.has(action) || (acl === "public-read-write" && WRITING.has(action));
}

const READING: ReadonlySet<string> = new Set(["oss:GetObject"]);
const WRITING: ReadonlySet<string> = new Set([
  "oss:PutObject",
  "oss:DeleteObject",
  "oss:AbortMultipartUpload",
  "oss:ListParts",
]);

function refusal(caller: Caller | undefined, decision: Decision, request: AccessRequest): CloudError {
  if (decision.layer === "session policy") {
    return ossError(403, "AccessDenied", "Access denied by authorizer's policy.", "0003-00000301");
  }
  if (decision.kind === "ExplicitDeny" && decision.layer === "resource policy") {
    return ossError(403, "AccessDenied", "Access denied by bucket policy.", "0003-00000101");
  }
  if (caller === undefined) return anonymousIsForbidden();
  if (decision.kind === "ExplicitDeny") {
    return new CloudError(403, "AccessDenied", "Access denied by bucket policy.", {
      AccessDeniedDetail: {
        PolicyType: "AccountLevelIdentityBasedPolicy",
        AuthPrincipalOwnerId: caller.accountId,
        AuthPrincipalType: caller.kind === "session" ? "AssumedRoleUser" : "SubUser",
        AuthPrincipalDisplayName: displayNameOf(caller),
        NoPermissionType: "ExplicitDeny",
        AuthAction: request.action,
      },
      EC: "0003-00000201",
    });
  }
  return ossError(
    403,
    "AccessDenied",
    "You have no right to access this object because of bucket acl.",
    "0003-00000001",
  );
}

function anonymousIsForbidden(): CloudError {
  return ossError(403, "AccessDenied", "Anonymous access is forbidden for this operation.", "0003-00000905");
}

/** A user by its id, a session as `role:session`. Source: RAM DecodeDiagnosticMessage. */
function displayNameOf(caller: Caller): string {
  if (caller.kind === "session") return `${caller.session.role.name.toLowerCase()}:${caller.session.name}`;
  return caller.kind === "user" ? caller.user.id : caller.accountId;
}
