/**
 * Actions on objects that a rule may name in `actions`, in addition to the permissions. Includes versioned and
 * rarely used ones, and no wildcard. Source: OSS, "RAM policy: actions on objects".
 */
export const OBJECT_LEVEL_ACTIONS: readonly string[] = [
  "oss:GetObject",
  "oss:PutObject",
  "oss:DeleteObject",
  "oss:ListParts",
  "oss:AbortMultipartUpload",
  "oss:GetObjectAcl",
  "oss:PutObjectAcl",
  "oss:GetObjectTagging",
  "oss:PutObjectTagging",
  "oss:DeleteObjectTagging",
  "oss:RestoreObject",
  "oss:GetObjectVersion",
  "oss:GetObjectVersionAcl",
  "oss:PutObjectVersionAcl",
  "oss:DeleteObjectVersion",
  "oss:RestoreObjectVersion",
  "oss:GetObjectVersionTagging",
  "oss:PutObjectVersionTagging",
  "oss:DeleteObjectVersionTagging",
];

/** Actions that OSS authorises on the bucket: a prefix cannot narrow them, so no rule may name them. */
export const BUCKET_LEVEL_ACTIONS: readonly string[] = [
  "oss:ListObjects",
  "oss:ListObjectVersions",
  "oss:ListMultipartUploads",
  "oss:ListBuckets",
  "oss:GetBucketInfo",
  "oss:GetBucketLocation",
  "oss:GetBucketAcl",
  "oss:PutBucketAcl",
  "oss:GetBucketCors",
  "oss:PutBucketCors",
  "oss:DeleteBucketCors",
  "oss:GetBucketPolicy",
  "oss:PutBucketPolicy",
  "oss:DeleteBucketPolicy",
  "oss:GetBucketStat",
  "oss:PutBucket",
  "oss:DeleteBucket",
];
