import { aliOssCredentials } from "./ali-oss.ts";
import { fcHandlerAround } from "./fc-handler.ts";

export const handler = fcHandlerAround(aliOssCredentials);
