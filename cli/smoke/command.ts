import { isDeepStrictEqual, parseArgs } from "node:util";
import { type Terminal, UsageError } from "../shared/command.ts";
import { apiAddressFrom, apiAddressOf } from "../shared/operator-access.ts";
import { answerOf, type EndpointAnswer } from "./endpoint.ts";
import { type Tell, triedOnOss, type VendedAccess } from "./on-oss.ts";
import { refusalsTried, type SmokeTokens } from "./refusals.ts";
import { claimsIn, hasFormOfToken } from "./tampered-token.ts";

export const SMOKE_HELP = `npm run valet -- smoke URL --token JWT

After a deploy: one exchange that must succeed, what it opens on OSS, and several that must be refused. URL is the
endpoint, such as https://sts.example.com/credentials; the token is a fresh one of a test user. Exit code 0: all as it
must be; 1: something is not; 2: called wrongly. A token can also come from a setting, which no process list shows.

  --token JWT                   a valid App token (SMOKE_TOKEN)
  --expired-token JWT           one that has expired (SMOKE_EXPIRED_TOKEN); that check is skipped without it
  --other-audience-token JWT    a valid one that the same issuer made for another App (SMOKE_OTHER_AUDIENCE_TOKEN);
                                whether the audience is checked is not seen without it
  --neighbour PREFIX            a folder that must stay closed; the user's own with "-neighbour" where left out
  --oss-endpoint URL            where OSS is, for the local cloud; what the answer says where left out
  --read-only                   write nothing: only list and read`;

/** Exit code 0: all as it must be; 1: something is not. Throws UsageError. */
export async function smoke(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      token: { type: "string" },
      "expired-token": { type: "string" },
      "other-audience-token": { type: "string" },
      neighbour: { type: "string" },
      "oss-endpoint": { type: "string" },
      "read-only": { type: "boolean", default: false },
    },
  });
  const url = endpointFrom(positionals);
  const tokens = tokensFrom(values, terminal);
  const { neighbour, "oss-endpoint": ossEndpoint, "read-only": readOnly } = values;
  if (neighbour !== undefined && !neighbour.endsWith("/"))
    throw new UsageError(`--neighbour is a folder: write ${neighbour}/`);
  if (ossEndpoint !== undefined) apiAddressOf("--oss-endpoint", ossEndpoint);

  let tried = 0;
  let failed = 0;
  const tell: Tell = (what, ok, seen) => {
    if (ok !== undefined) tried += 1;
    if (ok === false) failed += 1;
    terminal.out(`${ok === undefined ? "skip  " : ok ? "ok    " : "FAIL  "} ${what}: ${seen}`);
  };
  const health = await answerOf(url.replace(/\/credentials$/, "/healthz"));
  tell("the function runs", health.status === 200 && health.body["Status"] === "ok", health.summary);
  if (health.status === 0) tell("everything else", undefined, "the endpoint does not answer");
  else {
    const access = vendedIn(await answerOf(url, `Bearer ${tokens.token}`), tell);
    if (access !== undefined) await triedOnOss(access, { neighbour, ossEndpoint, readOnly }, tell);
    await refusalsTried(url, tokens, tell);
  }
  terminal.out(failed === 0 ? `All ${tried} as they must be.` : `${failed} of ${tried} checks failed.`);
  return failed === 0 ? 0 : 1;
}

/** An App token is as good as its user: it goes over TLS, or stays on this machine. */
function endpointFrom([address = "", ...rest]: readonly string[]): string {
  if (!URL.canParse(address) || rest.length > 0)
    throw new UsageError("needs one address: https://sts.example.com/credentials");
  apiAddressOf("URL", address);
  const url = new URL(address);
  const path = url.pathname.replace(/\/$/, "");
  return `${url.origin}${path.endsWith("/credentials") ? path : `${path}/credentials`}`;
}

function tokensFrom(
  options: Readonly<Partial<Record<"token" | "expired-token" | "other-audience-token", string>>>,
  { environment }: Terminal,
): SmokeTokens {
  const token = tokenFrom("--token", options.token ?? environment["SMOKE_TOKEN"]);
  if (token === undefined) throw new UsageError("needs a token: --token JWT, or SMOKE_TOKEN");
  const otherAudience = tokenFrom(
    "--other-audience-token",
    options["other-audience-token"] ?? environment["SMOKE_OTHER_AUDIENCE_TOKEN"],
  );
  if (otherAudience !== undefined) differsInAudience(claimsIn(otherAudience), claimsIn(token));
  return {
    token,
    expired: tokenFrom("--expired-token", options["expired-token"] ?? environment["SMOKE_EXPIRED_TOKEN"]),
    otherAudience,
  };
}

/** Refused for another reason, or not refused, it would show nothing of the audience. Throws UsageError. */
function differsInAudience(other: Claims, own: Claims): void {
  if (other["iss"] !== own["iss"])
    throw new UsageError("--other-audience-token is of another issuer than --token: take one of the same");
  if (isDeepStrictEqual(other["aud"], own["aud"]))
    throw new UsageError(
      "--other-audience-token has the audience (aud) of --token: take one for another App",
    );
}

type Claims = ReturnType<typeof claimsIn>;

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
  if (apiAddressFrom(access.OssEndpoint) === undefined) {
    tell(what, false, `OssEndpoint is ${JSON.stringify(access.OssEndpoint)}, no address: mend OSS_ENDPOINT`);
    return undefined;
  }
  tell(what, access.AccessKeyId.startsWith("STS."), `${access.KeyPrefix} (${access.Permissions})`);
  tell(
    "no proxy may store them",
    cacheControl.includes("no-store"),
    `Cache-Control: ${cacheControl || "none"}`,
  );
  return access;
}
