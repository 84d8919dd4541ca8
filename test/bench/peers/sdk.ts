import { $OpenApiUtil } from "@alicloud/openapi-core";
import StsModule, { AssumeRoleRequest } from "@alicloud/sts20150401";
import { policyFor, verifiedUser } from "./verified-user.ts";

const endpoint = (process.env["STS_ENDPOINT"] ?? "").replace("http://", "");
const client = new StsModule.default(
  new $OpenApiUtil.Config({
    accessKeyId: process.env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    accessKeySecret: process.env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    endpoint,
    protocol: "http",
  }),
);

/** What the SDK's own examples show: its client and its request class. Throws where it refuses. */
export async function sdkCredentials(token: string | undefined): Promise<unknown> {
  const user = verifiedUser(token);
  const request = new AssumeRoleRequest({
    roleArn: process.env["OSS_ROLE_ARN"],
    roleSessionName: user,
    policy: JSON.stringify(policyFor(user)),
    durationSeconds: 3600,
  });
  const { body } = await client.assumeRole(request);
  return body?.credentials;
}
