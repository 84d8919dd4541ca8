import type { ServiceListener } from "../service-listener.ts";
import { type RpcOperations, serveRpc } from "../sts/gateway.ts";
import type { World } from "../world.ts";
import { ACCESS_KEY_OPERATIONS } from "./access-keys.ts";
import { ATTACHMENT_OPERATIONS } from "./attachments.ts";
import { POLICY_OPERATIONS } from "./policies.ts";
import { POLICY_VERSION_OPERATIONS } from "./policy-versions.ts";
import { ROLE_OPERATIONS } from "./roles.ts";
import { USER_OPERATIONS } from "./users.ts";

/** Every operation of the RAM API that the sandbox has; there are no groups, MFA or console logons. */
const OPERATIONS: RpcOperations = {
  ...USER_OPERATIONS,
  ...ACCESS_KEY_OPERATIONS,
  ...ROLE_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...POLICY_VERSION_OPERATIONS,
  ...ATTACHMENT_OPERATIONS,
};

export const RAM_ACTIONS: readonly string[] = Object.keys(OPERATIONS);

/** Resource Access Management, 2015-05-01. */
export function ramServer(world: World): ServiceListener {
  return serveRpc(world, {
    service: "ram",
    product: "Ram",
    version: "2015-05-01",
    hostId: "ram.aliyuncs.com",
    operations: OPERATIONS,
  });
}
