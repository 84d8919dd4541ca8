import type { Bug } from "./bug.ts";

/** The local Alibaba Cloud. */
export const sandboxBugs: readonly Bug[] = [
  {
    name: "sandbox: a page may switch what the control API switches",
    in: "control.ts#answerTo",
    find: `if (request.headers.origin !== undefined) {`,
    replace: `if (request.headers.origin === "") {`,
    killedBy: ["sandbox/sandbox-control"],
  },
  {
    name: "sandbox: a fault leaves a signed URL in the journal",
    in: "faultsIn",
    find: `operationOf(service, request).split("?")[0] ?? ""`,
    replace: `operationOf(service, request)`,
    killedBy: ["sandbox/sandbox-faults"],
  },
  {
    name: "sandbox: a fault's headers are not looked at",
    in: "isHeaders",
    find: `Object.entries(value).every(([name, text]) => isHeader(name, text))`,
    replace: `true`,
    killedBy: ["sandbox/sandbox-control"],
  },
  {
    name: "sandbox: a bug in one request is everybody's",
    in: "served",
    find: `reportBug(thrown);
    response.destroy();`,
    replace: `throw thrown;`,
    killedBy: ["unit/sandbox/service-listener"],
  },
  {
    name: "sandbox: an object goes under whatever version is named",
    in: "removeObject",
    find: `if (object === undefined || !isTheOnlyVersion(versionId)) return;`,
    replace: `if (object === undefined) return;`,
    killedBy: ["sandbox/oss-operations"],
  },
  {
    name: "sandbox: a phone whose clock is wrong is served",
    in: "sandboxClock",
    find: `return Math.abs(nowMs() - passedAlong) < Math.abs(nowMs() - stoodStill) ? passedAlong : stoodStill;`,
    replace: `return nowMs();`,
    killedBy: ["unit/sandbox/clock"],
  },
  {
    name: "sandbox: a bucket policy without Principal speaks of everybody",
    in: "principals.ts#NOBODY",
    find: `listed: []`,
    replace: `listed: ["*"]`,
    killedBy: ["sandbox/oss-bucket-policy"],
  },
  {
    name: "sandbox: a bucket policy may ask for an address alone",
    in: "refuseAddressesAlone",
    find: `if (!isAlone) return;`,
    replace: `if (!isAlone || statements.length > 0) return;`,
    killedBy: ["sandbox/oss-bucket-policy"],
  },
  {
    name: "sandbox: a link reads what its reader may not",
    in: "readObjectOf",
    find: `authorise(call, { action: "oss:GetObject", bucket, key });`,
    replace: ``,
    killedBy: ["sandbox/oss-authorisation"],
  },
  {
    name: "sandbox: a parameter that no operation knows is ignored, and the bucket is deleted",
    in: "oss/operation.ts#operationOf",
    find: `(isRead && isCacheBuster(name, value))`,
    replace: `!isKnown(name)`,
    killedBy: ["sandbox/oss-not-emulated"],
  },
  {
    name: "sandbox: a retention that is asked for is ignored",
    in: "oss/operation.ts#operationOf",
    find: `if (header !== undefined) return`,
    replace: `if (header === "x-oss-callback") return`,
    killedBy: ["sandbox/oss-not-emulated"],
  },
  {
    name: "sandbox: a V2 signature does not cover the parameters of a listing",
    in: "v2StringToSign",
    find: `name !== "x-oss-signature"`,
    replace: `name !== "x-oss-signature" && name !== "prefix"`,
    killedBy: ["sandbox/oss-signature-v2"],
  },
  {
    name: "sandbox: a V2 URL never ends",
    in: "v2UrlProof",
    find: `dateMs: endOf("x-oss-expires", expires)`,
    replace: `dateMs: Number.POSITIVE_INFINITY`,
    killedBy: ["sandbox/oss-signature-v2"],
  },
  {
    name: "sandbox: a second Authorization header is dropped in silence",
    in: "refuseMalformed",
    find: `if (times("authorization") > 1) {`,
    replace: `if (times("authorization") > 2) {`,
    killedBy: ["sandbox/oss-http"],
  },
];
