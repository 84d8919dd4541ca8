import { unused } from "./unused.ts";

/**
 * For the models of the STS operations that are not AssumeRole (WithOIDC, WithSAML, GetCallerIdentity). The SDK's
 * index names each of them in a getter, and reads one when its operation is called.
 */
export const replacement = new Proxy(
  { __esModule: true },
  {
    get: (target, name) =>
      name in target ? Reflect.get(target, name) : unused(`@alicloud/sts20150401 ${String(name)}`),
  },
);
