import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";

// A cold start of FC's runtime: load the bundle, answer one request.
void loadHandler()(eventWith(process.env["TOKEN"]), {}).then(({ statusCode }) => report(statusCode));
