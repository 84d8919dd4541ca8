import type { GrantedUpload } from "../grant/upload-grant.ts";

/**
 * What a form of OSS PostObject may do, before it is signed: its fields, and conditions that pin each of them. Nothing is
 * left to a prefix or a range but the size.
 */
export interface FormPolicy {
  /** In the order in which they are sent. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** As the policy's JSON has them. Source: OSS PostObject, "Appendix: Post Policy". */
  readonly conditions: readonly unknown[];
}

/**
 * `signing`: the signature's own fields. The content type stands twice: `x-oss-content-type` is what OSS takes first, before
 * the type of the part `file`; `Content-Type` is the field that OSS's documents name in conditions. The ACL is pinned,
 * as otherwise whoever has the form could make the object public.
 */
export function formPolicyFor(
  { bucket, key, contentType, minBytes, maxBytes, overwrite }: GrantedUpload,
  signing: readonly (readonly [name: string, value: string])[],
): FormPolicy {
  const fields = [
    ["key", key],
    ["success_action_status", "200"],
    ["Content-Type", contentType],
    ["x-oss-content-type", contentType],
    ["x-oss-object-acl", "default"],
    ["x-oss-forbid-overwrite", String(!overwrite)],
    ...signing,
  ] as const;
  return {
    fields,
    conditions: [
      { bucket },
      ["content-length-range", minBytes, maxBytes],
      ...fields.map(([name, value]) => ["eq", `$${name.toLowerCase()}`, value]),
    ],
  };
}
