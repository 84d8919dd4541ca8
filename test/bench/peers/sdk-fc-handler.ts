import { fcHandlerAround } from "./fc-handler.ts";
import { sdkCredentials } from "./sdk.ts";

export const handler = fcHandlerAround(sdkCredentials);
