import { createSecretKey } from "node:crypto";
import jwt from "jsonwebtoken";

const key = createSecretKey(process.env["JWT_SECRET"] ?? "", "utf8");

/** The user of a token. Throws where it refuses. */
export function verifiedUser(token: string | undefined): string {
  const claims = jwt.verify(token ?? "", key, {
    algorithms: ["HS256"],
    issuer: "https://login.example.com/",
    audience: "photo-app",
  });
  return String(claims.sub);
}

/** The user's folder. */
export function policyFor(user: string): object {
  return {
    Version: "1",
    Statement: [
      {
        Effect: "Allow",
        Action: ["oss:GetObject", "oss:PutObject"],
        Resource: [`acs:oss:*:*:examplebucket/users/${user}/*`],
      },
    ],
  };
}
