import OSS from "ali-oss";
import { appTokenFor, type Stage } from "./stage.ts";

/** The walk has not gone as it must; the message says where, and what was there instead. */
export class StepFailed extends Error {}

type Say = (line: string) => void;

/** Milliseconds by which the local cloud's clock runs on, to let an hour's credentials expire. */
const TWELVE_HOURS_MS = 12 * 3600 * 1000;

/** The whole exchange, as an App and its user see it, with the real SDK. Throws StepFailed. */
export async function walk(stage: Stage, say: Say): Promise<void> {
  const { sandbox } = stage;
  say("The local Alibaba Cloud is running: STS, OSS, RAM, an issuer, and the function in FC's runtime.");

  heading(say, 1, "Alice signs in to the App. Her login service gives it a token (JWT) with these claims:");
  const token = appTokenFor(stage, { sub: "alice" }, { seconds: 900 });
  say(indented(JSON.stringify(claimsOf(token), null, 2)));

  heading(say, 2, `The App asks for credentials: GET ${stage.credentialsUrl}, Authorization: Bearer <token>`);
  const alice = await vended(stage, token);
  say(
    indented(
      JSON.stringify(
        { ...alice, AccessKeySecret: cut(alice.AccessKeySecret), SecurityToken: cut(alice.SecurityToken) },
        null,
        2,
      ),
    ),
  );
  const policy = sandbox.world.sessions.get(alice.AccessKeyId)?.policy;
  if (policy === undefined) throw new StepFailed("STS was asked without a session policy");
  say(
    `   In audits she is ${alice.SessionName}. The session policy that STS was given, ${Buffer.byteLength(policy)} of 2,048 bytes:`,
  );
  say(indented(JSON.stringify(JSON.parse(policy), null, 2)));

  heading(say, 3, "With them ali-oss (unmodified, V4 signatures) works in her folder, directly on OSS:");
  const client = ossClient(stage, alice);
  const key = `${alice.KeyPrefix}hello.txt`;
  await client.put(key, Buffer.from("Hello from Alice\n"));
  say(`   put   ${key}`);
  const listed = ((await client.list({ prefix: alice.KeyPrefix, "max-keys": 10 }, {})).objects ?? []).map(
    (object) => object.name,
  );
  expect(listed.includes(key), `the list of ${alice.KeyPrefix} lacks ${key}`);
  say(`   list  ${alice.KeyPrefix}  →  ${listed.join(", ")}`);
  const content = String((await client.get(key)).content);
  expect(content === "Hello from Alice\n", "what was read back is not what was written");
  say(`   get   ${key}  →  ${JSON.stringify(content)}`);

  heading(say, 4, "She tries the folder of another user:");
  const bob = await vended(stage, appTokenFor(stage, { sub: "bob" }, { seconds: 900 }));
  await refusedByOss(
    stage,
    say,
    "put",
    `${bob.KeyPrefix}hello.txt`,
    client,
    ["AccessDenied"],
    "the App stays below KeyPrefix of its own answer",
  );
  await refusedByOss(stage, say, "get", `${bob.KeyPrefix}hello.txt`, client, ["AccessDenied"], "as above");

  heading(say, 5, "What goes wrong in practice, and what to do about it:");
  const { SecurityToken: _, ...stolen } = alice;
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    ossClient(stage, stolen),
    ["InvalidAccessKeyId"],
    "a temporary key needs its SecurityToken: pass it as stsToken",
    "a stolen access key, without its security token",
  );
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    ossClient(stage, { ...alice, SecurityToken: "wrong" }),
    ["InvalidSecurityToken"],
    "take AccessKeyId, AccessKeySecret and SecurityToken of one answer",
    "a wrong security token",
  );
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    ossClient(stage, { ...alice, SecurityToken: bob.SecurityToken }),
    ["AccessKeyIdAndSecurityTokenNotMatch", "InvalidSecurityToken"],
    "the three belong together: never mix two answers",
    "the security token of another answer",
  );
  sandbox.clock.advance(TWELVE_HOURS_MS);
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    client,
    ["SecurityTokenExpired", "InvalidAccessKeyId"],
    "ask /credentials again before Expiration, not after the first error",
    "expired credentials",
  );
  sandbox.clock.advance(-TWELVE_HOURS_MS);
  await refusedByFunction(
    stage,
    say,
    undefined,
    401,
    "MissingToken",
    "send the App token as Authorization: Bearer <token>",
    "the endpoint, asked without a token",
  );
  await refusedByFunction(
    stage,
    say,
    appTokenFor(stage, { sub: "alice" }, { seconds: -600 }),
    401,
    "TokenExpired",
    "let the user's session be renewed, then ask again",
    "the endpoint, with an expired App token",
  );

  say("\nThe exchange works, and keeps its fences.");
}

interface Answer {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly KeyPrefix: string;
  readonly SessionName: string;
  readonly OssBucket: string;
  readonly OssRegion: string;
}

async function vended(stage: Stage, token: string): Promise<Answer> {
  const response = await fetch(stage.credentialsUrl, { headers: { Authorization: `Bearer ${token}` } });
  const body = await response.text();
  if (response.status === 403) {
    throw new StepFailed(
      "access.yaml grants {sub: alice} nothing. The walk needs a rule that gives her read, write and list;\nyours are tried with `npm run valet -- explain`, and the endpoint keeps serving with `npm start -- --json`",
    );
  }
  expect(
    response.status === 200,
    `the endpoint answers ${response.status}: ${body}\n${stage.log.slice(-8).join("\n")}`,
  );
  return JSON.parse(body) as Answer;
}

function ossClient(
  stage: Stage,
  answer: Omit<Answer, "SecurityToken"> & { readonly SecurityToken?: string },
): OSS {
  return new OSS({
    accessKeyId: answer.AccessKeyId,
    accessKeySecret: answer.AccessKeySecret,
    ...(answer.SecurityToken === undefined ? {} : { stsToken: answer.SecurityToken }),
    bucket: answer.OssBucket,
    region: `oss-${answer.OssRegion}`,
    // The local cloud has no names for buckets: path-style, by localhost. On the real one: neither of the two.
    endpoint: stage.sandbox.oss.url.replace("127.0.0.1", "localhost"),
    sldEnable: true,
    authorizationV4: true,
    // An App asks /credentials again here, in time; the walk is over before that.
    refreshSTSToken: async () => ({
      accessKeyId: answer.AccessKeyId,
      accessKeySecret: answer.AccessKeySecret,
      stsToken: answer.SecurityToken ?? "",
    }),
  } as OSS.Options);
}

/** One call that OSS must refuse with one of `codes`. */
async function refusedByOss(
  stage: Stage,
  say: Say,
  operation: "get" | "put",
  key: string,
  client: OSS,
  codes: readonly string[],
  advice: string,
  what = `${operation} ${key}`,
): Promise<void> {
  const error = await (operation === "get" ? client.get(key) : client.put(key, Buffer.from("x"))).then(
    () => undefined,
    (reason: { readonly code?: string; readonly message?: string }) => reason,
  );
  expect(
    error?.code !== undefined && codes.includes(error.code),
    `${what}: expected ${codes.join(" or ")}, got ${error?.code ?? "success"}`,
  );
  const because = stage.sandbox.world.journal.findLast((entry) => entry.service === "oss")?.because;
  say(`   ${what}`);
  say(`      ${error?.code}: ${error?.message}`);
  if (error?.code === "AccessDenied" && because !== undefined) say(`      because ${because}`);
  say(`      → ${advice}`);
}

async function refusedByFunction(
  stage: Stage,
  say: Say,
  token: string | undefined,
  status: number,
  code: string,
  advice: string,
  what: string,
): Promise<void> {
  const response = await fetch(stage.credentialsUrl, {
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
  const body = (await response.json()) as { readonly Code?: string; readonly Message?: string };
  expect(
    response.status === status && body.Code === code,
    `${what}: expected ${status} ${code}, got ${response.status} ${body.Code}`,
  );
  say(`   ${what}`);
  say(`      ${response.status} ${code}: ${body.Message}`);
  say(`      → ${advice}`);
}

function expect(held: boolean, otherwise: string): void {
  if (!held) throw new StepFailed(otherwise);
}

function claimsOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}

function heading(say: Say, step: number, text: string): void {
  say(`\n${step}. ${text}`);
}

function indented(text: string): string {
  return text.replace(/^/gm, "   ");
}

/** The start of a secret, for recognising it. */
function cut(secret: string): string {
  return `${secret.slice(0, 6)}… (${secret.length} characters)`;
}
