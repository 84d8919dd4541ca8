import { parseArgs } from "node:util";
import { answerOf, type EndpointAnswer } from "./smoke/endpoint.ts";
import { type Tell, triedOnOss, type VendedAccess } from "./smoke/on-oss.ts";
import { hasFormOfToken, signedByAnother, unsigned, withClaims } from "./smoke/tampered-token.ts";
import { type Terminal, UsageError } from "./terminal.ts";

export const SMOKE_HELP = `npm run valet -- smoke URL --token JWT

After a deploy: one exchange that must succeed, what it opens on OSS, and several that must be refused. URL is the
endpoint, such as https://sts.example.com/credentials; the token is a fresh one of a test user. Exit code 0: all as it
must be; 1: something is not; 2: called wrongly.

  --token JWT             a valid App token (or the setting SMOKE_TOKEN, which no process list shows)
  --expired-token JWT     one that has expired (or SMOKE_EXPIRED_TOKEN); that check is skipped without it
  --neighbour PREFIX      a folder that must stay closed; the user's own with "-neighbour" where left out
  --oss-endpoint URL      where OSS is, for the local cloud; what the answer says where left out
  --read-only             write nothing: only list and read`;

/** Exit code 0: all as it must be; 1: something is not. Throws UsageError. */
export async function smoke(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      token: { type: "string" },
      "expired-token": { type: "string" },
      neighbour: { type: "string" },
      "oss-endpoint": { type: "string" },
      "read-only": { type: "boolean", default: false },
    },
  });
  const { environment } = terminal;
  const url = endpointFrom(positionals);
  const token = tokenFrom("--token", values.token ?? environment["SMOKE_TOKEN"]);
  if (token === undefined) throw new UsageError("needs a token: --token JWT, or SMOKE_TOKEN");
  const expired = tokenFrom("--expired-token", values["expired-token"] ?? environment["SMOKE_EXPIRED_TOKEN"]);
  const { neighbour, "oss-endpoint": ossEndpoint, "read-only": readOnly } = values;
  if (neighbour !== undefined && !neighbour.endsWith("/"))
    throw new UsageError(`--neighbour is a folder: write ${neighbour}/`);

  let tried = 0;
  let failed = 0;
  const tell: Tell = (what, ok, seen) => {
    if (ok !== undefined) tried += 1;
    if (ok === false) failed += 1;
    terminal.out(`${ok === undefined ? "skip  " : ok ? "ok    " : "FAIL  "} ${what}: ${seen}`);
  };
  const health = await answerOf(url.replace(/\/credentials$/, "/healthz"));
  tell("the function runs", health.status === 200, health.summary);
  const access = vendedIn(await answerOf(url, `Bearer ${token}`), tell);
  if (access !== undefined) await triedOnOss(access, { neighbour, ossEndpoint, readOnly }, tell);
  await refusalsTried(url, token, expired, tell);
  terminal.out(failed === 0 ? `All ${tried} as they must be.` : `${failed} of ${tried} checks failed.`);
  return failed === 0 ? 0 : 1;
}

function endpointFrom([address, ...rest]: readonly string[]): string {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || rest.length > 0 || !/^https?:$/.test(url.protocol))
    throw new UsageError("needs one address: https://sts.example.com/credentials");
  const path = url.pathname.replace(/\/$/, "");
  return `${url.origin}${path.endsWith("/credentials") ? path : `${path}/credentials`}`;
}

/** Blanks and line ends around a token come from files and pipes. */
function tokenFrom(option: string, text: string | undefined): string | undefined {
  const token = text?.trim();
  if (token === undefined || token === "") return undefined;
  if (!hasFormOfToken(token)) throw new UsageError(`${option} is no JWT: three parts with dots between them`);
  return token;
}

const NEEDED: readonly (keyof VendedAccess)[] = [
  "AccessKeyId",
  "AccessKeySecret",
  "SecurityToken",
  "KeyPrefix",
  "Permissions",
  "OssBucket",
  "OssRegion",
  "OssEndpoint",
];

function vendedIn(
  { status, body, cacheControl, summary }: EndpointAnswer,
  tell: Tell,
): VendedAccess | undefined {
  const missing = NEEDED.filter((name) => typeof body[name] !== "string");
  const vended = status === 200 && missing.length === 0;
  const what = "a valid token gets credentials";
  if (!vended) {
    const seen = status === 200 ? `the answer lacks ${missing.join(", ")}` : `${summary} (docs/errors.md)`;
    tell(what, false, seen);
    return undefined;
  }
  const access = body as unknown as VendedAccess;
  tell(what, access.AccessKeyId.startsWith("STS."), `${access.KeyPrefix} (${access.Permissions})`);
  tell(
    "no proxy may store them",
    cacheControl.includes("no-store"),
    `Cache-Control: ${cacheControl || "none"}`,
  );
  return access;
}

async function refusalsTried(
  url: string,
  token: string,
  expired: string | undefined,
  tell: Tell,
): Promise<void> {
  const cases: readonly (readonly [what: string, authorization: string | undefined, code: string])[] = [
    ["no token", undefined, "MissingToken"],
    ["a password in place of a token", "Basic YWxpY2U6c2VjcmV0", "MissingToken"],
    [
      "a changed audience under the old signature",
      `Bearer ${withClaims(token, { aud: "another-app" })}`,
      "InvalidToken",
    ],
    [
      "another user under the old signature",
      `Bearer ${withClaims(token, { sub: "mallory" })}`,
      "InvalidToken",
    ],
    ["a token that another key signed", `Bearer ${signedByAnother(token)}`, "InvalidToken"],
    ["a token without a signature (alg: none)", `Bearer ${unsigned(token)}`, "InvalidToken"],
    ...(expired === undefined ? [] : [["an expired token", `Bearer ${expired}`, "TokenExpired"] as const]),
  ];
  for (const [what, authorization, code] of cases) {
    const { status, body, summary } = await answerOf(url, authorization);
    tell(`refused: ${what}`, status === 401 && body["Code"] === code, summary);
  }
  if (expired === undefined) tell("refused: an expired token", undefined, "give one with --expired-token");
}
