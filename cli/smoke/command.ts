import { isDeepStrictEqual } from "node:util";
import { mediaTypeProblem } from "../../shared/domain/media-type.ts";
import { ossEndpointAt } from "../../shared/domain/oss-endpoint.ts";
import { apiAddressFrom, apiAddressOf } from "../shared/cloud-keys.ts";
import { command, type Options, type Terminal, UsageError, type ValuesOf } from "../shared/command.ts";
import { credentialsEndpointFrom, endpointAt } from "../shared/credentials-endpoint.ts";
import { answerOf, type EndpointAnswer } from "./endpoint.ts";
import { type FormsOptions, formsTried } from "./forms.ts";
import { type Tell, triedOnOss, type VendedAccess } from "./on-oss.ts";
import { refusalsTried, type SmokeTokens } from "./refusals.ts";
import { claimsIn, hasFormOfToken } from "./tampered-token.ts";

const OPTIONS = {
  token: { value: "JWT", help: "a valid App token of a test user, just issued; default: SMOKE_TOKEN" },
  "expired-token": {
    value: "JWT",
    help: "a token that has expired; default: SMOKE_EXPIRED_TOKEN. Without it, that check is skipped",
  },
  "other-audience-token": {
    value: "JWT",
    help: "a valid token that the same issuer made for another App; default: SMOKE_OTHER_AUDIENCE_TOKEN. Without it, nothing shows whether the audience is checked",
  },
  neighbour: {
    value: "PREFIX",
    help: "a folder that must stay closed; default: the user's own folder with -neighbour at its end",
  },
  uploads: {
    value: "URL",
    help: "where /uploads is; default: beside /credentials. With it, it is a failure that there are no forms",
  },
  "form-type": {
    value: "TYPE",
    help: "a type that a rule with upload has, for forms; default: image/jpeg",
  },
  wait: { help: "also wait until a form has expired, which takes a minute" },
  "oss-endpoint": {
    value: "URL",
    help: "where OSS is, for the local cloud; default: the address in the answer",
  },
  "read-only": { help: "write nothing to OSS: only list and read" },
  access: {
    value: "FILE",
    help: "accepted like in the other commands, and ignored: smoke does not read access.yaml",
  },
} as const satisfies Options;

type Values = ValuesOf<typeof OPTIONS>;

/** Exit code 0: everything is as it must be; 1: something is not. */
export const smoke = command({
  name: "smoke",
  usage: ["npm run valet -- smoke URL --token JWT [options]"],
  about:
    "Run it after a deploy. It makes one exchange that must succeed, tries what the credentials open on OSS, posts a form and several that OSS must refuse, and then makes several exchanges that must be refused. Prefer the settings to the options for tokens: a list of processes shows options to everybody on the machine.",
  arguments: { URL: "the endpoint, e.g. https://sts.example.com/credentials" },
  options: OPTIONS,
  yes: "everything is as it must be",
  no: "something is not",
  examples: {
    "SMOKE_TOKEN=$(./sign-in) npm run valet -- smoke https://sts.example.com/credentials":
      "a fresh token, and no option that shows it",
  },
  run: ({ values, positionals }, terminal) => smoked(values, positionals, terminal),
});

async function smoked(values: Values, positionals: readonly string[], terminal: Terminal): Promise<number> {
  const url = endpointFrom(positionals);
  const tokens = tokensFrom(values, terminal);
  const { neighbour, "oss-endpoint": ossEndpoint, "read-only": readOnly = false } = values;
  if (neighbour !== undefined && !neighbour.endsWith("/"))
    throw new UsageError(`--neighbour must be a folder and end in "/": write ${neighbour}/`);
  if (ossEndpoint !== undefined) apiAddressOf("--oss-endpoint", ossEndpoint);
  const forms = formsFrom(url, values);

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
    // The shortest duration, which Apps hardly ask for: so the answer is seldom one that the function has kept.
    const access = vendedIn(await answerOf(`${url}?durationSeconds=900`, `Bearer ${tokens.token}`), tell);
    if (access !== undefined) await triedOnOss(access, { neighbour, ossEndpoint, readOnly }, tell);
    await refusalsTried(url, tokens, tell);
    if (readOnly) tell("forms", undefined, "--read-only");
    else await formsTried(forms, { token: tokens.token, access, terminal }, tell);
  }
  terminal.out(failed === 0 ? `All ${tried} checks passed.` : `${failed} of ${tried} checks failed.`);
  return failed === 0 ? 0 : 1;
}

function endpointFrom([address = "", ...rest]: readonly string[]): string {
  if (address === "" || rest.length > 0)
    throw new UsageError("needs one URL: https://sts.example.com/credentials");
  return credentialsEndpointFrom("URL", address);
}

/** Throws UsageError. */
function formsFrom(
  credentialsUrl: string,
  { uploads, wait = false, "form-type": type, "oss-endpoint": ossEndpoint }: Values,
): FormsOptions {
  const problem = type === undefined ? undefined : mediaTypeProblem(type);
  if (problem !== undefined) throw new UsageError(`--form-type ${problem.is}; ${problem.fix}`);
  return {
    url:
      uploads === undefined
        ? credentialsUrl.replace(/credentials$/, "uploads")
        : endpointAt("uploads", "--uploads", uploads),
    expected: uploads !== undefined || type !== undefined || wait,
    contentType: type ?? "image/jpeg",
    wait,
    ossEndpoint,
  };
}

function tokensFrom(options: Values, { environment }: Terminal): SmokeTokens {
  const token = tokenFrom("--token", options.token ?? environment["SMOKE_TOKEN"]);
  if (token === undefined) throw new UsageError("needs a token: write --token JWT, or set SMOKE_TOKEN");
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
    throw new UsageError(
      "--other-audience-token comes from another issuer than --token: use a token of the same issuer",
    );
  // Which of them has the audience, the function's access.yaml says (audienceClaim).
  const audiences = (claims: Claims) => AUDIENCE_CLAIMS.map((name) => claims[name]);
  if (isDeepStrictEqual(audiences(other), audiences(own)))
    throw new UsageError(
      `--other-audience-token has the same audience (${AUDIENCE_CLAIMS.join(", ")}) as --token: use a token for another App`,
    );
}

const AUDIENCE_CLAIMS = ["aud", "client_id", "azp"];

type Claims = ReturnType<typeof claimsIn>;

/** Blanks and line ends around a token come from files and pipes. */
function tokenFrom(option: string, text: string | undefined): string | undefined {
  const token = text?.trim();
  if (token === undefined || token === "") return undefined;
  if (!hasFormOfToken(token))
    throw new UsageError(`${option} is not a JWT: a JWT has three parts, separated by dots`);
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
    tell(
      what,
      false,
      `OssEndpoint is ${JSON.stringify(access.OssEndpoint)}, not https:// and a host: fix OSS_ENDPOINT`,
    );
    return undefined;
  }
  if (ossEndpointAt(new URL(access.OssEndpoint)).cname && access.OssCname !== "true") {
    tell(
      what,
      false,
      `OssEndpoint is ${access.OssEndpoint}, a bucket's own domain, but the answer has no OssCname: Apps would put the bucket before it. Deploy this version of the function`,
    );
    return undefined;
  }
  tell(what, access.AccessKeyId.startsWith("STS."), `${access.KeyPrefix} (${access.Permissions})`);
  tell(
    "no proxy may store the credentials",
    cacheControl.includes("no-store"),
    `Cache-Control: ${cacheControl || "none"}`,
  );
  return access;
}
