import type { AddressInfo } from "node:net";
import express from "express";
import { report } from "../programs/report.ts";
import { aliOssCredentials } from "./ali-oss-handler.ts";

// The peer: an Express server with ali-oss, from node_modules, as it is commonly deployed.
const app = express();
app.get("/credentials", async (request, response) => {
  try {
    response.json(await aliOssCredentials(request.headers.authorization?.replace(/^Bearer /, "")));
  } catch {
    response.status(401).json({ message: "refused" });
  }
});
const server = app.listen(0, "127.0.0.1", () => report((server.address() as AddressInfo).port));
