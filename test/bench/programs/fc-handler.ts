import type { FcResponse } from "../../../functions/http/fc-event.ts";

/** The event of an HTTP trigger that asks for credentials; without a token where there is none. */
export function eventWith(token: string | undefined): Buffer {
  return Buffer.from(
    JSON.stringify({
      version: "v1",
      rawPath: "/credentials",
      body: "",
      isBase64Encoded: false,
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      queryParameters: {},
      requestContext: { http: { method: "GET", path: "/credentials", sourceIp: "192.0.2.1" } },
    }),
  );
}

export type Handler = (event: Buffer, context: object) => Promise<FcResponse>;

/** Loads a bundle, or a peer's handler, as FC's runtime does. Default: the one that the environment names. */
export function loadHandler(file = process.env["BUNDLE"] ?? ""): Handler {
  const { handler } = require(file) as { readonly handler: Handler };
  return handler;
}
