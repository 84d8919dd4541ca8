import { type ObjectPrefix, parsedObjectPrefix } from "../../shared/domain/prefix/object-prefix.ts";
import { MIN_SESSION_SECONDS } from "../../shared/domain/ram/cloud-limits.ts";
import { PERMISSIONS, type Permission } from "../../shared/domain/ram/ram-policy.ts";
import { granted, type Result, refused } from "../../shared/domain/refusal.ts";
import { strictJsonObjectFrom } from "../../shared/domain/token/strict-json.ts";
import type { CredentialsRequest } from "../../shared/flows/vend-credentials.ts";
import type { RefusedKeyHeader } from "../../shared/wire.ts";
import type { HttpRequest } from "../http/http.ts";
import { bearerTokenFrom, invalid, shortened } from "../http/request-parts.ts";

/** The shape of the answer: `format=`. */
export type Format = "default" | "appserver" | "ali-oss";

export interface ReadRequest {
  readonly request: CredentialsRequest;
  readonly format: Format;
}

const REFUSED_KEY_HEADER: RefusedKeyHeader = "X-Refused-Access-Key-Id";

/** Bytes. Ours: a body has four short parameters. */
const MAX_BODY_BYTES = 16 * 1024;

const FORMATS: readonly Format[] = ["default", "appserver", "ali-oss"];
const PARAMETERS = ["permissions", "prefix", "durationSeconds", "format"] as const;

type Parameter = (typeof PARAMETERS)[number];

/** Reads `GET|POST /credentials`. Refuses with TOKEN_MISSING, REQUEST_INVALID, REQUEST_TOO_LARGE. */
export function credentialsRequestFrom(http: HttpRequest): Result<ReadRequest> {
  if (http.body.length > MAX_BODY_BYTES) return refused({ code: "REQUEST_TOO_LARGE" });
  const appToken = bearerTokenFrom(http.headers.get("authorization") ?? []);
  if (!appToken.ok) return appToken;
  const parameters = parametersFrom(http);
  if (!parameters.ok) return parameters;
  const permissions = permissionsFrom(parameters.value.get("permissions"));
  if (!permissions.ok) return permissions;
  const prefix = prefixFrom(parameters.value.get("prefix"));
  if (!prefix.ok) return prefix;
  const duration = durationFrom(parameters.value.get("durationSeconds"));
  if (!duration.ok) return duration;
  const format = formatFrom(parameters.value.get("format"));
  if (!format.ok) return format;
  const refusedKeyId = refusedKeyFrom(http.headers.get(REFUSED_KEY_HEADER.toLowerCase()) ?? []);
  if (!refusedKeyId.ok) return refusedKeyId;
  return granted({
    format: format.value,
    request: {
      appToken: appToken.value,
      sourceIp: http.sourceIp,
      refusedKeyId: refusedKeyId.value,
      wanted: {
        ...(permissions.value === undefined ? {} : { permissions: permissions.value }),
        ...(prefix.value === undefined ? {} : { prefix: prefix.value }),
        ...(duration.value === undefined ? {} : { durationSeconds: duration.value }),
      },
    },
  });
}

/**
 * From the query, and for POST also from a JSON object. An unknown name is refused: a typo must not change what is
 * granted. FC joins repeated names of a query with commas. The plain HTTP server does the same here.
 */
function parametersFrom(http: HttpRequest): Result<ReadonlyMap<Parameter, unknown>> {
  const body = bodyFrom(http);
  if (!body.ok) return body;
  const query = joined(http.query);
  if (query.get("prefix")?.includes(","))
    return invalid(
      "prefix",
      "appears more than once or contains a comma",
      "send one prefix; if it contains a comma, send it in a POST body",
    );
  const parameters = new Map<Parameter, unknown>();
  for (const [name, value] of [...query, ...Object.entries(body.value)]) {
    const known = PARAMETERS.find((parameter) => parameter === name);
    if (known === undefined) {
      return invalid(shortened(name), "is not a parameter", `use ${PARAMETERS.join(", ")}`);
    }
    if (parameters.has(known)) return invalid(known, "appears more than once", "send it once");
    parameters.set(known, value);
  }
  return granted(parameters);
}

function joined(query: HttpRequest["query"]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return values;
}

function bodyFrom(http: HttpRequest): Result<Readonly<Record<string, unknown>>> {
  if (http.body.length === 0) return granted({});
  if (http.method !== "POST")
    return invalid("body", "is not allowed with GET", "send parameters in the query");
  const object = strictJsonObjectFrom(http.body);
  return object === undefined
    ? invalid(
        "body",
        "is not a JSON object with each name once",
        'send one, such as {"permissions":["read"]}, or nothing',
      )
    : granted(object);
}

function permissionsFrom(value: unknown): Result<readonly Permission[] | undefined> {
  if (value === undefined) return granted(undefined);
  const names: unknown[] | undefined =
    typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : undefined;
  if (names === undefined)
    return invalid("permissions", "is not a list", `send a list of ${PERMISSIONS.join(", ")}`);
  const unknown = names.find((name) => !PERMISSIONS.some((permission) => permission === name));
  if (names.length === 0 || unknown !== undefined || names.includes("")) {
    return invalid("permissions", "contains an unknown value", `use ${PERMISSIONS.join(", ")}`);
  }
  return granted(PERMISSIONS.filter((permission) => names.includes(permission)));
}

function prefixFrom(value: unknown): Result<ObjectPrefix | undefined> {
  if (value === undefined) return granted(undefined);
  if (typeof value !== "string") return invalid("prefix", "is not a text", 'send a text that ends in "/"');
  const parsed = parsedObjectPrefix(value);
  return "prefix" in parsed
    ? granted(parsed.prefix)
    : invalid("prefix", parsed.problem.is, parsed.problem.fix);
}

function durationFrom(value: unknown): Result<number | undefined> {
  if (value === undefined) return granted(undefined);
  const seconds = typeof value === "string" && /^[1-9]\d{0,5}$/.test(value) ? Number(value) : value;
  return typeof seconds === "number" && Number.isInteger(seconds) && seconds >= MIN_SESSION_SECONDS
    ? granted(seconds)
    : invalid(
        "durationSeconds",
        `is not a whole number of ${MIN_SESSION_SECONDS} or more`,
        "send seconds, such as 3600",
      );
}

/** The access key is none of our secrets, but a text of the caller: it is compared, and goes nowhere. */
function refusedKeyFrom(values: readonly string[]): Result<string | undefined> {
  const [value, ...more] = values;
  if (value === undefined) return granted(undefined);
  return more.length === 0 && /^[A-Za-z0-9._-]{1,128}$/.test(value)
    ? granted(value)
    : invalid(
        REFUSED_KEY_HEADER,
        "is not one AccessKeyId",
        "send the AccessKeyId that OSS refuses, or no such header",
      );
}

function formatFrom(value: unknown): Result<Format> {
  if (value === undefined) return granted("default");
  const format = FORMATS.find((known) => known === value);
  return format === undefined
    ? invalid("format", "is unknown", `use ${FORMATS.join(", ")}`)
    : granted(format);
}
