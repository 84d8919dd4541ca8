import type { CallerCredentials } from "../../shared/ports.ts";

/** From FC's context or headers; undefined when a part is missing. An empty token is no token. */
export function callerCredentialsFrom(given: {
  readonly accessKeyId?: unknown;
  readonly accessKeySecret?: unknown;
  readonly securityToken?: unknown;
}): CallerCredentials | undefined {
  const { accessKeyId, accessKeySecret, securityToken } = given;
  if (typeof accessKeyId !== "string" || typeof accessKeySecret !== "string") return undefined;
  if (accessKeyId === "" || accessKeySecret === "") return undefined;
  return typeof securityToken === "string" && securityToken !== ""
    ? { accessKeyId, accessKeySecret, securityToken }
    : { accessKeyId, accessKeySecret };
}
