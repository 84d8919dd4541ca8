import { $OpenApiUtil } from "@alicloud/openapi-core";
import ramModule from "@alicloud/ram20150501";
import type { ClientKey } from "./sts-clients.ts";

// The default of a CommonJS module is its exports for Node and esbuild, and the class itself for vitest.
const Ram20150501 = "default" in ramModule ? ramModule.default : ramModule;

/** The official SDK, unmodified. `http://127.0.0.1:1234` is where it goes. */
export function ramClient(url: string, key: ClientKey) {
  return new Ram20150501(
    new $OpenApiUtil.Config({ ...key, endpoint: url.replace("http://", ""), protocol: "http" }),
  );
}

/** What the SDK made of an error, e.g. `404 EntityNotExist.User`; `200` where there was none. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "200";
  } catch (error) {
    const { statusCode, code } = error as { readonly statusCode: number; readonly code: string };
    return `${statusCode} ${code}`;
  }
}
