import { randomUUID } from "node:crypto";
import { accessFile } from "#access-rules";
import { type FcResponse, fcResponseFrom, httpRequestFromFcEvent } from "../http/fc-event.ts";
import { callerCredentialsFrom, composedService } from "./compose.ts";

/** What of FC's context is used. Source: Function Compute 3.0, Node.js runtime, "context". */
interface FcContext {
  readonly requestId?: string;
  readonly credentials?: Parameters<typeof callerCredentialsFrom>[0];
}

const service = composedService(process.env, accessFile, "fc-context");

/** Entry point of the nodejs20 runtime, for an HTTP trigger: event in, response out. Never throws. */
export async function handler(event: unknown, context: FcContext | undefined): Promise<FcResponse> {
  const requestId = context?.requestId || randomUUID();
  const credentials = callerCredentialsFrom(context?.credentials ?? {});
  if (credentials !== undefined) service.useCallerCredentials(credentials);
  return fcResponseFrom(await service.handle(httpRequestFromFcEvent(event, requestId)));
}
