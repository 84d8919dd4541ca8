import OSS from "ali-oss";
import type { Stage } from "./stage.ts";

/** A step of the walk failed. The message says which, what was expected and what happened. */
export class StepFailed extends Error {}

/** Prints a line for the person who watches. */
export type Say = (line: string) => void;

/** The fields of the endpoint's answer that the walk uses. */
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

/** The error for rules that may be right, but that the walk cannot show. */
export function unfit({ sandbox }: Stage, because: string): StepFailed {
  return new StepFailed(
    `${because}. The walk needs a rule that gives each user read, write and list in a folder of her own in ${sandbox.bucket};\ntry your rules with \`npm run valet -- explain\`, or run the endpoint without the walk: \`npm start -- --json\``,
  );
}

/** Asks the endpoint with the token of `user`. */
export async function vended(stage: Stage, user: string, token: string): Promise<Answer> {
  const response = await fetch(stage.credentialsUrl, { headers: { Authorization: `Bearer ${token}` } });
  const body = await response.text();
  if (response.status === 403) throw unfit(stage, `access.yaml grants {sub: ${user}} nothing`);
  expect(
    response.status === 200,
    `the endpoint answers ${response.status}: ${body}\n${stage.log().slice(-8).join("\n")}`,
  );
  return JSON.parse(body) as Answer;
}

/** An ali-oss client, made from an answer as an App does it. */
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
    // The local cloud needs path-style addresses and localhost, as not every system resolves bucket.localhost. With the
    // real OSS, leave out both options.
    endpoint: stage.sandbox.oss.url.replace("127.0.0.1", "localhost"),
    sldEnable: true,
    authorizationV4: true,
    // An App asks /credentials again here. The walk ends before that is needed.
    refreshSTSToken: async () => ({
      accessKeyId: answer.AccessKeyId,
      accessKeySecret: answer.AccessKeySecret,
      stsToken: answer.SecurityToken ?? "",
    }),
  } as OSS.Options);
}

/** Makes a call that OSS must allow. */
export async function done<T>(stage: Stage, what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message?: string };
    throw new StepFailed(`${what}: ${code}: ${message}\n${ossReason(stage) ?? ""}`.trimEnd());
  }
}

/** Makes a call that OSS must refuse with one of `codes`. */
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

/** The reason for OSS's decision about its last request. */
export function ossReason({ sandbox }: Stage): string | undefined {
  return sandbox.world.journal.findLast((entry) => entry.service === "oss")?.because;
}

/** Sends a request that the endpoint must refuse. */
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
