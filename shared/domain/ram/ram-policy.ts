/** A RAM policy document, with the parts that session policies and role policies use. Source: RAM, "Policy structure". */
export interface RamPolicy {
  readonly Version: "1";
  readonly Statement: readonly RamStatement[];
}

export type Condition = Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;

export interface RamStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: OneOrMore;
  readonly Resource: OneOrMore;
  readonly Condition?: Condition;
}

/** RAM takes a bare string instead of a list of one, which saves two bytes of the 2,048. */
export type OneOrMore = string | readonly string[];

/** What an operator grants, in the order in which answers list it. */
export const PERMISSIONS = ["read", "write", "list", "delete"] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** What a rule may allow. `upload` is for forms, and never in credentials. */
export const RULE_PERMISSIONS = [...PERMISSIONS, "upload"] as const;

/**
 * Permission → RAM actions on `bucket/prefix*`: the one table. `list` is not in it: OSS authorises ListObjects on the
 * bucket, and only its prefix narrows it. To resume a multipart upload takes ListParts; to cancel one takes
 * AbortMultipartUpload. Source: OSS, "RAM policy: actions".
 */
export const OBJECT_ACTIONS: Readonly<Record<Exclude<Permission, "list">, readonly string[]>> = {
  read: ["oss:GetObject"],
  write: ["oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"],
  delete: ["oss:DeleteObject"],
};

export const LIST_ACTION = "oss:ListObjects";

export function oneOrMore(values: readonly string[]): OneOrMore {
  const [only, ...others] = values;
  return only !== undefined && others.length === 0 ? only : values;
}

/** A statement that allows these actions on these resources; without conditions when `condition` is empty. */
export function allow(
  actions: readonly string[],
  resources: readonly string[],
  condition: Condition = {},
): RamStatement {
  return {
    Effect: "Allow",
    Action: oneOrMore(actions),
    Resource: oneOrMore(resources),
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

/** Groups the keys that have equal lists of values, for one statement per group. */
export function grouped(
  map: ReadonlyMap<string, readonly string[]>,
): readonly { readonly keys: readonly string[]; readonly values: readonly string[] }[] {
  if (map.size === 1) return [...map].map(([key, values]) => ({ keys: [key], values }));
  const groups = new Map<string, { keys: string[]; values: readonly string[] }>();
  for (const [key, values] of map) {
    const id = JSON.stringify(values);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { keys: [key], values });
    else group.keys.push(key);
  }
  return [...groups.values()];
}

/** e.g. acs:oss:*:*:examplebucket/users/alice/* — region and owner may be any: bucket names are globally unique. */
export function objectsResource(bucket: string, prefix: string): string {
  return `${bucketResource(bucket)}/${prefix}*`;
}

export function bucketResource(bucket: string): string {
  return `acs:oss:*:*:${bucket}`;
}
