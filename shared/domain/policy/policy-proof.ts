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

/** A statement of the policy, as read. */
interface ReadStatement extends Conditions {
  readonly actions: readonly string[];
  readonly resources: readonly Pattern[];
  readonly listed: readonly Pattern[] | undefined;
}

/** A statement of the grant, and how the policy must write it. */
interface Granted extends Conditions, Pick<GrantStatement, "bucket" | "prefix"> {
  readonly actions: readonly string[];
  readonly objects: string;
  readonly bucketItself: string;
  readonly listed: string;
}

type Conditions = Pick<GrantStatement, "sourceIp" | "secureTransport">;

/** What may stand between its `*`; undefined for one with `?`, which matches nothing: the renderer writes none. */
interface Pattern {
  readonly text: string;
  readonly parts: readonly string[] | undefined;
}

function flawOf(policy: unknown, statements: readonly GrantStatement[]): string | undefined {
  if (typeof policy !== "string") return "it is not a text";
  const bytes = Buffer.byteLength(policy, "utf8");
  if (bytes < 20 || bytes > MAX_SESSION_POLICY_BYTES) return `it has ${bytes} bytes`;
  const read = readPolicy(policy);
  if (typeof read === "string") return read;
  const all = statements.map(grantedBy);
  for (const part of read) {
    const excess = excessOf(
      part,
      all.filter((one) => haveSameConditions(one, part)),
    );
    if (excess !== undefined) return excess;
  }
  for (const one of all) {
    const sample = `${one.prefix}sample`;
    const covering = read.filter(
      (part) => haveSameConditions(part, one) && reaches(part, one.bucket, sample),
    );
    const missing = one.actions.find((action) => !covering.some(({ actions }) => actions.includes(action)));
    if (missing !== undefined) return `${missing} is granted, but not allowed`;
    // A neighbour whose folder's name begins with this one's, the folder above, and another bucket.
    const neighbours = [
      [one.bucket, `${one.prefix.slice(0, -1)}${CANARY}/sample`],
      [one.bucket, CANARY],
      [one.bucket, ""],
      [`${one.bucket}${CANARY}`, sample],
    ] as const;
    for (const [bucket, key] of neighbours) {
      if (all.some((other) => other.bucket === bucket && key.startsWith(other.prefix))) continue;
      // Whatever the action: the grant gives none there.
      if (read.some((part) => reaches(part, bucket, key))) return "a neighbour's key is allowed";
    }
  }
  return undefined;
}

function grantedBy({
  bucket,
  prefix,
  permissions,
  actions,
  sourceIp,
  secureTransport,
}: GrantStatement): Granted {
  const bucketItself = `acs:oss:*:*:${bucket}`;
  const named = permissions.flatMap((permission) =>
    permission === "list" ? ["oss:ListObjects"] : OBJECT_ACTIONS[permission],
  );
  return {
    bucket,
    prefix,
    actions: [...named, ...actions],
    objects: `${bucketItself}/${prefix}*`,
    bucketItself,
    listed: `${prefix}*`,
    sourceIp,
    secureTransport,
  };
}

/** What the statement allows beyond the grant; undefined when nothing. */
function excessOf(part: ReadStatement, granted: readonly Granted[]): string | undefined {
  for (const resource of part.resources) {
    for (const pattern of part.listed ?? [undefined]) {
      const there = granted.filter(({ objects, bucketItself, listed }) =>
        pattern === undefined
          ? resource.text === objects
          : resource.text === bucketItself && pattern.text === listed,
      );
      if (there.length === 0) return "a resource or a listed prefix does not belong to the grant";
      for (const action of part.actions) {
        if (!there.some(({ actions }) => actions.includes(action)))
          return `${action} is allowed, but not granted there`;
      }
    }
  }
  return undefined;
}

function haveSameConditions(a: Conditions, b: Conditions): boolean {
  return a.sourceIp === b.sourceIp && a.secureTransport === b.secureTransport;
}

/** Whether a statement is about a key or, when it lists, about a listed prefix. */
function reaches({ resources, listed }: ReadStatement, bucket: string, key: string): boolean {
  if (listed === undefined) return matchesOne(resources, `acs:oss:r:o:${bucket}/${key}`);
  return matchesOne(resources, `acs:oss:r:o:${bucket}`) && matchesOne(listed, key);
}

function readPolicy(text: string): readonly ReadStatement[] | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const fields = fieldsOf(document, ["Version", "Statement"]);
  const list = fields?.["Statement"];
  if (fields?.["Version"] !== "1" || !Array.isArray(list) || list.length === 0) return "it is not a policy";
  const statements: ReadStatement[] = [];
  for (const entry of list) {
    const statement = fieldsOf(entry, ["Effect", "Action", "Resource", "Condition"]);
    if (statement?.["Effect"] !== "Allow") return "a statement is malformed";
    const [actions, resources] = [texts(statement["Action"]), texts(statement["Resource"])];
    if (actions.length === 0 || resources.length === 0) return "a statement is malformed";
    if (actions.some((name) => !/^oss:[A-Za-z]+$/.test(name))) return "an action is not a plain OSS action";
    const conditions = conditionsFrom(statement["Condition"]);
    if (conditions === undefined) return "a condition is unknown";
    const { listed } = conditions;
    if (actions.includes("oss:ListObjects") !== (listed !== undefined))
      return "listing is not bound to a prefix";
    if (listed !== undefined && actions.length > 1) return "listing shares a statement";
    statements.push({ actions, resources: resources.map(patternFrom), ...conditions });
  }
  return statements;
}

/** An object with no other fields than these; otherwise undefined. */
function fieldsOf(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.keys(value).every((name) => names.includes(name))
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** undefined when it has an operator, key or value that the renderer never writes. A list of prefixes is never empty. */
function conditionsFrom(condition: unknown): Omit<ReadStatement, "actions" | "resources"> | undefined {
  let listed: readonly Pattern[] | undefined;
  let sourceIp: string | undefined;
  let secureTransport = false;
  if (condition === undefined) return { listed, sourceIp, secureTransport };
  const flat = Object.entries(condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries((keys ?? {}) as object).map(([key, value]) => [`${operator} ${key}`, value] as const),
  );
  if (flat.length === 0) return undefined;
  for (const [name, value] of flat) {
    if (name === "StringLike oss:Prefix" && texts(value).length > 0) listed = texts(value).map(patternFrom);
    else if (name === "IpAddress acs:SourceIp" && typeof value === "string") sourceIp = value;
    else if (name === "Bool acs:SecureTransport" && value === "true") secureTransport = true;
    else return undefined;
  }
  return { listed, sourceIp, secureTransport };
}

function texts(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.every((item): item is string => typeof item === "string") ? list : [];
}

function patternFrom(text: string): Pattern {
  return { text, parts: text.includes("?") ? undefined : text.split("*") };
}

function matchesOne(patterns: readonly Pattern[], value: string): boolean {
  return patterns.some(({ parts }) => parts !== undefined && matches(parts, value));
}

/** Whether the whole value matches: between two parts is any text. */
function matches(parts: readonly string[], value: string): boolean {
  const [head = ""] = parts;
  if (parts.length === 1) return value === head;
  if (!value.startsWith(head)) return false;
  let at = head.length;
  for (const tail of parts.slice(1, -1)) {
    const found = value.indexOf(tail, at);
    if (found < 0) return false;
    at = found + tail.length;
  }
  const last = parts.at(-1) ?? "";
  return value.length - last.length >= at && value.endsWith(last);
}
