import OSS from "ali-oss";
import { ossEndpointAt } from "../../shared/domain/oss-endpoint.ts";
import { isLoopback } from "../../shared/domain/secure-address.ts";
import type { AccessKeys } from "./cloud-keys.ts";
import { REQUEST_TIMEOUT_MS } from "./cloud-problem.ts";

export type OssClient = OSS;

const ONE_HOUR_MS = 3_600_000;

/**
 * ali-oss with V4 signatures, which new buckets insist on. A loopback endpoint is the local cloud's: one port for all
 * buckets, so that the bucket goes into the path, which the real service does not take.
 */
export function ossClientWith(options: {
  readonly keys: AccessKeys;
  /** e.g. cn-hangzhou */
  readonly region: string;
  /** e.g. https://oss-cn-hangzhou.aliyuncs.com */
  readonly endpoint: string;
  readonly bucket?: string;
  /** Whether the endpoint stands for the bucket; default: when it is a bucket's own domain by its name. */
  readonly cname?: boolean;
}): OSS {
  const { keys, region, bucket } = options;
  const url = new URL(options.endpoint);
  return new OSS({
    accessKeyId: keys.accessKeyId,
    accessKeySecret: keys.accessKeySecret,
    ...(keys.securityToken === undefined
      ? {}
      : {
          stsToken: keys.securityToken,
          // The client lives for a moment; without these, ali-oss advises on the console to renew.
          refreshSTSToken: async () => ({ ...keys, stsToken: keys.securityToken ?? "" }),
          refreshSTSTokenInterval: ONE_HOUR_MS,
        }),
    ...(bucket === undefined ? {} : { bucket }),
    region: `oss-${region}`,
    authorizationV4: true,
    timeout: REQUEST_TIMEOUT_MS,
    ...(isLoopback(url.hostname)
      ? // By name: ali-oss takes an IP address for no real endpoint.
        { endpoint: `${url.protocol}//localhost:${url.port}`, sldEnable: true }
      : { endpoint: url.origin, cname: options.cname ?? ossEndpointAt(url).cname }),
  });
}
