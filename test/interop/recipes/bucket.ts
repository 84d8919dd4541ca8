import type { Sandbox } from "../../../sandbox/sandbox.ts";
import { administratorsOss } from "../../support/administrators-oss.ts";

/** An object of the sandbox's bucket, as its administrator reads it; undefined where there is none. */
export async function bytesOf(sandbox: Sandbox, key: string): Promise<Buffer | undefined> {
  const client = administratorsOss(sandbox);
  try {
    return (await client.get(key)).content as Buffer;
  } catch (error) {
    if ((error as { code?: unknown }).code === "NoSuchKey") return undefined;
    throw error;
  }
}
