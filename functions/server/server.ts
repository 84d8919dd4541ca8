import { accessFile } from "#access-rules";
import { serve } from "../http/serve.ts";
import { composedService } from "./compose.ts";

/** FC's custom runtime, a container or a laptop: the same service over plain HTTP. */
void serve((log) => composedService(process.env, accessFile, log), process.env, "/credentials");
