import { randomUUID } from "node:crypto";
import { callerCredentialsFrom } from "./caller.ts";
import { type FcResponse, fcResponseFrom, httpRequestFromFcEvent } from "./fc-event.ts";
import type { Service } from "./http.ts";

/** The part of FC's context that is used. Source: Function Compute 3.0, Node.js runtime, "context". */
export interface FcContext {
  readonly requestId?: string;
  readonly credentials?: Parameters<typeof callerCredentialsFrom>[0];
}

export type FcHandler = (event: unknown, context: FcContext | undefined) => Promise<FcResponse>;

/** The handler of the nodejs20 runtime, for an HTTP trigger: event in, response out. Never throws. */
export function fcHandler({ handle, useCallerCredentials }: Service): FcHandler {
  return async (event, context) => {
    const requestId = context?.requestId || randomUUID();
    const credentials = callerCredentialsFrom(context?.credentials ?? {});
    if (credentials !== undefined) useCallerCredentials(credentials);
    return fcResponseFrom(await handle(httpRequestFromFcEvent(event, requestId)));
  };
}
