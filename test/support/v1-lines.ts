import { createHmac } from "node:crypto";
import type { OssKey, OssService } from "./oss-service.ts";

/** What a V1 signature signs, apart from the date. One character a byte. */
export interface SignedByHand {
  readonly method: string;
  /** With the sub-resources, e.g. /examplebucket/?acl */
  readonly resource: string;
  /** x-oss-* headers in their canonical form. */
  readonly ossHeaders?: string;
  readonly contentType?: string;
}

/** The lines Date and Authorization of a request that is signed with V1, without the sandbox's own code. */
export function v1Lines(
  { clock }: OssService,
  { accessKeyId, accessKeySecret }: OssKey,
  { method, resource, ossHeaders = "", contentType = "" }: SignedByHand,
): readonly string[] {
  const date = new Date(clock.nowMs()).toUTCString();
  const text = `${method}\n\n${contentType}\n${date}\n${ossHeaders}${resource}`;
  const signature = createHmac("sha1", accessKeySecret).update(Buffer.from(text, "latin1")).digest("base64");
  return [`Date: ${date}`, `Authorization: OSS ${accessKeyId}:${signature}`];
}
