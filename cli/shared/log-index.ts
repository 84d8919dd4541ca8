/**
 * The index that the logstore of the functions' log must have, so that the dashboard, the alarms and the runbook can ask for
 * the fields of our JSON line. Function Compute puts the line, as text, into the field `message` of a log
 * (help.aliyun.com/zh/sls, "Function Compute log fields"). An index of type `json` on it makes each leaf a field of its own:
 * `message.status`. A list has no leaf: `rules` and `prefixes` are read with json_extract. Source: SLS, "Data types".
 */
export const LINE_FIELD = "message";

/** Of a leaf. Numbers need `long` or `double`, or they cannot be compared. Source: SLS, "Data types". */
export type LeafType = "text" | "long" | "double";

/** The leaves of our line, shared/ports.ts: AuditEntry and OperatorLog. */
export const LINE_LEAVES: Readonly<Record<string, LeafType>> = {
  time: "text",
  requestId: "text",
  method: "text",
  path: "text",
  status: "long",
  durationMs: "double",
  code: "text",
  "refusal.code": "text",
  "refusal.check": "text",
  "refusal.field": "text",
  "refusal.problem": "text",
  "refusal.claim": "text",
  "refusal.because": "text",
  "refusal.which": "text",
  "refusal.issuer": "text",
  "refusal.bytes": "long",
  "refusal.retryAfterSeconds": "double",
  "refusal.stsPauseMs": "double",
  "refusal.stsCode": "text",
  "refusal.stsRequestId": "text",
  "refusal.errorCode": "text",
  issuer: "text",
  sessionName: "text",
  tokenId: "text",
  tokenSha256: "text",
  policySha256: "text",
  count: "long",
  accessKeyId: "text",
  expiration: "text",
  stsRequestId: "text",
  traceId: "text",
  cachedIn: "text",
  "steps.token": "double",
  "steps.grant": "double",
  "steps.policy": "double",
  "steps.sts": "double",
  "steps.sign": "double",
  warning: "text",
  error: "text",
};

/**
 * Fields that Function Compute itself writes into the logstore, one row for each invocation. Source: help.aliyun.com/zh/sls,
 * "Function Compute 3.0 log field details".
 */
export const PLATFORM_FIELDS: Readonly<Record<string, LeafType>> = {
  functionName: "text",
  qualifier: "text",
  versionId: "text",
  requestId: "text",
  instanceID: "text",
  operation: "text",
  isColdStart: "text",
  hasFunctionError: "text",
  errorType: "text",
  durationMs: "double",
  memoryMB: "long",
  memoryUsageMB: "double",
};

/** Where SLS cuts a text into words. Its own default, without the characters of our codes and names (`_`, `-`, `.`). */
export const WORD_ENDS = [..." ,'\";=()[]{}?@&<>/:\n\t\r"];

/** Bytes of one value that can be read in analysis; a longer one is cut. Our line may have 32 kB. Source: SLS, "Data types". */
const MAX_TEXT_BYTES = 16_384;

/** The body of CreateIndex and UpdateIndex. Names as in the API, version 2020-12-30. */
export function indexBody(): object {
  const word = { caseSensitive: true, chn: false, token: WORD_ENDS };
  const leaf = (type: LeafType) =>
    type === "text" ? { type, doc_value: true, ...word } : { type, doc_value: true };
  return {
    // For lines that are not JSON: "oss-valet is not configured", what the platform writes.
    line: { ...word, caseSensitive: false },
    keys: {
      [LINE_FIELD]: {
        type: "json",
        doc_value: true,
        ...word,
        index_all: false,
        max_depth: -1,
        json_keys: Object.fromEntries(
          Object.entries(LINE_LEAVES).map(([name, type]) => [name, { type, alias: "", doc_value: true }]),
        ),
      },
      ...Object.fromEntries(Object.entries(PLATFORM_FIELDS).map(([name, type]) => [name, leaf(type)])),
    },
    max_text_len: MAX_TEXT_BYTES,
  };
}
