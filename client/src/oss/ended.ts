/** OSS says in three ways that credentials have ended. Sources: STS FAQ; OSS, "Error codes". */
const ENDED: ReadonlySet<unknown> = /* @__PURE__ */ new Set([
  "InvalidAccessKeyId",
  "SecurityTokenExpired",
  "InvalidSecurityToken",
]);

/** Whether this code of OSS means that the credentials have ended, so that new ones can help. */
export function saysEnded(code: string | undefined): boolean {
  return ENDED.has(code);
}
