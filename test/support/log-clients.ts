import { $OpenApiUtil } from "@alicloud/openapi-core";
import sls from "@alicloud/sls20201230";
import type { Sandbox } from "../../sandbox/sandbox.ts";

// The default of a CommonJS module is its exports for Node and esbuild, and the class itself for vitest.
const SlsClient = "default" in sls ? sls.default : sls;

/** Alibaba Cloud's SDK at the sandbox's Log Service. Its only change: no name can stand before an address on loopback. */
export function slsClient(
  { sls: { endpoint } }: Pick<Sandbox, "sls">,
  project: string,
  keys: { readonly accessKeyId: string; readonly accessKeySecret: string; readonly securityToken?: string },
): InstanceType<typeof SlsClient> {
  const globalParameters = new $OpenApiUtil.GlobalParameters({ headers: { "x-log-project": project } });
  const type = keys.securityToken === undefined ? {} : { type: "sts" };
  const client = new SlsClient(
    new $OpenApiUtil.Config({ ...keys, ...type, endpoint, protocol: "http", globalParameters }),
  );
  Object.assign(client._spi, { getHost: async () => endpoint });
  return client;
}
