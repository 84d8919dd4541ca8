import { createSecretKey } from "node:crypto";
import OSS from "ali-oss";
import jwt from "jsonwebtoken";

const sts = new OSS.STS({
  accessKeyId: process.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] ?? "",
  accessKeySecret: process.env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] ?? "",
  endpoint: process.env["STS_ENDPOINT"],
} as ConstructorParameters<typeof OSS.STS>[0]);
const key = createSecretKey(process.env["JWT_SECRET"] ?? "", "utf8");

/** What tutorials show: verify the token, ask ali-oss' STS class, hand the answer on. Throws where it refuses. */
export async function aliOssCredentials(token: string | undefined): Promise<unknown> {
  const claims = jwt.verify(token ?? "", key, {
    algorithms: ["HS256"],
    issuer: "https://login.example.com/",
    audience: "photo-app",
  });
  const user = String(claims.sub);
  const policy = {
    Version: "1",
    Statement: [
      {
        Effect: "Allow",
        Action: ["oss:GetObject", "oss:PutObject"],
        Resource: [`acs:oss:*:*:examplebucket/users/${user}/*`],
      },
    ],
  };
  const { credentials } = await sts.assumeRole(process.env["OSS_ROLE_ARN"] ?? "", policy, 3600, user);
  return credentials;
}
