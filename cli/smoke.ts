import { generateKeyPairSync, sign } from "node:crypto";
import { parseArgs } from "node:util";
import OSS from "ali-oss";
import type { Terminal } from "./provision.ts";

export const SMOKE_HELP = `npm run valet -- smoke URL --token JWT

After a deploy: one exchange that must succeed, and several that must be refused. URL is the endpoint, such as
https://sts.example.com/credentials; the token is a fresh one of a test user. Exit code 0: all as it must be.

  --token JWT             a valid App token (or the setting SMOKE_TOKEN)
  --expired-token JWT     one that has expired; that check is skipped without it
  --neighbour PREFIX      a folder that must stay closed; the user's own with "-neighbour" where left out
  --oss-endpoint URL      where OSS is, for the local cloud; what the answer says where left out
  --read-only             write nothing: only list and read`;

/** One thing that was tried, and whether it went as it must. */
interface Finding {
  readonly what: string;
  readonly ok: boolean | "skipped";
  readonly seen: string;
}

interface Answer {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly KeyPrefix: string;
  readonly Permissions: string;
  readonly OssBucket: string;
  readonly OssRegion: string;
  readonly OssEndpoint: string;
}

/** Milliseconds that one request may take. */
const TIMEOUT_MS = 15_000;

/** Exit code 0: all as it must be; 1: something is not; 2: called wrongly. */
export async function smoke(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      token: { type: "string" },
      "expired-token": { type: "string" },
      neighbour: { type: "string" },
      "oss-endpoint": { type: "string" },
      "read-only": { type: "boolean" },
    },
  });
  const [endpoint, ...rest] = positionals;
  const token = values.token ?? terminal.environment["SMOKE_TOKEN"];
  if (
    endpoint === undefined ||
    rest.length > 0 ||
    !URL.canParse(endpoint) ||
    token === undefined ||
    token.split(".").length !== 3
  ) {
    terminal.error(`smoke: needs the endpoint's URL and --token with a JWT\n\n${SMOKE_HELP}`);
    return 2;
  }
  const url = endpoint.replace(/\/$/, "").replace(/(?<!\/credentials)$/, "/credentials");
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => {
    findings.push(finding);
    const mark = finding.ok === "skipped" ? "skip" : finding.ok ? "ok  " : "FAIL";
    terminal.out(`${mark} ${finding.what}: ${finding.seen}`);
  };
  const vended = await exchange(url, token, tell);
  if (vended !== undefined) await onOss(vended, values, tell);
  await refusals(url, token, values["expired-token"], tell);
  const failed = findings.filter(({ ok }) => ok === false).length;
  terminal.out(failed === 0 ? "All as it must be." : `${failed} of ${findings.length} checks failed.`);
  return failed === 0 ? 0 : 1;
}

async function exchange(
  url: string,
  token: string,
  tell: (finding: Finding) => void,
): Promise<Answer | undefined> {
  const what = "a valid token gets credentials";
  const { status, body, headers, problem } = await asked(url, `Bearer ${token}`);
  if (status !== 200) {
    tell({ what, ok: false, seen: problem ?? `${status} ${body["Code"] ?? ""} (see docs/errors.md)` });
    return undefined;
  }
  const answer = body as unknown as Answer;
  tell({
    what,
    ok: answer.AccessKeyId?.startsWith("STS.") === true,
    seen: `${answer.KeyPrefix} (${answer.Permissions})`,
  });
  const stored = headers?.get("cache-control") ?? "nothing";
  tell({
    what: "no proxy may store them",
    ok: stored.includes("no-store"),
    seen: `Cache-Control: ${stored}`,
  });
  return answer;
}

async function onOss(
  answer: Answer,
  options: { readonly neighbour?: string; readonly "oss-endpoint"?: string; readonly "read-only"?: boolean },
  tell: (finding: Finding) => void,
): Promise<void> {
  const client = clientFor(answer, options["oss-endpoint"]);
  const permissions = answer.Permissions.split(",");
  const key = `${answer.KeyPrefix}oss-valet-smoke.txt`;
  const content = Buffer.from("smoke\n");
  const neighbour = options.neighbour ?? `${answer.KeyPrefix.slice(0, -1)}-neighbour/`;
  const own = async (what: string, needs: string, run: () => Promise<unknown>): Promise<void> => {
    if (!permissions.includes(needs))
      return tell({ what, ok: "skipped", seen: `the rules do not grant ${needs}` });
    const code = await codeOf(run());
    tell({ what, ok: code === undefined, seen: code ?? "done" });
  };
  const writes = options["read-only"] === true ? "nothing: --read-only" : "write";
  await own(`write ${key}`, writes, () => client.put(key, content));
  if (permissions.includes("write") && writes === "write")
    await own(`read ${key}`, "read", () => client.get(key));
  await own(`list ${answer.KeyPrefix}`, "list", () =>
    client.list({ prefix: answer.KeyPrefix, "max-keys": 1 }, {}),
  );
  for (const [what, run] of [
    [`read in ${neighbour}`, () => client.get(`${neighbour}a.txt`)],
    [`list ${neighbour}`, () => client.list({ prefix: neighbour, "max-keys": 1 }, {})],
    ["list the whole bucket", () => client.list({ "max-keys": 1 }, {})],
  ] as const) {
    const code = await codeOf(run());
    tell({
      what: `${what} is forbidden`,
      ok: code === "AccessDenied",
      seen: code ?? "it was allowed: the rules or the role are too wide",
    });
  }
  if (permissions.includes("write") && writes === "write") {
    const code = await codeOf(client.put(`${neighbour}oss-valet-smoke.txt`, content));
    tell({
      what: `write in ${neighbour} is forbidden`,
      ok: code === "AccessDenied",
      seen: code ?? "it was allowed: the rules or the role are too wide",
    });
  }
  if (permissions.includes("delete") && writes === "write")
    await own(`delete ${key}`, "delete", () => client.delete(key));
}

async function refusals(
  url: string,
  token: string,
  expired: string | undefined,
  tell: (finding: Finding) => void,
): Promise<void> {
  const cases: readonly (readonly [what: string, authorization: string | undefined, code: string])[] = [
    ["no token", undefined, "MissingToken"],
    [
      "a token for another audience, under the old signature",
      `Bearer ${changed(token, { aud: "another-app" })}`,
      "InvalidToken",
    ],
    ["a token signed by another key", `Bearer ${resigned(token)}`, "InvalidToken"],
    ["a token without a signature (alg: none)", `Bearer ${unsigned(token)}`, "InvalidToken"],
    ["no Bearer token, but Basic", "Basic YWxpY2U6c2VjcmV0", "MissingToken"],
  ];
  for (const [what, authorization, code] of cases) {
    const { status, body, problem } = await asked(url, authorization);
    tell({
      what: `refused: ${what}`,
      ok: status === 401 && body["Code"] === code,
      seen: problem ?? `${status} ${body["Code"] ?? ""}`,
    });
  }
  if (expired === undefined) {
    tell({ what: "refused: an expired token", ok: "skipped", seen: "give one with --expired-token" });
    return;
  }
  const { status, body, problem } = await asked(url, `Bearer ${expired}`);
  tell({
    what: "refused: an expired token",
    ok: status === 401 && body["Code"] === "TokenExpired",
    seen: problem ?? `${status} ${body["Code"] ?? ""}`,
  });
}

async function asked(
  url: string,
  authorization: string | undefined,
): Promise<{
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Headers;
  readonly problem?: string;
}> {
  try {
    const response = await fetch(url, {
      headers: authorization === undefined ? {} : { Authorization: authorization },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    try {
      return {
        status: response.status,
        headers: response.headers,
        body: JSON.parse(text) as Record<string, unknown>,
      };
    } catch {
      return {
        status: response.status,
        body: {},
        problem: `${response.status}, and no JSON: is this the endpoint?`,
      };
    }
  } catch (error) {
    const cause =
      (error as { readonly cause?: { readonly code?: unknown } }).cause?.code ?? (error as Error).name;
    return { status: 0, body: {}, problem: `no answer (${String(cause)})` };
  }
}

function clientFor(answer: Answer, ossEndpoint: string | undefined): OSS {
  const local = ossEndpoint === undefined ? undefined : new URL(ossEndpoint);
  return new OSS({
    accessKeyId: answer.AccessKeyId,
    accessKeySecret: answer.AccessKeySecret,
    stsToken: answer.SecurityToken,
    bucket: answer.OssBucket,
    region: `oss-${answer.OssRegion}`,
    authorizationV4: true,
    timeout: TIMEOUT_MS,
    ...(local === undefined
      ? { endpoint: answer.OssEndpoint }
      : { endpoint: `${local.protocol}//localhost:${local.port}`, sldEnable: true }),
  } as OSS.Options);
}

/** OSS's error code; undefined where the call succeeded. */
async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return String((error as { readonly code?: unknown }).code ?? "no answer");
  }
}

function changed(token: string, claims: Readonly<Record<string, unknown>>): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, part({ ...read(payload), ...claims }), signature].join(".");
}

/** With a fresh key under the same key id: only who knows the issuer's keys can tell. */
function resigned(token: string): string {
  const [header = "", payload = ""] = token.split(".");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const input = `${part({ ...read(header), alg: "RS256" })}.${payload}`;
  return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
}

function unsigned(token: string): string {
  const [header = "", payload = ""] = token.split(".");
  return `${part({ ...read(header), alg: "none" })}.${payload}.`;
}

function read(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
