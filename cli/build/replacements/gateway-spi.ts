import { unused } from "./unused.ts";

/** For @alicloud/gateway-spi, which the SDK's core needs for gateways with a signature of their own (`execute`). */
export const replacement = {
  __esModule: true,
  InterceptorContext: unused("@alicloud/gateway-spi InterceptorContext"),
  InterceptorContextRequest: unused("@alicloud/gateway-spi InterceptorContextRequest"),
  InterceptorContextConfiguration: unused("@alicloud/gateway-spi InterceptorContextConfiguration"),
  InterceptorContextResponse: unused("@alicloud/gateway-spi InterceptorContextResponse"),
  AttributeMap: unused("@alicloud/gateway-spi AttributeMap"),
};
