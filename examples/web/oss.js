/** OSS says it in either way where temporary credentials are over. */
const OVER = new Set(["SecurityTokenExpired", "InvalidAccessKeyId"]);

/**
 * Runs an operation of ali-oss with the user's credentials; once more, with new ones, where OSS finds them expired.
 * `options` go to ali-oss as they are.
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
    // ali-oss signs with V1 unless told otherwise, and OSS takes no V1 for new accounts and buckets any more.
    authorizationV4: true,
    refreshSTSToken: async () => keysOf(await credentials.current()),
    // Asked before every request, each part of an upload too: by default ali-oss asks every five minutes, lets the
    // requests in between go out with the old keys, and knows nothing of their expiration.
    refreshSTSTokenInterval: 0,
    ...options,
  });
}

/** The three belong together: never mix two answers. */
function keysOf(answer) {
  return {
    accessKeyId: answer.AccessKeyId,
    accessKeySecret: answer.AccessKeySecret,
    stsToken: answer.SecurityToken,
  };
}
