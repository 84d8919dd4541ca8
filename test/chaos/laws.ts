import { decideFor } from "../../sandbox/ram/attached-policies.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { ErrorCode } from "../../shared/wire.ts";
import type { Asked } from "./ask.ts";

/** The codes that an outage may bring, with their status. Source: the error table of the HTTP contract, docs/errors.md. */
const STATUS_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  StsThrottled: 503,
  StsUnavailable: 503,
  KeysUnavailable: 503,
  ServerError: 500,
};

/** Seconds. No longer pause is asked of an App. Source: shared/adapters/aliyun-sts/answer.ts. */
const LONGEST_PAUSE_SECONDS = 600;

/** Where an answer breaks the HTTP contract; undefined where it does not. `may`: the codes that this trouble may bring. */
export function againstContract(asked: Asked, may: readonly ErrorCode[]): string | undefined {
  const { status, headers, body, path } = asked;
  if (status === 0) return `${path}: no answer after ${Math.round(asked.ms)} ms`;
  if (body === undefined) return `${path}: ${status} without JSON: ${asked.text.slice(0, 80)}`;
  if (!String(headers["content-type"]).startsWith("application/json"))
    return `${path}: ${status} of type ${headers["content-type"]}`;
  for (const [name, value] of [
    ["cache-control", "no-store"],
    ["x-content-type-options", "nosniff"],
  ] as const)
    if (headers[name] !== value) return `${path}: ${status} with ${name}: ${headers[name]}`;
  if (path === "/healthz")
    return status === 200 && body["Status"] === "ok" ? undefined : `/healthz: ${status}`;
  if (typeof body["RequestId"] !== "string" || body["RequestId"] === "")
    return `${path}: ${status} without a RequestId`;
  if (body["StatusCode"] !== String(status))
    return `${path}: ${status} with StatusCode ${body["StatusCode"]}`;
  return status === 200 ? againstSuccess(asked) : againstError(asked, may);
}

function againstSuccess({ path, body = {} }: Asked): string | undefined {
  if (body["Code"] !== "Success") return `${path}: 200 with Code ${body["Code"]}`;
  if (path !== "/credentials") {
    const list = body[path === "/uploads" ? "Uploads" : "Downloads"];
    return Array.isArray(list) && list.length === 1 ? undefined : `${path}: 200 without its list`;
  }
  const missing = CREDENTIALS_FIELDS.find((name) => typeof body[name] !== "string" || body[name] === "");
  return missing === undefined ? undefined : `/credentials: 200 without ${missing}`;
}

const CREDENTIALS_FIELDS = [
  ...["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration", "LastUpdated", "SessionName"],
  ...["OssRegion", "OssBucket", "OssEndpoint", "KeyPrefix", "Permissions"],
];

function againstError(
  { path, status, headers, body = {} }: Asked,
  may: readonly ErrorCode[],
): string | undefined {
  const code = body["Code"] as ErrorCode;
  if (!may.includes(code)) return `${path}: ${status} ${code}, which this trouble must not bring`;
  if (STATUS_OF[code] !== status) return `${path}: ${code} with status ${status}`;
  if (body["ErrorCode"] !== code || typeof body["Message"] !== "string" || body["Message"] === "")
    return `${path}: ${code} without its message`;
  if (status !== 503) return undefined;
  const seconds = Number(headers["retry-after"]);
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_PAUSE_SECONDS
    ? undefined
    : `${path}: ${code} with Retry-After ${headers["retry-after"]}`;
}

/**
 * Where vended credentials open more, less or another thing than the rules say, by the sandbox's own evaluator, which knows
 * nothing of our code; undefined where they are right.
 */
export function againstRules({ user, body = {} }: Asked, sandbox: Sandbox): string | undefined {
  const { world, bucket, accountId } = sandbox;
  const session = world.sessions.get(String(body["AccessKeyId"]));
  if (session === undefined) return `${user}: credentials that STS never gave`;
  if (session.accessKeySecret !== body["AccessKeySecret"] || session.securityToken !== body["SecurityToken"])
    return `${user}: keys of two sessions`;
  if (session.expiresMs !== Date.parse(String(body["Expiration"])))
    return `${user}: Expiration is not that of STS`;
  if (session.name !== body["SessionName"] || !new RegExp(`^${user}-[0-9a-f]{20}$`).test(session.name))
    return `${user}: session name ${session.name}`;
  const caller = {
    kind: "session",
    accountId,
    arn: `${sandbox.roleArn}/${session.name}`,
    session,
  } as const;
  const may = (action: string, key: string | undefined, context: Readonly<Record<string, string>> = {}) =>
    decideFor(world, caller, {
      action,
      resource: `acs:oss:*:${accountId}:${bucket}${key === undefined ? "" : `/${key}`}`,
      context: { "acs:SourceIp": "127.0.0.1", ...context },
    }).effect === "Allow";
  const own = `users/${user}/a.jpg`;
  const listing = (prefix: string) => may("oss:ListObjects", undefined, { "oss:Prefix": prefix });
  const open = OWN_ACTIONS.every((action) => may(action, own)) && listing(`users/${user}/`);
  if (!open) return `${user}: the own folder is closed`;
  // The neighbours: another user, one whose name begins with this one's, the folder above, and the whole bucket.
  const others = [`users/${user}x/a.jpg`, `users/${user.slice(0, -1)}/a.jpg`, "users/a.jpg", "a.jpg"];
  const opened = others.find((key) => OWN_ACTIONS.some((action) => may(action, key)));
  if (opened !== undefined) return `${user}: ${opened} is open`;
  if (listing("") || listing("users/") || listing(`users/${user}x/`))
    return `${user}: a foreign listing is open`;
  if (may("oss:PutObject", `photos/${user}/a.jpg`))
    return `${user}: what only forms may write is open for credentials`;
  return undefined;
}

const OWN_ACTIONS = ["oss:GetObject", "oss:PutObject", "oss:DeleteObject"];

/** The same for credentials' time: they must live when they arrive. */
export function alreadyOver({ user, body = {} }: Asked, nowMs: number): string | undefined {
  return Date.parse(String(body["Expiration"])) > nowMs ? undefined : `${user}: credentials that are over`;
}

/** The same for a form: it takes exactly the key that was asked for, in our bucket. */
export function againstForm({ user, body = {} }: Asked, bucket: string): string | undefined {
  const [upload] = body["Uploads"] as readonly [{ readonly Fields: Readonly<Record<string, string>> }];
  const policy = JSON.parse(Buffer.from(upload.Fields["policy"] ?? "", "base64").toString("utf8")) as {
    readonly conditions: readonly unknown[];
  };
  const has = (condition: object) =>
    policy.conditions.some((one) => JSON.stringify(one) === JSON.stringify(condition));
  const key = `photos/${user}/a.jpg`;
  if (upload.Fields["key"] !== key) return `${user}: a form for ${upload.Fields["key"]}`;
  const pinned =
    (has({ bucket }) || has(["eq", "$bucket", bucket])) && (has({ key }) || has(["eq", "$key", key]));
  return pinned ? undefined : `${user}: a form whose policy does not pin bucket and key`;
}

/** The same for a signed URL. */
export function againstUrl({ user, body = {} }: Asked): string | undefined {
  const [download] = body["Downloads"] as readonly [{ readonly Url: string }];
  const { pathname } = new URL(download.Url);
  return pathname.endsWith(`/photos/${user}/a.jpg`) ? undefined : `${user}: a URL for ${pathname}`;
}

/** The answers of which the log does not have exactly one line with the same status and code. */
export function withoutLine(asked: readonly Asked[], lines: readonly string[]): readonly string[] {
  const found = new Map<string, Readonly<Record<string, unknown>>[]>();
  for (const line of lines) {
    const entry = entryFrom(line);
    if (typeof entry?.["requestId"] !== "string") continue;
    found.set(entry["requestId"], [...(found.get(entry["requestId"]) ?? []), entry]);
  }
  return asked.flatMap(({ path, status, body }) => {
    const requestId = body?.["RequestId"];
    if (path === "/healthz" || typeof requestId !== "string") return [];
    const [line, ...more] = found.get(requestId) ?? [];
    if (line === undefined) return [`${requestId} has no line in the log`];
    if (more.length > 0) return [`${requestId} has ${more.length + 1} lines in the log`];
    return line["status"] === status && line["code"] === body?.["Code"]
      ? []
      : [`${requestId}: the log says ${line["status"]} ${line["code"]}, the answer ${status}`];
  });
}

function entryFrom(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null
      ? (entry as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A secret, and who may see it. */
export interface Secret {
  readonly what: string;
  readonly text: string;
  /** Whose answers may have it; undefined: nobody's. */
  readonly of?: string;
}

/** The secrets of these requests, and the settings' own. */
export function secretsOf(
  asked: readonly Asked[],
  sandbox: Sandbox,
  settings: readonly string[],
): readonly Secret[] {
  const ofSettings = settings.map((text) => ({ what: "a secret of the settings", text }));
  const ofRequests = asked.flatMap(({ appToken, user, body }) => {
    const [, , signature = ""] = appToken.split(".");
    const session = sandbox.world.sessions.get(String(body?.["AccessKeyId"]));
    const policy = session?.policy ?? "";
    return [
      { what: "the signature of an App token", text: signature },
      { what: "a vended secret", text: session?.accessKeySecret ?? "", of: user },
      { what: "a vended token", text: session?.securityToken ?? "", of: user },
      { what: "a session policy", text: policy },
      { what: "a session policy", text: JSON.stringify(policy).slice(1, -1) },
    ];
  });
  return [...ofSettings, ...ofRequests].filter(({ text }) => text !== "");
}

/** Where a secret is that must not be there: in the process' output, or in an answer to somebody else. */
export function leaks(
  secrets: readonly Secret[],
  output: string,
  asked: readonly Asked[],
): readonly string[] {
  const byUser = new Map<string, string>();
  for (const { user, headers, text } of asked)
    byUser.set(user, `${byUser.get(user) ?? ""}\n${JSON.stringify(headers)}${text}`);
  const everything = [...byUser.values()].join("\n");
  const times = (text: string, whole: string) => whole.split(text).length - 1;
  return [
    ...secrets.filter(({ text }) => output.includes(text)).map(({ what }) => `${what} is in the output`),
    ...secrets
      .filter(({ text, of = "" }) => times(text, everything) > times(text, byUser.get(of) ?? ""))
      .map(({ what }) => `${what} is in an answer to somebody else`),
  ];
}
