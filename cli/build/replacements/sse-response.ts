import { unused } from "./unused.ts";

/** For openapi-core's model of a server-sent event: only callSSEApi makes one, and trim.ts cuts that. */
export const replacement = { SSEResponse: unused("@alicloud/openapi-core SSEResponse") };
