import type { Operation } from "./operation.ts";
import type { OssRequest } from "./request.ts";

/**
 * The RAM actions that an operation needs on its own bucket or key. The operation itself checks what it needs elsewhere
 * (a copy's source, every key of a batch). Source: OSS "RAM policies", action table.
 */
export function actionsOf({ action, scope }: Operation, request: OssRequest): readonly string[] {
  if (action === undefined) return [];
  const versioned =
    scope === "object" && request.parameters.has("versionId") ? (VERSIONED[action] ?? action) : action;
  // On everything that takes oss:PutObject, whether the tags have an effect there or not.
  return action === "oss:PutObject" && request.headers["x-oss-tagging"] !== undefined
    ? [versioned, "oss:PutObjectTagging"]
    : [versioned];
}

/** What conditions may ask of a listing: a prefix or delimiter that is not there counts as empty. */
export function listingContext({ action }: Operation, { parameters }: OssRequest) {
  if (action === undefined || !LISTINGS.has(action)) return {};
  return {
    "oss:Prefix": parameters.get("prefix") ?? "",
    "oss:Delimiter": parameters.get("delimiter") ?? "",
  };
}

const LISTINGS: ReadonlySet<string> = new Set([
  "oss:ListObjects",
  "oss:ListObjectVersions",
  "oss:ListMultipartUploads",
]);

const VERSIONED: Readonly<Record<string, string>> = {
  "oss:GetObject": "oss:GetObjectVersion",
  "oss:DeleteObject": "oss:DeleteObjectVersion",
  "oss:GetObjectAcl": "oss:GetObjectVersionAcl",
  "oss:PutObjectAcl": "oss:PutObjectVersionAcl",
  "oss:GetObjectTagging": "oss:GetObjectVersionTagging",
  "oss:PutObjectTagging": "oss:PutObjectVersionTagging",
  "oss:DeleteObjectTagging": "oss:DeleteObjectVersionTagging",
};
