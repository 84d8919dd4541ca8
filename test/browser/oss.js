/** OSS uses both codes when temporary credentials have expired. */
const OVER = new Set(["SecurityTokenExpired", "InvalidAccessKeyId"]);

/**
 * Runs an operation of ali-oss with the user's credentials. If OSS says that they have expired, runs it once more with
 * new ones. `options` are passed to ali-oss unchanged.
 */
export async function withOss(credentials, operation, options = {}) {
  const answer = await credentials.current();
  try {
    return await operation(clientFor(answer, credentials, options));
  } catch (error) {
    if (!OVER.has(error.code)) throw error;
    credentials.discard(answer);
    return operation(clientFor(await credentials.current(), credentials, options));
  }
}

function clientFor(answer, credentials, options) {
  return new globalThis.OSS({
    ...keysOf(answer),
    bucket: answer.OssBucket,
    region: `oss-${answer.OssRegion}`,
    endpoint: answer.OssEndpoint,
    // true: the endpoint is the bucket's own domain, and ali-oss puts no bucket before it.
    cname: answer.OssCname === "true",
    // The default of ali-oss is signature V1, which OSS refuses for new accounts and buckets.
    authorizationV4: true,
    refreshSTSToken: async () => keysOf(await credentials.current()),
    // 0: ask before every request, and before each part of an upload. By default ali-oss asks every five minutes, sends
    // the requests in between with the old keys, and does not know when the keys expire.
    refreshSTSTokenInterval: 0,
    ...options,
  });
}

/** The three values belong together: never mix two answers. */
function keysOf(answer) {
  return {
    accessKeyId: answer.AccessKeyId,
    accessKeySecret: answer.AccessKeySecret,
    stsToken: answer.SecurityToken,
  };
}
