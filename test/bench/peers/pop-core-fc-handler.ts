import { fcHandlerAround } from "./fc-handler.ts";
import { popCoreCredentials } from "./pop-core.ts";

export const handler = fcHandlerAround(popCoreCredentials);
