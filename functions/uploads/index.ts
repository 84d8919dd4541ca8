import { accessFile } from "#access-rules";
import { fcHandler } from "../http/fc-entry.ts";
import { composedService } from "./compose.ts";

/** Entry point of FC's nodejs20 runtime. */
export const handler = fcHandler(composedService(process.env, accessFile, "fc-context"));
