import { credentialsRequestFrom } from "../../../functions/credentials/request.ts";
import type { HttpRequest } from "../../../functions/http/http.ts";
import { downloadsRequestFrom, uploadsRequestFrom } from "../../../functions/uploads/requests.ts";
import type { Result } from "../../../shared/domain/refusal.ts";
import { type FuzzTarget, law } from "../engine/target.ts";
import { referenceJson } from "../support/reference-json.ts";

const READERS = {
  "/credentials": credentialsRequestFrom,
  "/uploads": uploadsRequestFrom,
  "/downloads": downloadsRequestFrom,
} as const;

/** An input: the request's parts as JSON, the body as a text. */
interface Parts {
  readonly path: keyof typeof READERS;
  readonly method: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

const TOKEN = { authorization: ["Bearer a.b.c"] };

/**
 * What a caller writes into a query or a body of the three paths: wishes that a step behind can take as they are, or a
 * refusal that names a field. Nothing is repaired, and nothing that was written is passed over.
 */
export const target: FuzzTarget = {
  name: "request-parts",
  seeds: [
    { path: "/credentials", method: "GET", query: [["permissions", "read,list"]], headers: TOKEN, body: "" },
    {
      path: "/credentials",
      method: "GET",
      query: [
        ["prefix", "users/alice/"],
        ["durationSeconds", "900"],
        ["format", "ali-oss"],
      ],
      headers: { ...TOKEN, "x-refused-access-key-id": ["STS.abc"] },
      body: "",
    },
    {
      path: "/credentials",
      method: "POST",
      query: [],
      headers: TOKEN,
      body: '{"permissions":["read","write"],"prefix":"a/","durationSeconds":3600,"format":"appserver"}',
    },
    {
      path: "/uploads",
      method: "POST",
      query: [],
      headers: TOKEN,
      body: '{"files":[{"key":"photos/a.jpg","contentType":"image/jpeg","bytes":5},{"name":"b c.png","contentType":"image/png"}],"expiresSeconds":60}',
    },
    {
      path: "/downloads",
      method: "POST",
      query: [],
      headers: TOKEN,
      body: '{"keys":["photos/a.jpg","爱.png"],"expiresSeconds":3600,"disposition":"attachment; filename=a.jpg"}',
    },
    { path: "/downloads", method: "POST", query: [], headers: TOKEN, body: '{"keys":["a/../b","a//b"]}' },
    { path: "/credentials", method: "POST", query: [], headers: TOKEN, body: '{"durationSeconds":900.5}' },
    { path: "/credentials", method: "GET", query: [], headers: { authorization: ["bearer  x"] }, body: "" },
    {
      path: "/credentials",
      method: "POST",
      query: [],
      headers: TOKEN,
      body: `{"prefix":"${"a".repeat(5_000)}/"}`,
    },
    {
      path: "/downloads",
      method: "POST",
      query: [],
      headers: TOKEN,
      body: `{"keys":["${"a".repeat(1_024)}"]}`,
    },
  ].map((parts) => JSON.stringify(parts)),
  dictionary: [
    "permissions",
    "prefix",
    "durationSeconds",
    "format",
    "files",
    "keys",
    "name",
    "bytes",
    "5368709120",
  ],
  maxLength: 6_000,
  testExecutions: 500,
  mutate: (input, { random, json, value }) => {
    const parts = partsOf(input);
    if (parts === undefined || random.oneIn(3)) return json(input);
    try {
      const body = JSON.stringify(value(JSON.parse(parts.body)));
      return Buffer.from(JSON.stringify({ ...parts, body }), "utf8");
    } catch {
      return json(input);
    }
  },
  run: (input) => {
    const parts = partsOf(input);
    if (parts === undefined) return;
    const body = Buffer.from(parts.body, "utf8");
    const http: HttpRequest = {
      method: parts.method,
      path: parts.path,
      query: parts.query,
      headers: new Map(Object.entries(parts.headers)),
      body,
      sourceIp: undefined,
      requestId: "1-request",
      unreadable: undefined,
    };
    const read: Result<object> = READERS[parts.path](http);
    if (!read.ok) {
      checkRefusal(read.refusal);
      return;
    }
    if (parts.path === "/credentials") checkCredentials(http);
    if (parts.path === "/uploads") checkUploads(http);
    if (parts.path === "/downloads") checkDownloads(http);
  },
};

function checkRefusal(refusal: Extract<Result<object>, { ok: false }>["refusal"]): void {
  law(
    "a request is refused with a code of its own",
    ["TOKEN_MISSING", "REQUEST_INVALID", "REQUEST_TOO_LARGE"].includes(refusal.code),
    () => refusal,
  );
  if (refusal.code !== "REQUEST_INVALID") return;
  const { field, problem } = refusal;
  law(
    "a field's name in a refusal is short and harmless",
    /^[A-Za-z0-9._[\] -]{1,100}$/.test(field),
    () => field,
  );
  law("a refusal says what is wrong, on one line", /^[^\p{Cc}]{5,400}$/u.test(problem), () => problem);
}

function checkCredentials(http: HttpRequest): void {
  const read = credentialsRequestFrom(http);
  if (!read.ok) throw new Error("unreachable");
  const { wanted, appToken } = read.value.request;
  checkToken(http, appToken);
  const { permissions, prefix, durationSeconds } = wanted;
  law(
    "permissions are known ones, each once",
    permissions === undefined ||
      (permissions.length > 0 &&
        new Set(permissions).size === permissions.length &&
        permissions.every((one) => ["read", "write", "list", "delete"].includes(one))),
  );
  law(
    "a duration is a whole number of 900 or more",
    durationSeconds === undefined || (Number.isInteger(durationSeconds) && durationSeconds >= 900),
    () => durationSeconds,
  );
  law(
    "a prefix is a folder without a wildcard or a step",
    prefix === undefined || (/^(?:[^/*?]+\/)+$/.test(prefix) && !/(?:^|\/)\.\.?\//.test(prefix)),
    () => prefix,
  );
  // Everything that was written has its effect: nothing is dropped silently.
  const written = [...http.query.map(([name]) => name), ...Object.keys(referenceJson(http.body) ?? {})];
  for (const [name, value] of Object.entries({ permissions, prefix, durationSeconds }))
    law(
      "a parameter is read exactly when it is written",
      written.includes(name) === (value !== undefined),
      () => name,
    );
}

function checkUploads(http: HttpRequest): void {
  const read = uploadsRequestFrom(http);
  if (!read.ok) throw new Error("unreachable");
  checkToken(http, read.value.appToken);
  const { files, expiresSeconds } = read.value.wanted;
  const body = referenceJson(http.body);
  law("each file of the body is read, in its order", sameLength(body?.["files"], files), () => files.length);
  checkSeconds(expiresSeconds);
  for (const { target: at, contentType, bytes } of files) {
    if (at.kind === "key") checkKey(at.key);
    law(
      "a type has no parameter, line end or range",
      /^[a-z0-9][^\s;*,A-Z]*\/[a-z0-9][^\s;*,A-Z/]*$/.test(contentType),
      () => contentType,
    );
    law(
      "a size is a whole number up to 5 GB",
      bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= 5 * 1024 ** 3),
    );
  }
}

function checkDownloads(http: HttpRequest): void {
  const read = downloadsRequestFrom(http);
  if (!read.ok) throw new Error("unreachable");
  checkToken(http, read.value.appToken);
  const { keys, expiresSeconds, disposition } = read.value.wanted;
  const given = referenceJson(http.body)?.["keys"];
  law("the keys are those of the body, unchanged", JSON.stringify(keys) === JSON.stringify(given));
  for (const key of keys) checkKey(key);
  checkSeconds(expiresSeconds);
  law(
    "a disposition is a header's value",
    disposition === undefined || /^(?:inline|attachment)[\x20-\x7e]{0,510}$/.test(disposition),
  );
}

function checkToken({ headers }: HttpRequest, token: string): void {
  const values = headers.get("authorization") ?? [];
  law(
    "the token stands in the one header Authorization",
    values.length === 1 && values[0]?.includes(token) === true,
  );
  law(
    "a token has no comma and no blank around it",
    token === token.trim() && token !== "" && !token.includes(","),
  );
}

function checkKey(key: string): void {
  const steps = key.split("/");
  law(
    "a key is stored and sent as it is",
    key.isWellFormed() &&
      Buffer.byteLength(key) <= 1023 &&
      !/[\p{Cc}\\]|\$\{/u.test(key) &&
      steps.every((step) => step !== "" && step !== "." && step !== ".."),
    () => key,
  );
}

function checkSeconds(seconds: number | undefined): void {
  law(
    "seconds are whole and at most an hour",
    seconds === undefined || (Number.isInteger(seconds) && seconds > 0 && seconds <= 3600),
    () => seconds,
  );
}

function sameLength(given: unknown, read: readonly unknown[]): boolean {
  return Array.isArray(given) && given.length === read.length;
}

/** undefined: the input is no request that a server could hand over. */
function partsOf(input: Buffer): Parts | undefined {
  let parsed: Partial<Record<keyof Parts, unknown>> | null;
  try {
    parsed = JSON.parse(input.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { path, method, query, headers, body } = parsed;
  if (typeof path !== "string" || !Object.hasOwn(READERS, path)) return undefined;
  if (typeof method !== "string" || typeof body !== "string" || !Array.isArray(query)) return undefined;
  const isPair = (pair: unknown): boolean => Array.isArray(pair) && pair.length === 2 && pair.every(isText);
  if (!query.every(isPair) || typeof headers !== "object" || headers === null) return undefined;
  if (!Object.values(headers).every((values) => Array.isArray(values) && values.every(isText)))
    return undefined;
  return parsed as Parts;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
