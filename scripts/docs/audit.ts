import type { Refusal, TokenCheck } from "../../shared/domain/refusal.ts";
import type { JsonSchema } from "../../shared/domain/rules/shape.ts";
import type { AuditEntry, CachedIn, Step } from "../../shared/ports.ts";
import type { ErrorCode, Permission } from "../../shared/wire.ts";

/** A field of the log line, without its meaning. */
type Form = JsonSchema;

/** The fields of a request's line. `time` is the log's own; all others are those of AuditEntry, and none is missing. */
export type AuditField = "time" | keyof AuditEntry;

/** The JSON Schema of the log: each line is one of a request, or a warning. A new field or refusal does not compile without its row. */
export function auditSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "oss-valet log line",
    description:
      "One line of JSON for each request, and one for each warning to the operator. docs/audit.md explains it.",
    oneOf: [{ $ref: "#/definitions/request" }, { $ref: "#/definitions/warning" }],
    definitions: {
      request: {
        description: "The line of one request. A field that is not known is missing; no field is null.",
        type: "object",
        additionalProperties: false,
        required: ["time", "requestId", "method", "path", "status", "durationMs", "code"],
        properties: described(REQUEST, MEANINGS),
        // Whoever got credentials is in the line: who, by which rules, what, and until when.
        dependencies: {
          accessKeyId: [
            "issuer",
            "sessionName",
            "tokenSha256",
            "rules",
            "permissions",
            "prefixes",
            "policySha256",
            "expiration",
            "stsRequestId",
          ],
          count: ["issuer", "sessionName", "tokenSha256", "rules", "keyDigests"],
        },
      },
      warning: {
        description: "What the operator should know apart from the requests.",
        type: "object",
        additionalProperties: false,
        required: ["time", "warning"],
        properties: {
          time: { description: MEANINGS.time, ...TIME },
          warning: { description: WARNING, type: "string", minLength: 1 },
        },
      },
    },
  };
}

/** The rows of docs/audit.md: field, form, meaning. */
export function auditTable(): string {
  return tableOf("| field | form | meaning |", MEANINGS);
}

/** A table of the fields, with meanings in one language. */
export function tableOf(head: string, meanings: Readonly<Record<AuditField, string>>): string {
  const rows = Object.entries(REQUEST).map(
    ([name, form]) => `| \`${name}\` | ${formText(form)} | ${meanings[name as AuditField]} |`,
  );
  return `${head}\n|---|---|---|\n${rows.join("\n")}\n`;
}

const WARNING =
  "A sentence for the operator, such as a key set that cannot be fetched, or a Redis that does not answer. It holds no secret.";

/** What each field means, and when a line has it. */
const MEANINGS: Readonly<Record<AuditField, string>> = {
  time: "When the line was written, by the function's clock, in UTC.",
  requestId:
    "Function Compute's id of the request; outside of it, our own. The App has it as `RequestId` in every answer.",
  method: "The HTTP method; empty where the request could not be read.",
  path: "The path, without the query. A part of 24 or more characters becomes `…`: it may be a token. Empty where the request could not be read.",
  status: "The HTTP status of the answer.",
  durationMs:
    "Milliseconds from the request to its answer, by the wall clock; negative when that is set back meanwhile.",
  code: "The outcome: `Success`, or the `Code` of the error that the App got.",
  refusal: "Why the request was refused, in full. docs/errors.md says what to do about each `code`.",
  issuer: "The name, in access.yaml, of the issuer that vouches for the user. Only of a verified token.",
  sessionName:
    "The user: the RoleSessionName that STS gets, and ActionTrail shows. No two users have the same. Only of a verified token.",
  tokenId:
    "The App token's `jti`, with which `deny` can refuse it. Only of a verified token, and only up to 128 characters: a longer one is left out.",
  tokenSha256:
    "SHA-256 of the App token, in hex; of a refused token, too. Missing where the request brought none, or was refused before its token was looked at.",
  rules: "The names of the rules that grant it.",
  reported: "Rules in `mode: report` that match.",
  reportedUnsafe: "Rules in `mode: report` that would refuse the request, and for which claim.",
  permissions: "What the credentials may do; empty when rules name single actions alone.",
  prefixes: "Where: `bucket/prefix`.",
  count: "How many forms or URLs were signed.",
  keyDigests:
    "Of each key that something was signed for: the first 32 hex characters of its SHA-256. Keys are names that users choose, so they are not written.",
  policySha256: "SHA-256 of the session policy that STS got or would have got, in hex.",
  accessKeyId: "The access key that was handed out. OSS writes it into its access log. Not a secret.",
  expiration: "When what was handed out ends, in UTC.",
  stsRequestId:
    "STS's id of the AssumeRole call that made the credentials: the `requestId` of ActionTrail's event.",
  cachedIn:
    "Where kept credentials come from: `memory` of this instance, `shared` (Redis), or `bridge` (kept ones, because STS could make no new ones). Missing when this request asked STS.",
  steps:
    "Milliseconds of each step that the request came to, in their order. `sts` includes every cache before it.",
  traceId: "Of the trace that is sent of this request (docs/telemetry.md): the caller may have chosen it.",
  error:
    "Of an unexpected error: its name and where it was thrown. Never its message, which may quote a secret.",
};

const TEXT = { type: "string", minLength: 1 } as const;
const TEXTS = { type: "array", items: TEXT, minItems: 1 } as const;
const SHA256 = { type: "string", pattern: "^[0-9a-f]{64}$" } as const;
const SECONDS = { type: "number", minimum: 0 } as const;
const MILLISECONDS = { type: "number", minimum: 0 } as const;
const TIME = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" } as const;

/** Every name of a union: one that is missing does not compile. */
function namesOf<Name extends string>(
  names: Readonly<Record<Name, true>>,
): { readonly enum: readonly string[] } {
  return { enum: Object.keys(names) };
}

const CODE = namesOf<ErrorCode | "Success">({
  Success: true,
  InvalidRequest: true,
  MissingToken: true,
  InvalidToken: true,
  TokenExpired: true,
  AccessDenied: true,
  NotFound: true,
  MethodNotAllowed: true,
  RequestTooLarge: true,
  TooManyRequests: true,
  ServerError: true,
  StsThrottled: true,
  StsUnavailable: true,
  KeysUnavailable: true,
});

const CHECK = namesOf<TokenCheck>({
  length: true,
  shape: true,
  encoding: true,
  header: true,
  "critical-header": true,
  payload: true,
  issuer: true,
  algorithm: true,
  type: true,
  "key-id": true,
  key: true,
  signature: true,
  audience: true,
  expiry: true,
  "not-before": true,
  "issued-at": true,
  age: true,
  "required-claim": true,
  denied: true,
});

const CACHED_IN = namesOf<CachedIn>({ memory: true, shared: true, bridge: true });
const PERMISSION = namesOf<Permission>({ read: true, write: true, list: true, delete: true });
const STEPS: Readonly<Record<Step, Form>> = {
  token: { description: "the App token is verified; includes fetching keys", ...MILLISECONDS },
  grant: { description: "the rules decide", ...MILLISECONDS },
  policy: { description: "the session policy is made and proven", ...MILLISECONDS },
  sts: { description: "credentials, kept ones or from STS", ...MILLISECONDS },
  sign: { description: "forms or URLs are signed", ...MILLISECONDS },
};

type RefusalOf<Code extends Refusal["code"]> = Extract<Refusal, { readonly code: Code }>;

/** The fields of each refusal besides `code`. A name that ends in `?` may be missing. */
type RefusalFields = {
  readonly [Code in Refusal["code"]]: {
    readonly [Field in Exclude<keyof RefusalOf<Code>, "code"> as undefined extends RefusalOf<Code>[Field]
      ? `${Field & string}?`
      : Field]-?: Form;
  };
};

/** A row or field too many does no harm; one that is missing does not compile. */
type Tolerant<Rows> = {
  readonly [Name in keyof Rows]: Rows[Name] & Readonly<Record<string, Form>>;
} & Readonly<Record<string, Readonly<Record<string, Form>>>>;

const REFUSALS: Tolerant<RefusalFields> = {
  NOT_FOUND: {},
  METHOD_NOT_ALLOWED: { allow: TEXTS },
  REQUEST_TOO_LARGE: {},
  REQUEST_INVALID: { field: TEXT, problem: TEXT },
  TOKEN_MISSING: {},
  TOKEN_INVALID: { check: CHECK },
  TOKEN_EXPIRED: {},
  KEYS_UNAVAILABLE: { issuer: TEXT, retryAfterSeconds: SECONDS },
  CLAIM_INVALID: { claim: TEXT, problem: TEXT },
  ACCESS_NOT_GRANTED: { because: TEXT, "which?": TEXT },
  SESSION_POLICY_TOO_LONG: { bytes: { type: "integer", minimum: 1 } },
  SESSION_POLICY_UNPROVEN: { because: TEXT },
  SIGNING_KEYS_MISSING: {},
  RATE_LIMITED: { retryAfterSeconds: SECONDS },
  STS_THROTTLED: { retryAfterSeconds: SECONDS, "stsPauseMs?": MILLISECONDS },
  STS_DENIED: { stsCode: TEXT, "stsRequestId?": { type: "string" } },
  STS_UNAVAILABLE: {
    because: TEXT,
    "errorCode?": TEXT,
    "retryAfterSeconds?": SECONDS,
    "stsRequestId?": { type: "string" },
  },
};

const REQUEST: Readonly<Record<AuditField, Form>> = {
  time: TIME,
  requestId: TEXT,
  method: { type: "string", maxLength: 20 },
  path: { type: "string", maxLength: 200 },
  status: { type: "integer", minimum: 200, maximum: 599 },
  durationMs: { type: "number" },
  code: CODE,
  refusal: {
    oneOf: Object.entries(REFUSALS).map(([code, fields]) => {
      const names = Object.keys(fields);
      return {
        type: "object",
        additionalProperties: false,
        required: ["code", ...names.filter((name) => !name.endsWith("?"))],
        properties: {
          code: { const: code },
          ...Object.fromEntries(Object.entries(fields).map(([name, form]) => [name.replace("?", ""), form])),
        },
      };
    }),
  },
  issuer: TEXT,
  sessionName: { type: "string", pattern: "^[A-Za-z0-9._@-]{0,43}-[0-9a-f]{20}$" },
  tokenId: { type: "string", maxLength: 128 },
  tokenSha256: SHA256,
  rules: TEXTS,
  reported: TEXTS,
  reportedUnsafe: {
    type: "array",
    minItems: 1,
    items: {
      type: "object",
      additionalProperties: false,
      required: ["rule", "claim", "problem"],
      properties: { rule: TEXT, claim: TEXT, problem: TEXT },
    },
  },
  permissions: { type: "array", items: PERMISSION },
  prefixes: TEXTS,
  count: { type: "integer", minimum: 1 },
  keyDigests: { type: "array", items: { type: "string", pattern: "^[0-9a-f]{32}$" }, minItems: 1 },
  policySha256: SHA256,
  accessKeyId: TEXT,
  expiration: TIME,
  stsRequestId: { type: "string" },
  cachedIn: CACHED_IN,
  steps: { type: "object", additionalProperties: false, properties: STEPS },
  error: TEXT,
  traceId: { type: "string", pattern: "^[0-9a-f]{32}$" },
};

function described(
  forms: Readonly<Record<AuditField, Form>>,
  meanings: Readonly<Record<AuditField, string>>,
): JsonSchema {
  return Object.fromEntries(
    Object.entries(forms).map(([name, form]) => [
      name,
      { description: meanings[name as AuditField], ...form },
    ]),
  );
}

function formText({ type, maxLength, enum: names, oneOf, pattern, properties }: Form): string {
  if (pattern === TIME.pattern) return "`2026-11-23T09:00:00.000Z`";
  if (pattern === SHA256.pattern) return "64 hex digits";
  if (oneOf !== undefined) return "`code`, and its fields";
  if (Array.isArray(names)) return names.length > 5 ? "text" : names.map((name) => `\`${name}\``).join(", ");
  if (type === "array") return "list";
  if (properties !== undefined)
    return Object.keys(properties ?? {})
      .map((name) => `\`${name}\``)
      .join(", ");
  if (type === "integer" || type === "number") return "number";
  return maxLength === undefined ? "text" : `text, up to ${Number(maxLength)} characters`;
}
