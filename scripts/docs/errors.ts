import { refusalResponse, serverErrorResponse } from "../../functions/credentials/response.ts";
import type { Refusal, TokenCheck } from "../../shared/domain/refusal.ts";
import {
  MAX_KEY_ID_LENGTH,
  MAX_TOKEN_LENGTH,
  REFUSED_PARAMETERS,
} from "../../shared/domain/token/app-token.ts";
import { MAX_AUDIENCES } from "../../shared/domain/token/token-claims.ts";

/** docs/errors.md, from the one table refusal → answer. A new refusal or check does not compile without its words. */
export function errorsDocument(): string {
  return `# Errors

Made by \`npm run generate\` from functions/credentials/response.ts.

Every error has its real HTTP status, \`Cache-Control: no-store\`, and this body. \`ErrorCode\` and \`ErrorMessage\` repeat
\`Code\` and \`Message\` for SDKs that read those. It tells nothing of policies, keys or which check failed; the log does,
under the same \`RequestId\`.

\`\`\`json
${JSON.stringify(JSON.parse(refusalResponse({ code: "TOKEN_EXPIRED" }, "1-6922f0a1-0c9f4a1d").body), null, 2)}
\`\`\`

A client goes by \`Code\`. It repeats a request after 503 (when \`Retry-After\` is over), gets a new App token after 401
\`TokenExpired\`, lets the user sign in again after any other 401, and gives up on everything else. 429
\`TooManyRequests\` is kept for a limit of each user's requests: nothing answers it yet. A client treats it as a 503.

## By code

| status | Code | headers | as an App developer |
|---|---|---|---|
${codeRows().join("\n")}

## For the operator: by the log's \`refusal\`

Each request leaves one JSON line on standard output. A refused one has \`refusal\`, with its \`code\` and fields that say
more; \`issuer\`, \`sessionName\`, \`rules\` and \`reported\` stand beside it as far as they were known. Where nothing of
a request could be read (an event of another trigger, broken HTTP), \`method\` and \`path\` are empty.

\`\`\`json
{"time":"2026-11-23T09:00:00.000Z","requestId":"1-6922f0a1-0c9f4a1d","method":"GET","path":"/credentials","status":401,"durationMs":3,"code":"InvalidToken","refusal":{"code":"TOKEN_INVALID","check":"audience"}}
\`\`\`

| \`refusal.code\` | answered as | as an operator |
|---|---|---|
${REFUSALS.map(({ refusal, operator }) => `| ${refusal.code}${fieldsOf(refusal)} | ${answerOf(refusal)} | ${operator} |`).join("\n")}
| – , with \`error\` | 500 ServerError | a bug: \`error\` has the kind of the error and where it was thrown, without its message. Report it |

A function whose settings or rules are wrong does not start, and nothing above applies: Function Compute answers in its
place, over HTTP with 502 and none of our JSON, to an invocation through its API with \`X-Fc-Error-Type\`. The log has
\`oss-valet is not configured:\` and every problem, with what to write instead. \`server.js\` says the same on standard
error, and ends with exit code 1.

A line with \`warning\` in place of a request tells of an issuer's keys: that they could not be fetched, or that one of
them is left out and why.

## Which check of the App token failed: \`refusal.check\`

All of them are 401 InvalidToken to the App. In the order in which they are made:

| check | fails where | usual cause, and what to do |
|---|---|---|
${Object.entries(CHECKS)
  .map(([check, { fails, cause }]) => `| \`${check}\` | ${fails} | ${cause} |`)
  .join("\n")}

\`npm run valet -- explain --token JWT\` shows which of these can be seen without the key.

## What STS says: \`refusal.stsCode\` of STS_DENIED

| stsCode | what to do |
|---|---|
${STS_CODES.map(([code, what]) => `| ${code} | ${what} |`).join("\n")}
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
      problem: "must be a whole number of 900 or more",
    },
    app: "`Message` names the parameter, header or body and says what to send instead; do not repeat it unchanged",
    operator: "nothing: the App's request is wrong; `field` and `problem` say how",
  },
  TOKEN_MISSING: {
    refusal: { code: "TOKEN_MISSING" },
    app: "send `Authorization: Bearer <App token>`, with nothing in the query or body",
    operator: "where Apps do send it: something in between takes the header away",
  },
  TOKEN_INVALID: {
    refusal: { code: "TOKEN_INVALID", check: "signature" },
    app: "get a new App token by signing in again; where that does not help, ask the operator with the `RequestId`",
    operator: "`check` says which check failed; see the table below",
  },
  TOKEN_EXPIRED: {
    refusal: { code: "TOKEN_EXPIRED" },
    app: "get a new App token (refresh it) and ask again, once",
    operator: "nothing; where it happens to fresh tokens, compare clocks, or raise `clockTolerance`",
  },
  CLAIM_INVALID: {
    refusal: { code: "CLAIM_INVALID", claim: "sub", problem: "is empty" },
    app: "this user cannot have credentials as the rules stand; ask the operator",
    operator:
      "`claim` and `problem`: a claim that a matching rule's prefix needs is no safe path segment. Nothing is cleaned up, as that would make it another user's. Where such values are right, write `{claim:hash}`",
  },
  ACCESS_NOT_GRANTED: {
    refusal: { code: "ACCESS_NOT_GRANTED", because: "no rule matches" },
    app: "the user may not, or the request asks for more than the rules grant (`prefix`, `permissions`)",
    operator: "`because`; `npm run valet -- explain` shows each rule and why it does not match",
  },
  NOT_FOUND: {
    refusal: { code: "NOT_FOUND" },
    app: "the path is `/credentials`, or `/healthz`, with nothing behind it",
    operator: "nothing; scanners do this",
  },
  METHOD_NOT_ALLOWED: {
    refusal: { code: "METHOD_NOT_ALLOWED", allow: ["GET", "POST", "OPTIONS"] },
    app: "use a method that `Allow` names",
    operator: "nothing",
  },
  REQUEST_TOO_LARGE: {
    refusal: { code: "REQUEST_TOO_LARGE" },
    app: "a body has four short parameters; send no more",
    operator: "nothing",
  },
  SESSION_POLICY_TOO_LONG: {
    refusal: { code: "SESSION_POLICY_TOO_LONG", bytes: 2101 },
    app: "nothing helps; tell the operator the `RequestId`",
    operator:
      "`bytes` of at most 2,047: too many rules match this user, or claims are too long; a part is never left out. `npm run valet -- test` shows the sum",
  },
  SESSION_POLICY_UNPROVEN: {
    refusal: { code: "SESSION_POLICY_UNPROVEN", because: "it is no JSON" },
    app: "nothing helps; tell the operator the `RequestId`",
    operator: "a bug, caught before STS was asked: report it with `because` and your access.yaml",
  },
  STS_DENIED: {
    refusal: { code: "STS_DENIED", stsCode: "NoPermission" },
    app: "nothing helps; tell the operator the `RequestId`",
    operator:
      "STS has refused us: `stsCode`, below; with `stsRequestId` Alibaba Cloud's support finds the call",
  },
  KEYS_UNAVAILABLE: {
    refusal: { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds: 10 },
    app: "wait for `Retry-After` seconds and ask again",
    operator:
      "the keys of `issuer` cannot be fetched, and none are left that are younger than `jwksCache.maxStale`: is its address right, and reachable from the function?",
  },
  STS_THROTTLED: {
    refusal: { code: "STS_THROTTLED", retryAfterSeconds: 2 },
    app: "wait for `Retry-After` seconds and ask again; keep credentials until shortly before `Expiration`",
    operator:
      "AssumeRole has one quota for the whole account (100 a second): which Apps ask for credentials more often than they need?",
  },
  STS_UNAVAILABLE: {
    refusal: { code: "STS_UNAVAILABLE", because: "network", errorCode: "ECONNREFUSED" },
    app: "wait for `Retry-After` seconds and ask again",
    operator:
      "`because`: no usable answer came from STS after all attempts. Is `STS_ENDPOINT` right and reachable? With `network`, `errorCode` is Node's word for it: ENOTFOUND (no such name), ECONNREFUSED (nobody listens), EPROTO and ERR_SSL_… (no TLS there)",
  },
};

const REFUSALS: readonly Row[] = Object.values(ROWS);

/** In the order of the checks. */
const CHECKS: Readonly<Record<TokenCheck, { readonly fails: string; readonly cause: string }>> = {
  length: {
    fails: `the token has more than ${MAX_TOKEN_LENGTH.toLocaleString("en-US")} characters`,
    cause: "an issuer that puts too much into its tokens",
  },
  shape: {
    fails: "it is not three parts of base64url",
    cause: "an opaque token, or an encrypted one (JWE); the App needs a signed JWT",
  },
  encoding: {
    fails: "a part is not written in its one canonical form",
    cause: "a token that was changed on the way; never of an honest issuer",
  },
  header: {
    fails: "the header is no JSON object, or has a name twice",
    cause: "a token that two readers could read differently",
  },
  "critical-header": {
    fails: `the header has one of ${REFUSED_PARAMETERS.map((name) => `\`${name}\``).join(", ")}`,
    cause:
      "what changes how a token is read is refused, and keys or addresses that a token brings along are never followed",
  },
  payload: {
    fails: "the payload is no JSON object, or has a name twice",
    cause: "a token that two readers could read differently",
  },
  issuer: {
    fails: "`iss` equals no issuer of access.yaml, to the letter",
    cause: "often a slash at the end; or a token of another environment",
  },
  algorithm: {
    fails: "`alg` is none that there is, or none of the issuer's `algorithms`",
    cause: "write what the issuer signs with; HS256 where it should be RS256 is an attack",
  },
  type: {
    fails: "`typ` is no text, or none of the issuer's `tokenTypes`",
    cause: "an ID token in place of an access token",
  },
  "key-id": {
    fails: `\`kid\` names no key of the issuer, or is no text of 1 to ${MAX_KEY_ID_LENGTH} characters`,
    cause: "a key that was taken away, or is so new that the pause between two fetches is not over",
  },
  key: {
    fails: "the key does not fit the algorithm",
    cause: "a key set that says other things of its keys than `algorithms` does",
  },
  signature: {
    fails: "the signature is not good",
    cause: "a forged token; or the wrong secret or public key in the settings",
  },
  audience: {
    fails: `\`aud\` does not hold the issuer's \`audience\`, or has more than ${MAX_AUDIENCES} entries or one that is no text`,
    cause: "a token for another service of the same issuer",
  },
  expiry: {
    fails: "`exp` is missing or no time",
    cause: "an issuer whose tokens never expire; it has to set `exp`, in seconds",
  },
  "not-before": {
    fails: "`nbf` is no time, or in the future",
    cause: "clocks that differ by more than `clockTolerance`",
  },
  "issued-at": {
    fails: "`iat` is no time, in the future, after `exp`, or missing where `maxTokenAge` needs it",
    cause: "clocks, or an issuer without `iat`",
  },
  age: {
    fails: "more than `maxTokenAge` has gone since `iat`",
    cause: "a token that was kept too long; sign in again",
  },
  "required-claim": {
    fails: "a claim of `requiredClaims` is missing",
    cause: "another kind of token, or a scope that the App did not ask for",
  },
  denied: {
    fails: "`deny` names this token, or its time of issue",
    cause: "meant; a fresh sign-in gives a token that is not",
  },
};

const STS_CODES: readonly (readonly [string, string])[] = [
  [
    "NoPermission",
    "the function's role lacks `sts:AssumeRole` on OSS_ROLE_ARN, or that role's trust policy does not name the function's role: `npm run valet -- provision plan`",
  ],
  ["EntityNotExist.Role", "OSS_ROLE_ARN names a role that does not exist, or a user"],
  ["InvalidParameter.RoleArn", "OSS_ROLE_ARN is malformed"],
  ["InvalidParameter.DurationSeconds", "`session.maxDuration` is more than the role's MaxSessionDuration"],
  ["InvalidParameter.PolicyGrammar, InvalidParameter.PolicySize", "a bug: report it"],
  [
    "InvalidAccessKeyId.NotFound, InvalidSecurityToken.*, SignatureDoesNotMatch",
    "the caller's AccessKey is wrong, disabled or old; in Function Compute: does the function have a role?",
  ],
  [
    "NoCallerCredentials",
    "ours, not STS's: neither Function Compute nor the environment has given an AccessKey",
  ],
];

/** One row for each public code; several refusals may share one. */
function codeRows(): readonly string[] {
  const rows = new Map<string, string>();
  const answers = REFUSALS.map(({ refusal, app }) => ({ ...refusalResponse(refusal, ""), app }));
  for (const { status, headers, body, app } of answers) {
    const { Code: code } = JSON.parse(body) as { readonly Code: string };
    const key = `| ${status} | ${code} | ${ownHeaders(headers)}`;
    const present = rows.get(key);
    rows.set(key, present === undefined || present === app ? app : `${present}; or ${app}`);
  }
  return [...rows].map(([key, app]) => `${key} | ${app} |`).sort((a, b) => a.localeCompare(b));
}

function answerOf(refusal: Refusal): string {
  const { status, body } = refusalResponse(refusal, "");
  return `${status} ${(JSON.parse(body) as { readonly Code: string }).Code}`;
}

function fieldsOf({ code: _, ...fields }: Refusal): string {
  const names = Object.keys(fields);
  return names.length === 0 ? "" : `: ${names.map((name) => `\`${name}\``).join(", ")}`;
}

/** Those that not every error has. */
function ownHeaders(headers: Readonly<Record<string, string>>): string {
  const common = Object.keys(serverErrorResponse("").headers);
  const own = Object.keys(headers).filter((name) => !common.includes(name));
  return own.length === 0 ? "" : own.map((name) => `\`${name}\``).join(", ");
}
