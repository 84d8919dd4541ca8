import { uploadByForm } from "./forms.ts";
import { appTokenFor, type Stage } from "./stage.ts";
import {
  done,
  expect,
  ossClient,
  refusedByFunction,
  refusedByOss,
  type Say,
  StepFailed,
  unfit,
  vended,
} from "./steps.ts";

/** Milliseconds. The local cloud's clock moves on by this, so that credentials of an hour expire. */
const TWELVE_HOURS_MS = 12 * 3600 * 1000;

/** Walks through the whole exchange as an App and its user see it, with the real SDK. Throws StepFailed. */
export async function walk(stage: Stage, say: Say): Promise<void> {
  const { sandbox } = stage;
  say("The local Alibaba Cloud is running: STS, OSS, RAM, an issuer, and both functions in FC's runtime.");

  heading(say, 1, "Alice signs in to the App. Her login service gives it a token (JWT) with these claims:");
  const token = appTokenFor(stage, "alice", { seconds: 900 });
  say(indented(JSON.stringify(claimsOf(token), null, 2)));

  heading(say, 2, `The App asks for credentials: GET ${stage.credentialsUrl}, Authorization: Bearer <token>`);
  const alice = await vended(stage, "alice", token);
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
    `   In audit logs she is ${alice.SessionName}. The session policy that oss-valet sent to STS, ${Buffer.byteLength(policy)} of 2,048 bytes:`,
  );
  say(indented(JSON.stringify(JSON.parse(policy), null, 2)));

  heading(
    say,
    3,
    "With these credentials ali-oss (unmodified, V4 signatures) works in her folder, directly on OSS:",
  );
  const missing = ["read", "write", "list"].filter(
    (permission) => !alice.Permissions.split(",").includes(permission),
  );
  if (missing.length > 0)
    throw unfit(stage, `access.yaml gives alice no ${missing.join(" and no ")} in ${alice.KeyPrefix}`);
  if (alice.OssBucket !== sandbox.bucket)
    throw unfit(stage, `access.yaml gives alice a folder in ${alice.OssBucket}`);
  const client = ossClient(stage, alice);
  const key = `${alice.KeyPrefix}hello.txt`;
  await done(stage, `put ${key}`, client.put(key, Buffer.from("Hello from Alice\n")));
  say(`   put   ${key}`);
  const list = client.list({ prefix: alice.KeyPrefix, "max-keys": 10 }, {});
  const { objects } = await done(stage, `list ${alice.KeyPrefix}`, list);
  const listed = (objects ?? []).map((object) => object.name);
  expect(listed.includes(key), `the list of ${alice.KeyPrefix} lacks ${key}`);
  say(`   list  ${alice.KeyPrefix}  →  ${listed.join(", ")}`);
  const content = String((await done(stage, `get ${key}`, client.get(key))).content);
  expect(content === "Hello from Alice\n", "the content read back differs from the content written");
  say(`   get   ${key}  →  ${JSON.stringify(content)}`);

  heading(say, 4, "She tries the folder of another user:");
  const bob = await vended(stage, "bob", appTokenFor(stage, "bob", { seconds: 900 }));
  if (bob.KeyPrefix === alice.KeyPrefix)
    throw unfit(stage, `access.yaml gives alice and bob the same folder, ${alice.KeyPrefix}`);
  await refusedByOss(
    stage,
    say,
    "put",
    `${bob.KeyPrefix}hello.txt`,
    client,
    ["AccessDenied"],
    "the App must use keys below the KeyPrefix of its own answer",
  );
  await refusedByOss(stage, say, "get", `${bob.KeyPrefix}hello.txt`, client, ["AccessDenied"], "the same");

  heading(
    say,
    5,
    `A mini program cannot run an OSS SDK. It asks for a signed form: POST ${stage.uploadsUrl}`,
  );
  await uploadByForm(stage, say, token);

  heading(say, 6, "Common mistakes, and how to fix them:");
  const { SecurityToken: _, ...stolen } = alice;
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    ossClient(stage, stolen),
    ["InvalidAccessKeyId"],
    "temporary keys work only with their SecurityToken: pass it as stsToken",
    "a stolen access key, without its security token",
  );
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    ossClient(stage, { ...alice, SecurityToken: "wrong" }),
    ["InvalidSecurityToken"],
    "use AccessKeyId, AccessKeySecret and SecurityToken from one answer",
    "a wrong security token",
  );
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    ossClient(stage, { ...alice, SecurityToken: bob.SecurityToken }),
    ["AccessKeyIdAndSecurityTokenNotMatch", "InvalidSecurityToken"],
    "the three values belong together: never mix two answers",
    "a security token from another answer",
  );
  sandbox.clock.advance(TWELVE_HOURS_MS);
  await refusedByOss(
    stage,
    say,
    "get",
    key,
    client,
    ["SecurityTokenExpired", "InvalidAccessKeyId"],
    "ask /credentials again before Expiration; do not wait for the first error",
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
    "the endpoint, without a token",
  );
  await refusedByFunction(
    stage,
    say,
    appTokenFor(stage, "alice", { seconds: -600 }),
    401,
    "TokenExpired",
    "renew the user's session at the login, then ask again",
    "the endpoint, with an expired App token",
  );

  say("\nThe exchange works: Alice reached her folder and nothing else.");
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

/** The start of a secret, enough to recognise it. */
function cut(secret: string): string {
  return `${secret.slice(0, 6)}… (${secret.length} characters)`;
}
