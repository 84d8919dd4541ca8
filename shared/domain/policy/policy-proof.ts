import type { AccessGrant, GrantStatement } from "../grant/access-grant.ts";
import { OBJECT_ACTIONS } from "../ram/ram-policy.ts";
import { granted, type Result, refused } from "../refusal.ts";
import { MAX_SESSION_POLICY_BYTES, type SessionPolicy } from "./session-policy.ts";

/**
 * Parses a rendered policy and proves it before STS gets it: its grammar is right; each action on each resource, under
 * its conditions, belongs to the grant (so the only wildcard is the one at the end of a granted prefix); all of the grant
 * is allowed; and the neighbours are denied. It shares no code with the renderer. A flaw is a bug of ours. Refuses with
 * SESSION_POLICY_UNPROVEN.
 */
export function provenSessionPolicy(
  policy: SessionPolicy,
  grant: Pick<AccessGrant, "statements">,
): Result<SessionPolicy> {
  const because = flawOf(policy, grant.statements);
  return because === undefined ? granted(policy) : refused({ code: "SESSION_POLICY_UNPROVEN", because });
}

/** No bucket and no user has this name: a bucket's name has no `!`, and nobody's folder has these random characters. */
const CANARY = "!canary-0c9f4a1de2b87635a90cf18b24d7e3f6";

interface ReadStatement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly listed: readonly string[] | undefined;
  readonly sourceIp: string | undefined;
  readonly secureTransport: boolean;
}

function flawOf(policy: unknown, statements: readonly GrantStatement[]): string | undefined {
  if (typeof policy !== "string") return "it is not a text";
  const bytes = Buffer.byteLength(policy, "utf8");
  if (bytes < 20 || bytes > MAX_SESSION_POLICY_BYTES) return `it has ${bytes} bytes`;
  const read = readPolicy(policy);
  if (typeof read === "string") return read;
  for (const part of read) {
    const sameConditions = statements.filter((statement) => haveSameConditions(statement, part));
    const excess = excessOf(part, sameConditions);
    if (excess !== undefined) return excess;
  }
  for (const statement of statements) {
    const sameConditions = read.filter((part) => haveSameConditions(part, statement));
    const missing = actionsOf(statement).find(
      (action) => !allows(sameConditions, action, statement.bucket, `${statement.prefix}sample`),
    );
    if (missing !== undefined) return `${missing} is granted, but not allowed`;
    // A neighbour whose folder's name begins with this one's, the folder above, and another bucket.
    const folder = statement.prefix.slice(0, -1);
    for (const [bucket, key] of [
      [statement.bucket, `${folder}${CANARY}/sample`],
      [statement.bucket, CANARY],
      [statement.bucket, ""],
      [`${statement.bucket}${CANARY}`, `${statement.prefix}sample`],
    ] as const) {
      if (statements.some((other) => other.bucket === bucket && key.startsWith(other.prefix))) continue;
      for (const action of ["oss:GetObject", "oss:PutObject", "oss:DeleteObject", "oss:ListObjects"]) {
        if (allows(read, action, bucket, key)) return "a neighbour's key is allowed";
      }
    }
  }
  return undefined;
}

/** What the statement allows beyond the grant; undefined when nothing. */
function excessOf(part: ReadStatement, statements: readonly GrantStatement[]): string | undefined {
  for (const resource of part.resources) {
    for (const pattern of part.listed ?? [undefined]) {
      const there = statements.filter(({ bucket, prefix }) =>
        pattern === undefined
          ? resource === `acs:oss:*:*:${bucket}/${prefix}*`
          : resource === `acs:oss:*:*:${bucket}` && pattern === `${prefix}*`,
      );
      if (there.length === 0) return "a resource or a listed prefix does not belong to the grant";
      for (const action of part.actions) {
        if (!there.some((statement) => actionsOf(statement).includes(action)))
          return `${action} is allowed, but not granted there`;
      }
    }
  }
  return undefined;
}

function actionsOf({ permissions, actions }: GrantStatement): readonly string[] {
  const named = permissions.flatMap((permission) =>
    permission === "list" ? ["oss:ListObjects"] : OBJECT_ACTIONS[permission],
  );
  return [...named, ...actions];
}

type Conditions = Pick<GrantStatement, "sourceIp" | "secureTransport">;

function haveSameConditions(a: Conditions, b: Conditions): boolean {
  return a.sourceIp === b.sourceIp && a.secureTransport === b.secureTransport;
}

/** For ListObjects, `key` is the listed prefix. */
function allows(policy: readonly ReadStatement[], action: string, bucket: string, key: string): boolean {
  return policy.some(({ actions, resources, listed }) => {
    if (!actions.includes(action)) return false;
    if (listed === undefined)
      return resources.some((pattern) => matches(pattern, `acs:oss:r:o:${bucket}/${key}`));
    return (
      resources.some((pattern) => matches(pattern, `acs:oss:r:o:${bucket}`)) &&
      listed.some((pattern) => matches(pattern, key))
    );
  });
}

function readPolicy(text: string): readonly ReadStatement[] | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const { Version: version, Statement: list, ...rest } = (document ?? {}) as Record<string, unknown>;
  if (version !== "1" || !Array.isArray(list) || list.length === 0 || Object.keys(rest).length > 0)
    return "it is not a policy";
  const statements: ReadStatement[] = [];
  for (const entry of list) {
    const {
      Effect: effect,
      Action: action,
      Resource: resource,
      Condition: condition,
      ...others
    } = (entry ?? {}) as Record<string, unknown>;
    const [actions, resources] = [texts(action), texts(resource)];
    if (
      effect !== "Allow" ||
      actions.length === 0 ||
      resources.length === 0 ||
      Object.keys(others).length > 0
    )
      return "a statement is malformed";
    if (actions.some((name) => !/^oss:[A-Za-z]+$/.test(name))) return "an action is not a plain OSS action";
    const conditions = conditionsFrom(condition);
    if (conditions === undefined) return "a condition is unknown";
    const { listed } = conditions;
    if (actions.includes("oss:ListObjects") !== (listed !== undefined && listed.length > 0))
      return "listing is not bound to a prefix";
    if (listed !== undefined && actions.length > 1) return "listing shares a statement";
    statements.push({ actions, resources, ...conditions });
  }
  return statements;
}

/** undefined when it has an operator, key or value that the renderer never writes. */
function conditionsFrom(
  condition: unknown,
): Pick<ReadStatement, "listed" | "sourceIp" | "secureTransport"> | undefined {
  if (condition === undefined) return { listed: undefined, sourceIp: undefined, secureTransport: false };
  const flat = Object.entries(condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries((keys ?? {}) as object).map(([key, value]) => [`${operator} ${key}`, value] as const),
  );
  const byName = new Map<string, unknown>(flat);
  const like = byName.get("StringLike oss:Prefix");
  const sourceIp = byName.get("IpAddress acs:SourceIp");
  const secure = byName.get("Bool acs:SecureTransport");
  const known = [like, sourceIp, secure].filter((value) => value !== undefined).length;
  if (flat.length === 0 || known < flat.length) return undefined;
  const listed = like === undefined ? undefined : texts(like);
  if (listed?.length === 0 || (sourceIp !== undefined && typeof sourceIp !== "string")) return undefined;
  if (secure !== undefined && secure !== "true") return undefined;
  return { listed, sourceIp, secureTransport: secure === "true" };
}

function texts(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.every((item): item is string => typeof item === "string") ? list : [];
}

/** Whether the whole value matches: `*` is any text. A pattern with `?` never matches: the renderer writes none. */
function matches(pattern: string, value: string): boolean {
  const [head = "", ...tails] = pattern.split("*");
  if (pattern.includes("?") || !value.startsWith(head)) return false;
  let at = head.length;
  for (const [index, tail] of tails.entries()) {
    if (index === tails.length - 1) return value.length - tail.length >= at && value.endsWith(tail);
    const found = value.indexOf(tail, at);
    if (found < 0) return false;
    at = found + tail.length;
  }
  return at === value.length;
}
