import type { FcResponse } from "../../../functions/http/fc-event.ts";
import type { Handler } from "../programs/fc-handler.ts";

/** A plain handler of FC's Node.js runtime around what a peer does with a token. */
export function fcHandlerAround(credentialsFor: (token: string | undefined) => Promise<unknown>): Handler {
  return async (event) => {
    const { headers } = JSON.parse(event.toString()) as {
      readonly headers: { readonly Authorization?: string };
    };
    try {
      const credentials = await credentialsFor(headers.Authorization?.replace(/^Bearer /, ""));
      return answer(200, credentials);
    } catch {
      return answer(401, { message: "refused" });
    }
  };
}

function answer(statusCode: number, body: unknown): FcResponse {
  return {
    statusCode,
    headers: { "Content-Type": "application/json" },
    isBase64Encoded: false,
    body: JSON.stringify(body),
  };
}
