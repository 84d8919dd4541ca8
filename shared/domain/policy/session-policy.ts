import type { AccessGrant, GrantStatement } from "../grant/access-grant.ts";
import {
  allow,
  bucketResource,
  type Condition,
  grouped,
  LIST_ACTION,
  OBJECT_ACTIONS,
  objectsResource,
  oneOrMore,
  type RamPolicy,
  type RamStatement,
} from "../ram/ram-policy.ts";
import { granted, type Result, refused } from "../refusal.ts";

declare const brand: unique symbol;

/** A session policy as text, rendered from a grant. Within STS's limit, never empty. */
export type SessionPolicy = string & { readonly [brand]: "SessionPolicy" };

/**
 * UTF-8 bytes. Source: STS AssumeRole, Policy, "1 to 2,048 characters"; its error text says "smaller than 2048
 * bytes". 2,047 satisfies both.
 */
export const MAX_SESSION_POLICY_BYTES = 2047;

/**
 * Allows exactly the grant. Refuses with SESSION_POLICY_TOO_LONG, as no part of a policy may be dropped; with
 * REQUEST_INVALID (`prefix`) when only the requested prefix makes it too long.
 */
export function sessionPolicyFor({
  statements,
  whole,
}: Pick<AccessGrant, "statements" | "whole">): Result<SessionPolicy> {
  const text = JSON.stringify(ramPolicyFor(statements));
  const bytes = Buffer.byteLength(text, "utf8");
  if (bytes <= MAX_SESSION_POLICY_BYTES) return granted(text as SessionPolicy);
  if (whole !== undefined && sessionPolicyFor({ statements: whole, whole: undefined }).ok) {
    return refused({
      code: "REQUEST_INVALID",
      field: "prefix",
      problem: "is too long; ask for a folder higher up",
    });
  }
  return refused({ code: "SESSION_POLICY_TOO_LONG", bytes });
}

/** The smallest policy document that allows these statements and nothing else. */
export function ramPolicyFor(statements: readonly GrantStatement[]): RamPolicy {
  return {
    Version: "1",
    Statement: byConditions(statements).flatMap((group) => [
      ...objectStatements(group),
      ...listStatements(group),
    ]),
  };
}

function byConditions(statements: readonly GrantStatement[]): readonly (readonly GrantStatement[])[] {
  // Most users have one folder.
  if (statements.length === 1) return [statements];
  const byCondition = new Map<string, GrantStatement[]>();
  for (const statement of statements) {
    const key = JSON.stringify([statement.sourceIp ?? null, statement.secureTransport]);
    byCondition.set(key, [...(byCondition.get(key) ?? []), statement]);
  }
  return [...byCondition.values()];
}

function objectStatements(group: readonly GrantStatement[]): readonly RamStatement[] {
  const condition = conditionOf(group);
  const [only, ...others] = group;
  if (only !== undefined && others.length === 0) {
    const actions = objectActionsOf(only);
    return actions.length === 0
      ? []
      : [allow(actions, [objectsResource(only.bucket, only.prefix)], condition)];
  }
  const resourcesByAction = new Map<string, string[]>();
  for (const [action, places] of placesByAction(group)) {
    resourcesByAction.set(
      action,
      outermost(places).map((place) => objectsResource(place.bucket, place.prefix)),
    );
  }
  const actionsByResource = new Map<string, string[]>();
  for (const [action, resources] of resourcesByAction) {
    for (const resource of resources)
      actionsByResource.set(resource, [...(actionsByResource.get(resource) ?? []), action]);
  }
  // The same pairs, grouped by action or by resource: the shorter text wins.
  const byResources = grouped(resourcesByAction).map(({ keys, values }) => allow(keys, values, condition));
  const byActions = grouped(actionsByResource).map(({ keys, values }) => allow(values, keys, condition));
  return JSON.stringify(byActions).length <= JSON.stringify(byResources).length ? byActions : byResources;
}

function listStatements(group: readonly GrantStatement[]): readonly RamStatement[] {
  const listed = outermost(group.filter((statement) => statement.permissions.includes("list")));
  const prefixesByBucket = new Map<string, string[]>();
  for (const { bucket, prefix } of listed) {
    prefixesByBucket.set(bucket, [...(prefixesByBucket.get(bucket) ?? []), `${prefix}*`]);
  }
  const condition = conditionOf(group);
  return grouped(prefixesByBucket).map(({ keys: buckets, values: prefixes }) =>
    // ListObjects is authorised on the bucket: without oss:Prefix it would list everybody's keys.
    allow([LIST_ACTION], buckets.map(bucketResource), {
      StringLike: { "oss:Prefix": oneOrMore(prefixes) },
      ...condition,
    }),
  );
}

interface Placed {
  readonly bucket: string;
  readonly prefix: string;
}

function placesByAction(group: readonly GrantStatement[]): ReadonlyMap<string, Placed[]> {
  const places = new Map<string, Placed[]>();
  for (const statement of group) {
    for (const action of objectActionsOf(statement)) {
      places.set(action, [...(places.get(action) ?? []), statement]);
    }
  }
  return places;
}

/** Each once. */
function objectActionsOf({ permissions, actions }: GrantStatement): readonly string[] {
  const named = permissions.flatMap((permission) =>
    permission === "list" ? [] : OBJECT_ACTIONS[permission],
  );
  return [...new Set([...named, ...actions])];
}

/** Drops places inside another place: the outer one covers their keys. */
function outermost<T extends Placed>(places: readonly T[]): readonly T[] {
  return places.filter(
    (place, index) =>
      !places.some(
        (other, position) =>
          position !== index &&
          other.bucket === place.bucket &&
          place.prefix.startsWith(other.prefix) &&
          (other.prefix !== place.prefix || position < index),
      ),
  );
}

function conditionOf([statement]: readonly GrantStatement[]): Condition {
  return {
    ...(statement?.sourceIp === undefined ? {} : { IpAddress: { "acs:SourceIp": statement.sourceIp } }),
    ...(statement?.secureTransport === true ? { Bool: { "acs:SecureTransport": "true" } } : {}),
  };
}
