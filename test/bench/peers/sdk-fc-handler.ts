import { sdkCredentials } from "./sdk-handler.ts";

/** A plain handler of FC's Node.js runtime around the SDK, which loads from node_modules as it is. */
export async function handler(event: Buffer) {
  try {
    const { headers } = JSON.parse(event.toString()) as {
      readonly headers: { readonly Authorization?: string };
    };
    const credentials = await sdkCredentials(headers.Authorization?.replace(/^Bearer /, ""));
    return {
      statusCode: 200,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials),
    };
  } catch {
    return { statusCode: 401, headers: {}, body: '{"message":"refused"}' };
  }
}
