import type { ValetError } from "../../client/src/valet-error.ts";
import { cloudProblemFrom, problemText } from "../shared/cloud-problem.ts";
import { AppTokenError } from "./app-token.ts";

/** What went wrong, in words for the user of a command line. It holds no key and no token. */
export function messageOf({ code, message, cause }: ValetError, endpoint: string): string {
  if (cause instanceof AppTokenError) return cause.message;
  // The client package speaks to the author of a page there.
  if (code === "NetworkError")
    return `--endpoint ${endpoint} does not answer: ${problemText(cloudProblemFrom(cause))}`;
  return message;
}
