import OSS from "ali-oss";
import { policyFor, verifiedUser } from "./verified-user.ts";

const sts = new OSS.STS({
  accessKeyId: process.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] ?? "",
  accessKeySecret: process.env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] ?? "",
  endpoint: process.env["STS_ENDPOINT"],
} as ConstructorParameters<typeof OSS.STS>[0]);

/** What tutorials show: verify the token, ask ali-oss' STS class, hand the answer on. Throws where it refuses. */
export async function aliOssCredentials(token: string | undefined): Promise<unknown> {
  const user = verifiedUser(token);
  const role = process.env["OSS_ROLE_ARN"] ?? "";
  const { credentials } = await sts.assumeRole(role, policyFor(user), 3600, user);
  return credentials;
}
