import { Agent } from "node:http";
import { connect } from "node:net";
import Oss from "ali-oss";
import { classicWorld, type Scene } from "../../sandbox/classic-world.ts";
import { type SandboxClock, sandboxClock } from "../../sandbox/clock.ts";
import { type Faults, faultsIn } from "../../sandbox/faults.ts";
import { type LoopbackServer, loopbackServer } from "../../sandbox/http.ts";
import { type ContentStore, contentStore } from "../../sandbox/oss/content-store.ts";
import { answerToMalformed } from "../../sandbox/oss/malformed.ts";
import { type OssOptions, ossServer } from "../../sandbox/oss/server.ts";
import { openSession } from "../../sandbox/sts/session.ts";
import {
  addPolicy,
  addUser,
  attachPolicy,
  type Bucket,
  emptyWorld,
  type JournalEntry,
  newAccessKey,
  type World,
} from "../../sandbox/world.ts";

/** The sandbox's OSS alone, in the classic guide's world. */
export interface OssService {
  readonly world: World;
  readonly clock: SandboxClock;
  readonly scene: Scene;
  readonly bucket: Bucket;
  readonly contents: ContentStore;
  readonly faults: Faults;
  readonly port: number;
  /** A key that may do everything. */
  readonly administrator: OssKey;
  close(): Promise<void>;
}

export interface OssKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly stsToken?: string;
}

/** ali-oss with the methods that its types leave out. */
export type AliOss = Omit<Oss, keyof Untyped> & Untyped;

interface Untyped {
  listV2(query: object, options?: object): Promise<ListV2>;
  getObjectMeta(key: string): Promise<{ readonly res: Oss.NormalSuccessResponse }>;
  putObjectTagging(key: string, tags: object): Promise<unknown>;
  getObjectTagging(key: string): Promise<{ readonly tag: object }>;
  deleteObjectTagging(key: string): Promise<unknown>;
  getBucketVersions(query: object): Promise<Versions>;
  getBucketPolicy(bucket: string): Promise<{ readonly status: number; readonly policy: object | null }>;
  putBucketPolicy(bucket: string, policy: object): Promise<unknown>;
  deleteBucketPolicy(bucket: string): Promise<unknown>;
  signatureUrlV4(
    method: string,
    expires: number,
    request: { readonly headers?: object; readonly queries?: object } | undefined,
    key: string,
    additionalHeaders?: readonly string[],
  ): Promise<string>;
  signPostObjectPolicyV4(policy: object, date: Date): string;
}

export interface ListV2 {
  readonly objects: readonly { readonly name: string; readonly owner: object | null }[];
  readonly keyCount: number;
  readonly nextContinuationToken: string | null;
}

export interface Versions {
  readonly objects: readonly object[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker: string | null;
}

/** The two signatures that ali-oss can make. */
export type SignatureVersion = "V1" | "V4";

export const SIGNATURE_VERSIONS: readonly SignatureVersion[] = ["V1", "V4"];

/** What a client made of an error. */
export interface OssFailure {
  readonly status: number;
  readonly code: string;
  readonly ec: string | undefined;
  readonly message?: string;
}

export async function startOss(options: OssOptions = {}): Promise<OssService> {
  const clock = sandboxClock();
  const world = emptyWorld(clock);
  const scene = classicWorld(world);
  const contents = contentStore();
  const server: LoopbackServer = await loopbackServer(0, answerToMalformed(world));
  const faults = faultsIn(world);
  server.answerWith(faults.around("oss", ossServer(world, { contents, ...options })));
  return {
    world,
    clock,
    scene,
    bucket: scene.bucket,
    contents,
    faults,
    port: server.port,
    administrator: keyOf(scene.administratorKey),
    close: async () => {
      await server.close();
      contents.removeAll();
    },
  };
}

/** ali-oss as it is, told to name the bucket in the path. */
export function aliOss(
  service: OssService,
  key: OssKey,
  version: SignatureVersion,
  more: Partial<Oss.Options> = {},
): AliOss {
  return new Oss({
    ...key,
    region: "oss-cn-hangzhou",
    endpoint: `http://localhost:${service.port}`,
    bucket: service.bucket.name,
    authorizationV4: version === "V4",
    // Without a hook ali-oss warns on stderr at every session; this one never has its turn.
    ...(key.stsToken === undefined
      ? {}
      : { refreshSTSToken: () => Promise.reject(new Error("not due")), refreshSTSTokenInterval: 2 ** 31 }),
    ...({ sldEnable: true } as object),
    ...more,
  }) as unknown as AliOss;
}

/**
 * ali-oss as it is, with an endpoint of the real world: it sends that name in `Host`, to this service. `http:` only.
 */
export function aliOssAt(
  service: OssService,
  key: OssKey,
  endpoint: string,
  more: Partial<Oss.Options> = {},
): AliOss {
  const agent = Object.assign(new Agent(), { createConnection: () => connect(service.port, "127.0.0.1") });
  const real = { endpoint, agent, ...({ sldEnable: false } as object) };
  return aliOss(service, key, "V4", { ...real, ...more });
}

/** A session of the classic guide's role, narrowed by the policy where there is one. */
export function sessionKey(
  service: OssService,
  statements: readonly object[] | undefined = undefined,
  name = "alice",
): OssKey {
  const { world, scene } = service;
  const session = openSession(world, {
    accountId: scene.account.id,
    role: scene.role,
    name,
    policy: statements === undefined ? undefined : policyText(statements),
    sourceIdentity: undefined,
    durationSeconds: 3600,
  });
  return {
    accessKeyId: session.accessKeyId,
    accessKeySecret: session.accessKeySecret,
    stsToken: session.securityToken,
  };
}

/** A RAM user with these statements and nothing else. */
export function userKey(service: OssService, statements: readonly object[], name: string): OssKey {
  const { world, scene } = service;
  const user = addUser(world, scene.account, name);
  if (statements.length > 0) {
    addPolicy(world, scene.account, `policy-of-${name}`, policyText(statements));
    attachPolicy(world, user, "Custom", `policy-of-${name}`);
  }
  const key = newAccessKey(world);
  user.accessKeys.push(key);
  return keyOf(key);
}

/** A policy of one statement: these actions on a folder of the bucket, and listing it. */
export function folderStatements(folder: string, ...actions: readonly string[]): readonly object[] {
  return [
    { Effect: "Allow", Action: actions, Resource: `acs:oss:*:*:examplebucket/${folder}*` },
    {
      Effect: "Allow",
      Action: "oss:ListObjects",
      Resource: "acs:oss:*:*:examplebucket",
      Condition: { StringLike: { "oss:Prefix": `${folder}*` } },
    },
  ];
}

export function policyText(statements: readonly object[]): string {
  return JSON.stringify({ Version: "1", Statement: statements });
}

/** What the call was refused with. Rejects where it went through. */
export async function failureOf(call: Promise<unknown>): Promise<OssFailure> {
  let result: unknown;
  try {
    result = await call;
  } catch (thrown) {
    const { status, code, ecCode } = thrown as { status: number; code: string; ecCode?: string };
    if (typeof status !== "number") throw thrown;
    return { status, code, ec: ecCode, message: (thrown as Error).message };
  }
  throw new Error(`expected a refusal, got ${JSON.stringify(result)}`);
}

/** The journal's last entry. */
export function lastEntry({ world }: OssService): JournalEntry | undefined {
  return world.journal.at(-1);
}

function keyOf(key: { readonly id: string; readonly secret: string }): OssKey {
  return { accessKeyId: key.id, accessKeySecret: key.secret };
}

/** What ali-oss hands to its HTTP client. */
export interface SignedCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** ali-oss whose requests are changed after it signed them. */
export function tamperingOss(
  service: OssService,
  key: OssKey,
  version: SignatureVersion,
  change: (call: SignedCall) => Partial<SignedCall>,
): AliOss {
  const client = aliOss(service, key, version);
  const holder = client as unknown as { urllib: HttpClient };
  const { urllib } = holder;
  holder.urllib = {
    request: (url, parameters) => {
      const { method, headers } = parameters;
      const changed = { url, method, headers, ...change({ url, method, headers }) };
      return urllib.request(changed.url, {
        ...parameters,
        method: changed.method,
        headers: changed.headers,
      });
    },
  };
  return client;
}

interface HttpClient {
  request(
    url: string,
    parameters: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<unknown>;
}

/** An error as the service wrote it, for requests that no SDK would send. */
export async function errorOf(response: Response): Promise<OssFailure & { readonly body: string }> {
  const body = await response.text();
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
  return { status: response.status, code: element("Code") ?? "", ec: element("EC"), body };
}
