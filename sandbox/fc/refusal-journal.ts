import { CloudError } from "../cloud-error.ts";
import { record, type World } from "../world.ts";

/** Writes down a request that was refused, unless the function was reached: then its invocation stands there. */
export function recordRefusal(
  world: World,
  refused: {
    readonly error: CloudError;
    readonly requestId: string;
    readonly principal?: string | undefined;
  },
): void {
  const { error, requestId, principal } = refused;
  if (world.journal.some((entry) => entry.requestId === requestId)) return;
  record(world, {
    service: "fc",
    operation: "InvokeFunction",
    principal,
    resource: undefined,
    status: error.status,
    code: error.code,
    because: error.message,
    requestId,
  });
}

/** What is thrown and no CloudError is a bug, and nothing to tell a client of. */
export function cloudErrorOf(thrown: unknown): CloudError {
  if (thrown instanceof CloudError) return thrown;
  return new CloudError(500, "InternalServerError", "an internal error has occurred");
}
