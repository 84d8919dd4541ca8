import OSS from "ali-oss";
import type { Stage } from "./stage.ts";

/** The walk has not gone as it must; the message says where, and what was there instead. */
export class StepFailed extends Error {}

/** Takes a line for the person who watches. */
export type Say = (line: string) => void;

/** What the endpoint answers, as far as the walk goes. */
export interface Answer {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly KeyPrefix: string;
  readonly Permissions: string;
  readonly SessionName: string;
  readonly OssBucket: string;
  readonly OssRegion: string;
}

/** Rules that may be right, and that the walk cannot be shown with. */
export function unfit({ sandbox }: Stage, because: string): StepFailed {
  return new StepFailed(
    `${because}. The walk needs a rule that gives each user read, write and list in a folder of her own in ${sandbox.bucket};\nyours are tried with \`npm run valet -- explain\`, and the endpoint keeps serving with \`npm start -- --json\``,
  );
}

/** The answer to the token of `user`. */
export async function vended(stage: Stage, user: string, token: string): Promise<Answer> {
  const response = await fetch(stage.credentialsUrl, { headers: { Authorization: `Bearer ${token}` } });
  const body = await response.text();
  if (response.status === 403) throw unfit(stage, `access.yaml grants {sub: ${user}} nothing`);
  expect(
    response.status === 200,
    `the endpoint answers ${response.status}: ${body}\n${stage.log.slice(-8).join("\n")}`,
  );
  return JSON.parse(body) as Answer;
}

/** ali-oss, as an App makes it of an answer. */
export function ossClient(
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

/** One call that OSS must answer with a yes. */
export async function done<T>(stage: Stage, what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message?: string };
    throw new StepFailed(`${what}: ${code}: ${message}\n${ossReason(stage) ?? ""}`.trimEnd());
  }
}

/** One call that OSS must refuse with one of `codes`. */
export async function refusedByOss(
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
  const because = ossReason(stage);
  say(`   ${what}`);
  say(`      ${error?.code}: ${error?.message}`);
  if (error?.code === "AccessDenied" && because !== undefined) say(`      because ${because}`);
  say(`      → ${advice}`);
}

/** Why OSS has decided its last request so. */
function ossReason({ sandbox }: Stage): string | undefined {
  return sandbox.world.journal.findLast((entry) => entry.service === "oss")?.because;
}

/** One request that the endpoint must refuse. */
export async function refusedByFunction(
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

export function expect(held: boolean, otherwise: string): void {
  if (!held) throw new StepFailed(otherwise);
}
