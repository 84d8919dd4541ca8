import { CloudError } from "../cloud-error.ts";
import { reportBug } from "../service-listener.ts";

/** What is thrown and no CloudError is a bug, and nothing to tell a client of. */
export function cloudErrorOf(thrown: unknown): CloudError {
  if (thrown instanceof CloudError) return thrown;
  reportBug(thrown);
  return internalServerError();
}

/** 500. Source: FC "Error codes"; the message is an assumption. */
export function internalServerError(): CloudError {
  return new CloudError(500, "InternalServerError", "an internal error has occurred");
}

/** 429. Source: FC "Error codes"; the message is an assumption. */
export function resourceExhausted(): CloudError {
  return new CloudError(429, "ResourceExhausted", "your request is throttled by the reserved concurrency");
}

/** 499: nobody is there to read it. Source: FC "Error codes"; the message is an assumption. */
export function clientClosedRequest(): CloudError {
  return new CloudError(499, "ClientClosedRequest", "the client has gone");
}
