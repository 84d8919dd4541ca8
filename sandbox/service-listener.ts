import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { CloudError } from "./cloud-error.ts";

/**
 * What a service does with a request. `planted`: the error of a fault, which it is to answer with as with one of its
 * own, in its own form. What it throws, or a promise that it returns is rejected with, is a bug of the sandbox.
 */
export type ServiceListener = (
  request: IncomingMessage,
  response: ServerResponse,
  planted?: PlantedError,
) => void | Promise<void>;

export interface PlantedError {
  readonly error: CloudError;
  /** For the journal. */
  readonly because: string;
}

/** For http.createServer: a bug is written to stderr and ends its request, not the process. */
export function guarded(listener: ServiceListener): RequestListener {
  return (request, response) => {
    void served(listener, request, response);
  };
}

/** Tells a bug of the sandbox, in full. */
export function reportBug(thrown: unknown): void {
  process.stderr.write(`sandbox: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
}

async function served(
  listener: ServiceListener,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await listener(request, response);
  } catch (thrown) {
    reportBug(thrown);
    response.destroy();
  }
}
