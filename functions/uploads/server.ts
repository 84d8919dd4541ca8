import { accessFile } from "#access-rules";
import { serve } from "../http/serve.ts";
import { composedService } from "./compose.ts";

/** This function alone, in FC's custom runtime, with a role of its own. functions/server has all routes. */
void serve((log) => composedService(process.env, accessFile, "environment", log), process.env, "/uploads");
