import { afterEach, beforeEach } from "vitest";
import type { Deployment } from "./deployment.ts";

/** Gives each test of a file or block the deployment's world as the one before found it. */
export function worldIsRestored(deployment: () => Deployment): void {
  let restore: () => void;
  beforeEach(() => {
    restore = stateOf(deployment());
  });
  afterEach(() => restore());
}

/** Remembers a deployment's world, as far as tests spoil it: roles, policies, users, buckets, clock and faults. */
function stateOf({ sandbox, account, bucket }: Deployment): () => void {
  const { world, faults, clock } = sandbox;
  const buckets = [...world.buckets];
  const { acl, policy, versioning } = bucket;
  const cors = [...bucket.cors];
  const roles = [...account.roles].map(([name, role]) => ({
    name,
    role,
    trustPolicy: role.trustPolicy,
    maxSessionSeconds: role.maxSessionSeconds,
    attached: [...role.attached],
  }));
  const policies = [...account.policies].map(([name, kept]) => ({
    name,
    kept,
    versions: [...kept.versions],
  }));
  const users = [...account.users].map(([name, user]) => ({
    name,
    user,
    attached: [...user.attached],
    keys: user.accessKeys.map((key) => ({ key, status: key.status })),
  }));
  const rootKeys = [...account.rootKeys];
  return () => {
    refill(world.buckets, buckets);
    Object.assign(bucket, { acl, policy, versioning });
    bucket.cors.splice(0, Number.POSITIVE_INFINITY, ...cors);
    refill(
      account.roles,
      roles.map(({ name, role }) => [name, role]),
    );
    for (const { role, trustPolicy, maxSessionSeconds, attached } of roles) {
      Object.assign(role, { trustPolicy, maxSessionSeconds });
      role.attached.splice(0, Number.POSITIVE_INFINITY, ...attached);
    }
    refill(
      account.policies,
      policies.map(({ name, kept }) => [name, kept]),
    );
    for (const { kept, versions } of policies) kept.versions.splice(0, Number.POSITIVE_INFINITY, ...versions);
    refill(
      account.users,
      users.map(({ name, user }) => [name, user]),
    );
    for (const { user, attached, keys } of users) {
      user.attached.splice(0, Number.POSITIVE_INFINITY, ...attached);
      user.accessKeys.splice(0, Number.POSITIVE_INFINITY, ...keys.map(({ key }) => key));
      for (const { key, status } of keys) key.status = status;
    }
    account.rootKeys.splice(0, Number.POSITIVE_INFINITY, ...rootKeys);
    faults.clear();
    clock.skew(0);
  };
}

function refill<V>(map: Map<string, V>, entries: readonly (readonly [string, V])[]): void {
  map.clear();
  for (const [name, value] of entries) map.set(name, value);
}
