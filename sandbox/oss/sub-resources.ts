/**
 * Query parameters that name a part of a bucket or object. A V1 signature covers these and those that begin with
 * x-oss-, no other. Source: the union of "Add a signature to the header" (2021), the signers of the SDKs for Go (v2)
 * and Java; docs/fidelity/oss.md.
 */
export const SUB_RESOURCES: ReadonlySet<string> = new Set(
  `acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var cloudboxes cname comp
  continuation-token cors delete encryption endTime httpsConfig img inventory inventoryId lifecycle live location
  logging metaQuery objectMeta partNumber policy policyStatus position processConfiguration publicAccessBlock qos
  qosInfo referer regionList replication replicationLocation replicationProgress requestPayment resourceGroup
  response-cache-control response-content-disposition response-content-encoding response-content-language
  response-content-type response-expires restore security-token sequential startTime stat status style styleName
  symlink tagging transferAcceleration uploadId uploads versionId versioning versions vod website worm wormExtend
  wormId`.split(/\s+/),
);
