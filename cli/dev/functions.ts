import { join } from "node:path";
import type { DomainRoute } from "../../sandbox/fc/domain-routes.ts";
import type { FunctionSettings } from "../../sandbox/fc/function-settings.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { FunctionName } from "../build/build.ts";

/** The functions of s.yaml, with the local cloud's roles and addresses. */
export function functionsOfSYaml(
  sandbox: Sandbox,
  { codeDir, allowedOrigins }: { readonly codeDir: string; readonly allowedOrigins: string },
): Readonly<Record<FunctionName, FunctionSettings>> {
  const { uploadsRoleArn } = sandbox;
  const shared = {
    handler: "index.handler",
    memoryMb: 512,
    timeoutSeconds: 10,
    methods: ["GET", "HEAD", "POST", "OPTIONS"],
    region: sandbox.region,
    accountId: sandbox.accountId,
  };
  const environment = {
    OSS_BUCKET: sandbox.bucket,
    OSS_REGION: sandbox.region,
    OSS_ENDPOINT: sandbox.oss.url,
    ALLOWED_ORIGINS: allowedOrigins,
  };
  return {
    credentials: {
      ...shared,
      name: "oss-valet",
      codeDir: join(codeDir, "credentials"),
      roleArn: sandbox.functionRoleArn,
      environment: { ...environment, OSS_ROLE_ARN: sandbox.roleArn, STS_ENDPOINT: sandbox.sts.url },
    },
    uploads: {
      ...shared,
      name: "oss-valet-uploads",
      codeDir: join(codeDir, "uploads"),
      ...(uploadsRoleArn === undefined ? {} : { roleArn: uploadsRoleArn }),
      environment,
    },
  };
}

/** The domain of both functions, as s.yaml's comment has it. */
export const DOMAIN_ROUTES: readonly DomainRoute[] = [
  { path: "/*", functionName: "oss-valet" },
  { path: "/uploads", functionName: "oss-valet-uploads" },
  { path: "/downloads", functionName: "oss-valet-uploads" },
];
