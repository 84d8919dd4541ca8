/** For the issuer of ACCESS_WITH_SECRET. */
export const JWT_SECRET = "a secret of the tests, of 32 bytes or more";

/** Settings of the function /credentials with ACCESS_WITH_SECRET, for an STS at this host[:port] of the loopback. */
export function functionSettings(
  stsHost: string,
  change: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss",
    OSS_BUCKET: "examplebucket",
    OSS_REGION: "cn-hangzhou",
    STS_ENDPOINT: `http://${stsHost}`,
    JWT_SECRET,
    ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIcaller",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret",
    ...change,
  };
}
