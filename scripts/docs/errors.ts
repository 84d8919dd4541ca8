import { ENGLISH } from "../../client/src/explain/english.ts";
import { refusal as answerTo } from "../../functions/http/answer.ts";
import type { Refusal, TokenCheck } from "../../shared/domain/refusal.ts";
import {
  MAX_KEY_ID_LENGTH,
  MAX_TOKEN_LENGTH,
  REFUSED_PARAMETERS,
} from "../../shared/domain/token/app-token.ts";
import { MAX_AUDIENCES } from "../../shared/domain/token/token-claims.ts";
import type { ErrorCode } from "../../shared/wire.ts";
import { ossErrorRows } from "./oss-errors.ts";

/** The text of docs/errors.md, made from the one table refusal → answer. A new refusal or check does not compile without its row. */
export function errorsDocument(): string {
  return `# Errors

\`npm run generate\` makes this file from functions/http/answer.ts and client/src/explain/english.ts.
中文: [zh/errors.md](zh/errors.md).

Every error has its real HTTP status, \`Cache-Control: no-store\`, and the body below. \`ErrorCode\` and \`ErrorMessage\`
repeat \`Code\` and \`Message\` for SDKs that read those names. The body says nothing about policies, keys or which check
failed. The log does, under the same \`RequestId\`.

\`\`\`json
${EXAMPLE}
\`\`\`

A client decides by \`Code\`. After 503 it waits for \`Retry-After\` and repeats the request. After 401 \`TokenExpired\` it
gets a new App token. After any other 401 it lets the user sign in again. After every other error it stops. 429
\`TooManyRequests\` is treated like 503: [fair-use.md](fair-use.md) says who gets it.

## By code

| status | Code | headers | what an App developer does |
|---|---|---|---|
${answerRows()
  .map(({ status, code, headers, app }) => `| ${status} | ${code} | ${headers} | ${app} |`)
  .join("\n")}

## For the operator: by the log's \`refusal\`

Each request writes one JSON line to standard output. The line of a refused request has \`refusal\`, with its \`code\` and
further fields. \`issuer\`, \`sessionName\`, \`rules\` and \`reported\` are in the line too if they were known. If the
request could not be read at all (an event of another trigger, broken HTTP), \`method\` and \`path\` are empty.

\`\`\`json
${LOG_LINE}
\`\`\`

| \`refusal.code\` | answer to the App | what an operator does |
|---|---|---|
${refusalRows({ operator: (code) => ROWS[code].operator, colon: ": ", comma: ", " })}
| – , with \`error\` | 500 ServerError | a bug: \`error\` has the kind of the error and the place where it was thrown, without its message. Report it |

A function with wrong settings or rules does not start, and nothing above applies. Function Compute answers instead: over
HTTP with 502 and without our JSON, to an invocation through its API with \`X-Fc-Error-Type\`. The log has
\`oss-valet is not configured:\` and every problem, with what to write instead. \`server.js\` writes the same to standard
error and ends with exit code 1.

A line with \`warning\` does not belong to a request. It reports a problem with an issuer's keys: they could not be
fetched, or one key is ignored, with the reason.

## Which check of the App token failed: \`refusal.check\`

The App gets 401 InvalidToken for each of them. The function checks in this order:

| check | fails when | usual cause, and what to do |
|---|---|---|
${Object.entries(CHECKS)
  .map(([check, { fails, cause }]) => `| \`${check}\` | ${fails} | ${cause} |`)
  .join("\n")}

\`npm run valet -- explain --token JWT\` shows the result of every check that needs no key.

## Error codes of STS: \`refusal.stsCode\` of STS_DENIED

| stsCode | what to do |
|---|---|
${Object.entries(STS_CODES)
  .map(([code, what]) => `| ${code} | ${what} |`)
  .join("\n")}

## What else an App sees: errors of OSS, of the network and of oss-valet-client

\`explainOssError(error)\` of the package oss-valet-client answers with the same cause and fix. In brackets: OSS's EC,
which is more exact than its code. Alibaba Cloud has a page on each EC: \`https://api.aliyun.com/troubleshoot?q=<EC>\`.
[deploy.md](deploy.md#when-something-fails) has more for the operator.

| code | cause | what to do |
|---|---|---|
${ossErrorRows({ texts: ENGLISH, more: MORE, blank: " ", comma: ", ", bracketed: (text) => ` (${text})`, ofTheFunction: "of the function" })}
`;
}

interface Row {
  readonly refusal: Refusal;
  readonly app: string;
  readonly operator: string;
}

const ROWS: { readonly [C in Refusal["code"]]: Row & { readonly refusal: { readonly code: C } } } = {
  REQUEST_INVALID: {
    refusal: {
      code: "REQUEST_INVALID",
      field: "durationSeconds",
      problem: "is not a whole number of 900 or more; send seconds, such as 3600",
    },
    app: "`Message` names the wrong parameter, header or body and says what to send instead; do not repeat the request unchanged",
    operator: "nothing: the App's request is wrong; `field` and `problem` say what is wrong",
  },
  TOKEN_MISSING: {
    refusal: { code: "TOKEN_MISSING" },
    app: "send the App token in the header `Authorization: Bearer <App token>`, not in the query or body",
    operator: "if the Apps do send it, something between App and function removes the header",
  },
  TOKEN_INVALID: {
    refusal: { code: "TOKEN_INVALID", check: "signature" },
    app: "let the user sign in again to get a new App token; if that does not help, send the operator the `RequestId`",
    operator: "`check` names the check that failed; see the table below",
  },
  TOKEN_EXPIRED: {
    refusal: { code: "TOKEN_EXPIRED" },
    app: "get a new App token (refresh it) and ask again, once",
    operator: "nothing; if it happens to fresh tokens, compare clocks, or raise `clockTolerance`",
  },
  CLAIM_INVALID: {
    refusal: { code: "CLAIM_INVALID", claim: "sub", problem: "is empty" },
    app: "the rules do not accept a claim of this user: ask the operator",
    operator:
      "see `claim` and `problem`: the prefix of a matching rule uses this claim, and its value is not a safe path segment. The value is not cleaned up, because the result could be another user's. If such values are correct, write `{claim:hash}`. If the claim names the user and is a number, write `userType: integer`",
  },
  ACCESS_NOT_GRANTED: {
    refusal: { code: "ACCESS_NOT_GRANTED", because: "no rule matches" },
    app: "the user has no access, or the request asks for more than the rules grant (`prefix`, `permissions`, or the file that `Message` names)",
    operator: "see `because`; `npm run valet -- explain` shows each rule and why it does not match",
  },
  RATE_LIMITED: {
    refusal: { code: "RATE_LIMITED", retryAfterSeconds: 42 },
    app: "wait for `Retry-After` seconds and ask again. Keep credentials until shortly before `Expiration`, and ask for many files in one request",
    operator:
      "this user asks more often than `RATE_LIMIT` allows. Does the App ask for each file anew? If all users do, raise the limit ([fair-use.md](fair-use.md))",
  },
  NOT_FOUND: {
    refusal: { code: "NOT_FOUND" },
    app: "use the path `/credentials`, `/uploads`, `/downloads` or `/healthz`, and add nothing to it",
    operator: "nothing; scanners try such paths",
  },
  METHOD_NOT_ALLOWED: {
    refusal: { code: "METHOD_NOT_ALLOWED", allow: ["GET", "POST", "OPTIONS"] },
    app: "use a method from the header `Allow`",
    operator: "nothing",
  },
  REQUEST_TOO_LARGE: {
    refusal: { code: "REQUEST_TOO_LARGE" },
    app: "send a shorter body: `/credentials` has at most four short parameters, `/uploads` and `/downloads` take 256 KiB",
    operator: "nothing",
  },
  SESSION_POLICY_TOO_LONG: {
    refusal: { code: "SESSION_POLICY_TOO_LONG", bytes: 2101 },
    app: "nothing helps; tell the operator the `RequestId`",
    operator:
      "`bytes` is the length; the limit is 2,047. Too many rules match this user, or claims are too long; a policy is never shortened. `npm run valet -- test` shows how the length adds up",
  },
  SESSION_POLICY_UNPROVEN: {
    refusal: { code: "SESSION_POLICY_UNPROVEN", because: "it is not JSON" },
    app: "nothing helps; tell the operator the `RequestId`",
    operator: "a bug, found before the call to STS: report it with `because` and your access.yaml",
  },
  SIGNING_KEYS_MISSING: {
    refusal: { code: "SIGNING_KEYS_MISSING" },
    app: "nothing helps; tell the operator the `RequestId`",
    operator:
      "Function Compute handed out no credentials, so there is nothing to sign forms and URLs with: write `role:` for the function `uploads` in s.yaml, and run `npm run valet -- provision`",
  },
  STS_DENIED: {
    refusal: { code: "STS_DENIED", stsCode: "NoPermission" },
    app: "nothing helps; tell the operator the `RequestId`",
    operator:
      "STS refused the call. `stsCode` is explained below; with `stsRequestId`, Alibaba Cloud's support can find the call",
  },
  KEYS_UNAVAILABLE: {
    refusal: { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds: 10 },
    app: "wait for `Retry-After` seconds and ask again",
    operator:
      "the keys of `issuer` cannot be fetched, and the last ones are older than `jwksCache.maxStale`. Is its address correct, and can the function reach it?",
  },
  STS_THROTTLED: {
    refusal: { code: "STS_THROTTLED", retryAfterSeconds: 2 },
    app: "wait for `Retry-After` seconds and ask again; keep credentials until shortly before `Expiration`",
    operator:
      "AssumeRole has one quota for the whole account (100 calls a second). Which Apps ask for credentials more often than they need?",
  },
  STS_UNAVAILABLE: {
    refusal: { code: "STS_UNAVAILABLE", because: "network", errorCode: "ECONNREFUSED" },
    app: "wait for `Retry-After` seconds and ask again",
    operator:
      "STS gave no usable answer in any attempt; `because` says why. Is `STS_ENDPOINT` correct and reachable? With `network`, `errorCode` is Node's code: ENOTFOUND (the name does not exist), ECONNREFUSED (nothing listens there), EPROTO and ERR_SSL_… (no TLS there)",
  },
};

const REFUSALS: readonly Row[] = Object.values(ROWS);

/** In the order in which the checks run. */
export const CHECKS: Readonly<Record<TokenCheck, { readonly fails: string; readonly cause: string }>> = {
  length: {
    fails: `the token has more than ${MAX_TOKEN_LENGTH.toLocaleString("en-US")} characters`,
    cause: "the issuer puts too much into its tokens",
  },
  shape: {
    fails: "the token is not three parts of base64url",
    cause: "an opaque token, or an encrypted one (JWE); the App needs a signed JWT",
  },
  encoding: {
    fails: "a part is not in canonical base64url",
    cause: "the token was changed on the way; no honest issuer writes it so",
  },
  header: {
    fails: "the header is not a JSON object, or has a name twice",
    cause: "two programs could read this token differently",
  },
  "critical-header": {
    fails: `the header has one of ${REFUSED_PARAMETERS.map((name) => `\`${name}\``).join(", ")}`,
    cause:
      "parameters that change how a token is read are refused; keys and addresses in a token are never used. Cloud Foundry UAA, and SAP's XSUAA which is built on it, write the address of their key set into each token (`jku`): such tokens cannot be used here. Let the App get a token of another issuer, or let your own backend verify it and sign a new one without that header",
  },
  payload: {
    fails: "the payload is not a JSON object, or has a name twice",
    cause: "two programs could read this token differently",
  },
  issuer: {
    fails: "`iss` is not exactly equal to an issuer in access.yaml",
    cause: "often a slash at the end, or a token from another environment",
  },
  algorithm: {
    fails: "`alg` is unknown, or not one of the issuer's `algorithms`",
    cause: "write the algorithm that the issuer signs with; HS256 instead of RS256 is an attack",
  },
  type: {
    fails: "`typ` is not a text, or not one of the issuer's `tokenTypes`",
    cause: "an ID token instead of an access token",
  },
  "key-id": {
    fails: `the issuer has no key with this \`kid\`, or \`kid\` is not a text of 1 to ${MAX_KEY_ID_LENGTH} characters`,
    cause:
      "the key was removed, or it is so new that the pause before the next fetch (`jwksCache.cooldown`) is not over",
  },
  key: {
    fails: "the key does not fit the algorithm",
    cause: "the issuer's key set and `algorithms` do not agree",
  },
  signature: {
    fails: "the signature is wrong",
    cause: "a forged token, or the wrong secret or public key in the settings",
  },
  audience: {
    fails: `\`aud\` (or the issuer's \`audienceClaim\`) does not contain an \`audience\` of the issuer, has more than ${MAX_AUDIENCES} entries, or has an entry that is not a text`,
    cause:
      "a token for another service of the same issuer. If the issuer names the App in another claim than `aud`, such as `client_id` (Cognito) or `azp` (Clerk), write `audienceClaim`",
  },
  expiry: {
    fails: "`exp` is missing or not a valid time",
    cause: "the issuer's tokens never expire; it must set `exp`, in seconds",
  },
  "not-before": {
    fails: "`nbf` is not a valid time, or is in the future",
    cause: "clocks differ by more than `clockTolerance`",
  },
  "issued-at": {
    fails:
      "`iat` is not a valid time, is in the future, is after `exp`, or is missing although `maxTokenAge` is set",
    cause: "clocks differ, or the issuer does not set `iat`",
  },
  age: {
    fails: "`iat` is longer ago than `maxTokenAge`",
    cause: "the App kept the token too long; sign in again",
  },
  "required-claim": {
    fails: "a claim of `requiredClaims` is missing",
    cause: "another kind of token, or a scope that the App did not request",
  },
  denied: {
    fails: "`deny` names this token (`tokenId`), or its time of issue (`issuedBefore`)",
    cause: "intended. A new sign-in gives a token that is not denied",
  },
};

export const STS_CODES = {
  NoPermission:
    "the function's role lacks `sts:AssumeRole` on OSS_ROLE_ARN, or the trust policy of OSS_ROLE_ARN does not name the function's role: run `npm run valet -- provision plan`",
  "NoPermission.RootAccount":
    "a code of oss-valet, for STS's NoPermission with the words \"Roles may not be assumed by root accounts\": the AccessKey belongs to the account itself (root). Use the key of a RAM user (`npm run valet -- provision apply --caller-user NAME`), and delete the account's keys: they may do everything",
  "EntityNotExist.Role": "OSS_ROLE_ARN is the ARN of a role that does not exist, or of a user",
  "InvalidParameter.RoleArn": "OSS_ROLE_ARN is malformed",
  "InvalidParameter.DurationSeconds": "`session.maxDuration` is more than the role's MaxSessionDuration",
  "InvalidParameter.PolicyGrammar, InvalidParameter.PolicySize": "a bug: report it",
  "InvalidAccessKeyId.NotFound, InvalidSecurityToken.*, SignatureDoesNotMatch":
    "the caller's AccessKey is wrong, disabled or expired; in Function Compute: does the function have a role?",
  NoCallerCredentials:
    "a code of oss-valet, not of STS: there is no AccessKey, neither from Function Compute nor in the environment",
} as const;

const MORE: Parameters<typeof ossErrorRows>[0]["more"] = {
  "0003-00000301|authorizer's policy":
    "DeleteMultipleObjects does not work: delete one by one. The operator: `npm run valet -- explain` shows what the rules grant.",
  "0003-00000001|bucket acl":
    "Often the rules were widened, but `provision apply --allow-widening` was not run.",
  SignatureDoesNotMatch: "With ali-oss: `authorizationV4: true`.",
  "NoSuchBucket|InvalidBucketName|SecondLevelDomain":
    "At the bucket's own domain, an SDK must not put the bucket before the domain (ali-oss: `cname: true`).",
  PublicEndpointForbidden:
    "The account uses OSS since 2025-03-20, so its objects in mainland China cannot be reached at `oss-<region>.aliyuncs.com` ([how](deploy.md#the-buckets-own-domain)).",
  "Network|RequestError|AccessForbidden|to fetch|fetch failed|Load failed|ECONN|ENOTFOUND|EAI_":
    "`npm run valet -- doctor` prints the CORS rule.",
};

interface AnswerRow {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: string;
  /** What an App developer does. */
  readonly app: string;
}

/** One row for each public code, by status; several refusals may share one. */
export function answerRows(): readonly AnswerRow[] {
  const rows = new Map<string, AnswerRow>();
  for (const { refusal, app } of REFUSALS) {
    const { status, code, headers } = answerTo(refusal, CONTEXT);
    if (code === "Success") throw new Error(`${refusal.code} is answered as a success`);
    const present = rows.get(code)?.app;
    const both = present === undefined || present === app ? app : `${present}; or ${app}`;
    rows.set(code, { status, code, headers: namesOf(headers), app: both });
  }
  return [...rows.values()].sort((a, b) => a.status - b.status || a.code.localeCompare(b.code));
}

/** The rows by the log's `refusal.code`: its fields, the answer to the App, and what an operator does. */
export function refusalRows(words: {
  readonly operator: (code: Refusal["code"]) => string;
  readonly colon: string;
  readonly comma: string;
}): string {
  return REFUSALS.map(({ refusal }) => {
    const fields = fieldsOf(refusal).map((name) => `\`${name}\``);
    const named = fields.length === 0 ? "" : `${words.colon}${fields.join(words.comma)}`;
    return `| ${refusal.code}${named} | ${answerOf(refusal)} | ${words.operator(refusal.code)} |`;
  }).join("\n");
}

function answerOf(refusal: Refusal): string {
  const { status, code } = answerTo(refusal, CONTEXT);
  return `${status} ${code}`;
}

function fieldsOf({ code: _, ...fields }: Refusal): readonly string[] {
  return Object.keys(fields);
}

function namesOf(headers: Readonly<Record<string, string>>): string {
  return Object.keys(headers)
    .map((name) => `\`${name}\``)
    .join(", ");
}

const CONTEXT = { requestId: "1-6922f0a1-0c9f4a1d", paths: ["/credentials"], random: () => 0 };

/** The body of an error. */
export const EXAMPLE = JSON.stringify(answerTo({ code: "TOKEN_EXPIRED" }, CONTEXT).body, null, 2);

/** The log's line of a refused request. */
export const LOG_LINE =
  '{"time":"2026-11-23T09:00:00.000Z","requestId":"1-6922f0a1-0c9f4a1d","method":"GET","path":"/credentials","status":401,"durationMs":3,"code":"InvalidToken","refusal":{"code":"TOKEN_INVALID","check":"audience"}}';
