import type { Bug } from "./bug.ts";

/** The credentials function: its request, its answer and its settings. */
export const credentialsBugs: readonly Bug[] = [
  {
    name: "two Authorization headers pass",
    in: "bearerTokenFrom",
    find: `if (values.length > 1 || values.some((value) => value.includes(","))) {`,
    replace: `if (values.length > 1) {`,
    killedBy: ["unit/functions/request"],
  },
  {
    name: "the first of two headers is taken",
    in: "bearerTokenFrom",
    find: `if (values.length > 1 || values.some((value) => value.includes(","))) {`,
    replace: `if (values.some((value) => value.includes(","))) {`,
    killedBy: ["flow/credentials"],
  },
  {
    name: "unknown parameters pass",
    in: "credentials/request.ts#parametersFrom",
    find: `if (known === undefined) {
      return invalid(shortened(name)`,
    replace: `if (known === undefined) continue;
    if (known === undefined) {
      return invalid(shortened(name)`,
    killedBy: ["flow/credentials"],
  },
  {
    name: "the last of two parameters wins",
    in: "credentials/request.ts#parametersFrom",
    find: `if (parameters.has(known)) return`,
    replace: `if (false) return`,
    killedBy: ["unit/functions/request"],
  },
  {
    name: "two prefixes that FC joined are one folder",
    in: "credentials/request.ts#parametersFrom",
    find: `if (query.get("prefix")?.includes(","))`,
    replace: `if (false)`,
    killedBy: ["unit/functions/request"],
  },
  {
    name: "the last of two names in a body wins",
    in: "request.ts#bodyFrom",
    find: `const object = strictJsonObjectFrom(http.body);`,
    replace: `const object: Readonly<Record<string, unknown>> | undefined = JSON.parse(http.body.toString());`,
    killedBy: ["unit/functions/request"],
  },
  {
    name: "any body is read",
    in: "credentialsRequestFrom",
    find: `if (http.body.length > MAX_BODY_BYTES)`,
    replace: `if (http.body.length > MAX_BODY_BYTES * 10_000)`,
    killedBy: ["unit/functions/request"],
  },
  {
    name: "credentials may be stored by a proxy",
    in: "BASE_HEADERS",
    find: `"Cache-Control": "no-store"`,
    replace: `"Cache-Control": "max-age=60"`,
    killedBy: ["flow/credentials"],
  },
  {
    name: "answers do not vary",
    in: "BASE_HEADERS",
    find: `Vary: "Authorization, Origin"`,
    replace: `Vary: "Origin"`,
    killedBy: ["unit/functions/http/answer"],
  },
  {
    name: "the reason of a 403 is told",
    in: "toldOf",
    find: `return told(403, "AccessDenied", "No rule grants this access.");`,
    replace: `return told(403, "AccessDenied", JSON.stringify(why));`,
    killedBy: ["unit/functions/http/answer"],
  },
  {
    name: "a failed check is told",
    in: "toldOf",
    find: `"The App token is not valid."`,
    replace: "`The App token is not valid: ${why.check}.`",
    killedBy: ["unit/functions/http/answer"],
  },
  {
    name: "FC: an empty token is a token",
    in: "callerCredentialsFrom",
    find: `typeof securityToken === "string" && securityToken !== ""`,
    replace: `typeof securityToken === "string"`,
    killedBy: ["unit/functions/http/caller"],
  },
  {
    name: "STS over http",
    in: "http/settings.ts#endpointFrom",
    find: `if (!plain || !isSecure(url)) {`,
    replace: `if (!plain) {`,
    killedBy: ["unit/functions/config"],
  },
  {
    name: "null is an origin",
    in: "originsFrom",
    find: `parsed !== origin || parsed === "null" ||`,
    replace: `parsed !== origin ||`,
    killedBy: ["unit/functions/config"],
  },
  {
    name: "OssCname is named cname, which ali-oss takes for its option",
    in: "credentialsBody",
    find: `...(cname ? { OssCname: "true" } : {}),`,
    replace: `...(cname ? { Cname: "true" } : {}),`,
    killedBy: ["unit/functions/response"],
  },
  {
    name: "the endpoint is that of OSS_BUCKET, whatever bucket the first grant has",
    in: "credentialsBody",
    find: `endpointOfBucket(oss.endpoints, first.bucket)`,
    replace: `endpointOfBucket(oss.endpoints, "examplebucket")`,
    killedBy: ["unit/functions/response"],
  },
  {
    name: "every bucket has the own domain of OSS_BUCKET",
    in: "ossEndpointsFrom",
    find: `others: alone === undefined || alone.cname ? ofRegion : alone`,
    replace: `others: alone ?? ofRegion`,
    killedBy: ["unit/functions/http/oss-endpoints"],
  },
  {
    name: "an endpoint in plain text",
    in: "fixOfAddress",
    find: `return url.protocol === "http:"`,
    replace: `return url.protocol === "ftp:"`,
    killedBy: ["unit/functions/http/oss-endpoints"],
  },
];
