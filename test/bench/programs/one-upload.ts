import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";

// A cold start of the function uploads: load the bundle, answer one request for a form.
const event = JSON.parse(eventWith(process.env["TOKEN"]).toString("utf8")) as Record<string, unknown>;
const upload = {
  ...event,
  rawPath: "/uploads",
  requestContext: { http: { method: "POST", path: "/uploads", sourceIp: "192.0.2.1" } },
  body: JSON.stringify({ files: [{ name: "a.jpg", contentType: "image/jpeg" }] }),
};
const credentials = { accessKeyId: "STS.NTbench", accessKeySecret: "secret", securityToken: "token" };
void loadHandler()(Buffer.from(JSON.stringify(upload)), { credentials }).then(({ statusCode }) =>
  report(statusCode),
);
