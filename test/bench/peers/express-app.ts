import type { AddressInfo } from "node:net";
import express from "express";
import { report } from "../programs/report.ts";

/** An Express server around a peer's handler, from node_modules, as it is commonly deployed. Reports its port. */
export function serve(credentialsFor: (token: string | undefined) => Promise<unknown>): void {
  const app = express();
  app.get("/credentials", async (request, response) => {
    try {
      response.json(await credentialsFor(request.headers.authorization?.replace(/^Bearer /, "")));
    } catch {
      response.status(401).json({ message: "refused" });
    }
  });
  const server = app.listen(0, "127.0.0.1", () => report((server.address() as AddressInfo).port));
}
