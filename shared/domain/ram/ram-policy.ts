/** A RAM policy document, as far as session policies and role policies need it. Source: RAM, "Policy structure". */
export interface RamPolicy {
  readonly Version: "1";
  readonly Statement: readonly RamStatement[];
}

export interface RamStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: OneOrMore;
  readonly Resource: OneOrMore;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

/** RAM takes a bare string for a list of one; it saves two bytes of the 2,048. */
export type OneOrMore = string | readonly string[];

/** What an operator grants, in the order in which answers list it. */
export const PERMISSIONS = ["read", "write", "list", "delete"] as const;

export type Permission = (typeof PERMISSIONS)[number];

/**
 * Permission → RAM actions on `bucket/prefix*`: the one table. `list` has none here, because ListObjects is
 * authorised on the bucket and narrowed by its prefix alone. A multipart upload that can be resumed needs
 * ListParts, one that can be given up AbortMultipartUpload. Source: OSS, "RAM policy: actions".
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

/** e.g. acs:oss:*:*:examplebucket/users/alice/* — region and owner stay open: bucket names are globally unique. */
export function objectsResource(bucket: string, prefix: string): string {
  return `${bucketResource(bucket)}/${prefix}*`;
}

export function bucketResource(bucket: string): string {
  return `acs:oss:*:*:${bucket}`;
}
