import Oss from "ali-oss";
import type { Sandbox } from "../../../sandbox/sandbox.ts";

/** An object of the sandbox's bucket, as its administrator reads it; undefined where there is none. */
export async function bytesOf(sandbox: Sandbox, key: string): Promise<Buffer | undefined> {
  const { accessKeyId, accessKeySecret } = sandbox.administrator;
  const client = new Oss({
    accessKeyId,
    accessKeySecret,
    bucket: sandbox.bucket,
    region: `oss-${sandbox.region}`,
    endpoint: sandbox.oss.url,
    sldEnable: true,
    authorizationV4: true,
  } as Oss.Options);
  try {
    return (await client.get(key)).content as Buffer;
  } catch (error) {
    if ((error as { code?: unknown }).code === "NoSuchKey") return undefined;
    throw error;
  }
}
