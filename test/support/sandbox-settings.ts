import type { Sandbox } from "../../sandbox/sandbox.ts";

/** A function's settings for the services of a sandbox that was started with the guide's account and bucket. */
export function settingsFor(sandbox: Sandbox): Readonly<Record<string, string>> {
  return {
    OSS_ROLE_ARN: sandbox.roleArn,
    OSS_BUCKET: sandbox.bucket,
    OSS_REGION: sandbox.region,
    OSS_ENDPOINT: sandbox.oss.url,
    STS_ENDPOINT: sandbox.sts.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: sandbox.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: sandbox.accessKeySecret,
  };
}
