import type { Sandbox } from "./sandbox.ts";

/** The object that `--json` prints for other programs. */
export function sandboxLine(sandbox: Sandbox): Readonly<Record<string, string>> {
  return {
    sts: sandbox.sts.url,
    oss: sandbox.oss.url,
    ram: sandbox.ram.url,
    fc: sandbox.fc.url,
    issuer: sandbox.issuer.url,
    control: sandbox.control.url,
    accountId: sandbox.accountId,
    accessKeyId: sandbox.accessKeyId,
    accessKeySecret: sandbox.accessKeySecret,
    roleArn: sandbox.roleArn,
    bucket: sandbox.bucket,
    region: sandbox.region,
  };
}
