import { CloudError } from "../cloud-error.ts";
import { decideFor } from "../ram/attached-policies.ts";
import type { Caller, JournalNote, World } from "../world.ts";

/**
 * Throws CloudError 403 AccessDenied unless the caller may `fc:InvokeFunction` on the function; tells `note` why.
 * Source: FC "Policies and sample policies", for the resource's form and the message.
 */
export function requireInvokeFunction(
  world: World,
  caller: Caller,
  request: {
    /** acs:fc:region:account:functions/name */
    readonly resource: string;
    readonly sourceIp: string;
    readonly secureTransport: boolean;
  },
  note: (note: JournalNote) => void,
): void {
  const { resource } = request;
  const decision = decideFor(world, caller, {
    action: "fc:InvokeFunction",
    resource,
    context: {
      "acs:SourceIp": request.sourceIp,
      "acs:SecureTransport": String(request.secureTransport),
      "acs:CurrentTime": new Date(world.clock.nowMs()).toISOString(),
    },
  });
  note({ resource, because: decision.because });
  if (decision.effect === "Allow") return;
  throw new CloudError(
    403,
    "AccessDenied",
    `the caller is not authorized to perform 'fc:InvokeFunction' on resource '${resource}'`,
  );
}

/** e.g. acs:fc:cn-hangzhou:1234567890123456:functions/credentials */
export function functionArn(settings: {
  readonly region: string;
  readonly accountId: string;
  readonly name: string;
}): string {
  return `acs:fc:${settings.region}:${settings.accountId}:functions/${settings.name}`;
}
