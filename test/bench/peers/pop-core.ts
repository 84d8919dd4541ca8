import PopCore from "@alicloud/pop-core";
import { policyFor, verifiedUser } from "./verified-user.ts";

const client = new PopCore({
  accessKeyId: process.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] ?? "",
  accessKeySecret: process.env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] ?? "",
  endpoint: process.env["STS_ENDPOINT"] ?? "",
  apiVersion: "2015-04-01",
});

/** What Alibaba Cloud's older samples show: an RPC request by name, in the body of a POST. Throws where it refuses. */
export async function popCoreCredentials(token: string | undefined): Promise<unknown> {
  const user = verifiedUser(token);
  const answer = await client.request<{ readonly Credentials: unknown }>(
    "AssumeRole",
    {
      RoleArn: process.env["OSS_ROLE_ARN"],
      RoleSessionName: user,
      Policy: JSON.stringify(policyFor(user)),
      DurationSeconds: 3600,
    },
    { method: "POST" },
  );
  return answer.Credentials;
}
