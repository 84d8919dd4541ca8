import Oss from "ali-oss";
import type { Sandbox } from "../../sandbox/sandbox.ts";

/** ali-oss on the sandbox's bucket, with the keys of its account's administrator. */
export function administratorsOss(sandbox: Sandbox): Oss {
  const { accessKeyId, accessKeySecret } = sandbox.administrator;
  return new Oss({
    accessKeyId,
    accessKeySecret,
    bucket: sandbox.bucket,
    region: `oss-${sandbox.region}`,
    endpoint: sandbox.oss.url,
    sldEnable: true,
    authorizationV4: true,
  } as Oss.Options);
}
