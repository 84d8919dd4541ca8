import type { Attributes } from "@opentelemetry/api";
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_SCHEME,
} from "@opentelemetry/semantic-conventions";
import type { AuditEntry, Step } from "../../ports.ts";

/** Names of our own. Each begins with `oss_valet`, so that no convention to come has the same one. */
export const OURS = {
  refusalCode: "oss_valet.refusal.code",
  refusalCheck: "oss_valet.refusal.check",
  credentialsSource: "oss_valet.credentials.source",
  step: "oss_valet.step",
  answerCode: "oss_valet.answer.code",
  requestId: "oss_valet.request.id",
} as const;

/** Where credentials came from: of STS itself, or of a cache. Each value that there is. */
export const SOURCES = ["sts", "memory", "shared", "bridge"] as const;

/**
 * What metrics and spans may say of a request. This is an allow-list: no user, session, key, address, parameter, or path of the
 * caller's choosing. Each value is one of a few, so that a stranger cannot make series without end.
 */
export function httpFacts(entry: AuditEntry): Attributes {
  const { method, status, refusal } = entry;
  const route = routeOf(entry);
  return {
    [ATTR_HTTP_REQUEST_METHOD]: knownMethod(method),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    // What server.js speaks. A gateway in front of it may speak https.
    [ATTR_URL_SCHEME]: "http",
    ...(route === undefined ? {} : { [ATTR_HTTP_ROUTE]: route }),
    // 4xx is the caller's mistake, and no error of a server (semantic conventions, HTTP).
    ...(status >= 500 ? { [ATTR_ERROR_TYPE]: refusal?.code ?? OTHER } : {}),
  };
}

export function refusalFacts({ refusal }: AuditEntry): Attributes | undefined {
  if (refusal === undefined) return undefined;
  return {
    [OURS.refusalCode]: refusal.code,
    ...("check" in refusal ? { [OURS.refusalCheck]: refusal.check } : {}),
  };
}

/** Where the credentials of an answer came from; undefined when it has none. */
export function sourceOf({ code, accessKeyId, cachedIn }: AuditEntry): (typeof SOURCES)[number] | undefined {
  if (code !== "Success" || accessKeyId === undefined) return undefined;
  return cachedIn ?? "sts";
}

/** Of one step: its name, where its credentials came from, and why it failed. */
export function stepFacts(step: Step, entry: AuditEntry): Attributes {
  const source = step === "sts" ? sourceOf(entry) : undefined;
  const failed = entry.refusal !== undefined && FAILS_WITH[step]?.test(entry.refusal.code) === true;
  return {
    [OURS.step]: step,
    ...(source === undefined ? {} : { [OURS.credentialsSource]: source }),
    ...(failed ? { [ATTR_ERROR_TYPE]: entry.refusal?.code } : {}),
  };
}

/** Refusals by the step that waits for somebody else. */
const FAILS_WITH: Readonly<Partial<Record<Step, RegExp>>> = { token: /^KEYS_/, sts: /^STS_/ };

/** The path, when the function has it; undefined for every other one, which the caller has made up. */
export function routeOf({ path, refusal }: AuditEntry): string | undefined {
  return refusal?.code !== "NOT_FOUND" && ROUTES.includes(path) ? path : undefined;
}

const ROUTES: readonly string[] = ["/credentials", "/uploads", "/downloads", "/healthz"];

/** Source: semantic conventions, HTTP: a method that is not known is `_OTHER`. */
export function knownMethod(method: string): string {
  return METHODS.includes(method) ? method : OTHER;
}

const METHODS: readonly string[] = [
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "TRACE",
];

/** Source: semantic conventions, for http.request.method and error.type. */
const OTHER = "_OTHER";
