/**
 * Query parameters that name a part of a bucket or object. A V1 signature covers these and those that begin with
 * x-oss-, no other. Source: the union of "Add a signature to the header" (2021), the signers of the official SDKs
 * (C++, Go, Java, PHP, Python) and what the operations of their second versions sign; docs/fidelity/oss.md.
 */
export const SUB_RESOURCES: ReadonlySet<string> = new Set(
  `accessPoint accessPointConfigForObjectProcess accessPointForObjectProcess accessPointPolicy
  accessPointPolicyForObjectProcess acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var
  cleanRestoredObject cloudboxes cname comp continuation-token cors delete encryption endTime group httpsConfig img
  inventory inventoryId legalHold lifecycle link live location logging metaQuery objectInfo objectMeta objectWorm
  overwriteConfig partNumber policy policyStatus position processConfiguration publicAccessBlock qos qosInfo
  qosRequester redundancyTransition referer regionList regions replication replicationLocation replicationProgress
  requestPayment requesterQosInfo resourceGroup resourcePool resourcePoolBuckets resourcePoolInfo
  response-cache-control response-content-disposition response-content-encoding response-content-language
  response-content-type response-expires responseHeader restore retention rtc seal security-token sequential startTime
  stat status style styleName symlink tagging transferAcceleration udf udfApplication udfApplicationLog udfId udfImage
  udfImageDesc udfName uploadId uploads userDefinedLogFieldsConfig versionId versioning versions vip vod vpcip website
  withHashContext worm wormExtend wormId`.split(/\s+/),
);

/**
 * Parameters that do not say which operation it is: of listings, of signatures, and what changes an answer. Those that
 * an operation does not read have no effect on it. Sources: the operations' pages; docs/fidelity/oss.md.
 */
export const MODIFIERS: ReadonlySet<string> = new Set(
  `bid delimiter encoding-type fetch-owner key-marker marker max-keys max-parts max-uploads part-number-marker prefix
  start-after upload-id-marker version-id-marker continuation-token position sequential versionId
  response-cache-control response-content-disposition response-content-encoding response-content-language
  response-content-type response-expires
  Expires OSSAccessKeyId Signature security-token x-oss-access-key-id x-oss-additional-headers x-oss-credential
  x-oss-date x-oss-expires x-oss-security-token x-oss-signature x-oss-signature-version
  x-oss-request-payer x-oss-traffic-limit`.split(/\s+/),
);

/** Whether the table or a prefix knows the name. An unknown name gets 501, or is a cache buster. */
export function isKnown(name: string): boolean {
  return SUB_RESOURCES.has(name) || MODIFIERS.has(name) || name === "list-type" || name.startsWith("x-oss-");
}
