import { createHash, randomBytes, randomInt } from "node:crypto";
import type { SandboxClock } from "./clock.ts";
import type { LogLine } from "./fc/function-log.ts";

/** Everything that exists in the sandbox's cloud. Services read and change it; nothing of it outlives the process. */
export interface World {
  readonly clock: SandboxClock;
  readonly accounts: Map<string, Account>;
  /** By access key id, `STS.` ones only. */
  readonly sessions: Map<string, Session>;
  readonly buckets: Map<string, Bucket>;
  /** Of Simple Log Service, by name: a project's name is unique in the whole cloud. */
  readonly logProjects: Map<string, LogProject>;
  readonly journal: JournalEntry[];
  /** What functions wrote, the oldest line first; sandbox/fc/function-log.ts says how many are kept. */
  readonly functionLog: LogLine[];
  /** What OSS writes of each request to a bucket, the oldest line first; sandbox/oss/access-log.ts says how many are kept. */
  readonly accessLog: AccessLogLine[];
  /** ActionTrail's events of AssumeRole, the oldest first; sandbox/sts/trail.ts says how many are kept. */
  readonly trail: TrailEvent[];
  /** 32 bytes that seal the security tokens of this world: those of another one are malformed here. */
  readonly securityTokenKey: Buffer;
}

export interface Account {
  /** 16 digits. */
  readonly id: string;
  readonly rootKeys: AccessKey[];
  readonly users: Map<string, RamUser>;
  /** By lower-case name: RAM compares role names without case. */
  readonly roles: Map<string, Role>;
  /** Custom policies, by name. */
  readonly policies: Map<string, ManagedPolicy>;
  /** Whether it uses OSS since 2025-03-20 only: the public endpoints of mainland China are closed to its data. */
  newToOss: boolean;
}

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  status: "Active" | "Inactive";
  readonly createdMs: number;
}

export interface RamUser {
  readonly name: string;
  readonly id: string;
  displayName: string;
  comments: string;
  readonly accessKeys: AccessKey[];
  readonly attached: PolicyReference[];
  readonly createdMs: number;
  updatedMs: number;
}

export interface Role {
  readonly name: string;
  readonly id: string;
  description: string;
  /** The trust policy, as text. */
  trustPolicy: string;
  maxSessionSeconds: number;
  readonly attached: PolicyReference[];
  readonly createdMs: number;
  updatedMs: number;
}

export interface PolicyReference {
  readonly type: "System" | "Custom";
  readonly name: string;
  readonly attachedMs: number;
}

export interface ManagedPolicy {
  readonly type: "System" | "Custom";
  readonly name: string;
  description: string;
  readonly versions: PolicyVersion[];
  /** Number of versions ever made: the next one is `v<count + 1>`. */
  versionCount: number;
  readonly createdMs: number;
  updatedMs: number;
}

export interface PolicyVersion {
  readonly id: string;
  readonly document: string;
  isDefault: boolean;
  readonly createdMs: number;
}

/** What AssumeRole made. */
export interface Session {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly accountId: string;
  readonly role: Role;
  readonly name: string;
  /** The inline session policy, as text, or undefined for the whole role. */
  readonly policy: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** Whether Function Compute has it, for a function: who signs with it uses the cloud's time. */
  readonly isOfFunction: boolean;
}

export interface Bucket {
  readonly name: string;
  readonly ownerId: string;
  /** e.g. cn-hangzhou */
  readonly region: string;
  readonly createdMs: number;
  /** The class of objects whose upload names none. */
  readonly storageClass: StorageClass;
  readonly redundancy: DataRedundancy;
  acl: "private" | "public-read" | "public-read-write";
  /** The bucket policy, as text. */
  policy: string | undefined;
  cors: CorsRule[];
  /** Whether every answer has `Vary: Origin`. */
  corsVary: boolean;
  /** Versions themselves are not kept here. Undefined: never switched on. */
  versioning: "Enabled" | "Suspended" | undefined;
  /** Custom domain names of the bucket, in lower case, e.g. photos.example.com. */
  hosts: string[];
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, MultipartUpload>;
}

/** Source: OSS "Storage classes". */
export type StorageClass = "Standard" | "IA" | "Archive" | "ColdArchive" | "DeepColdArchive";

/** In one zone, or in several. Source: OSS PutBucket. */
export type DataRedundancy = "LRS" | "ZRS";

export interface LogProject {
  readonly name: string;
  readonly ownerId: string;
  readonly region: string;
  readonly logstores: Map<string, LogStore>;
}

export interface LogStore {
  readonly name: string;
  readonly ttlDays: number;
  /** The body of CreateIndex; undefined: no index. */
  index: object | undefined;
}

export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

export interface StoredObject {
  readonly key: string;
  /** Where the bytes are: in memory, or a file that the object store deletes with the object. */
  readonly content: Content;
  readonly etag: string;
  readonly crc64: string;
  readonly type: "Normal" | "Multipart" | "Appendable" | "Symlink";
  /** Headers to answer with: content-type, cache-control, x-oss-meta-* ... lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedMs: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly acl: "default" | "private" | "public-read" | "public-read-write";
  readonly ownerId: string;
}

export type Content =
  | { readonly kind: "memory"; readonly bytes: Buffer; readonly size: number }
  | { readonly kind: "file"; readonly path: string; readonly size: number };

export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: ReadonlyMap<string, string>;
  readonly initiatedMs: number;
  /** Its parts come in order, each once. */
  readonly sequential: boolean;
  readonly parts: Map<number, UploadedPart>;
}

export interface UploadedPart {
  readonly number: number;
  readonly content: Content;
  readonly etag: string;
  readonly crc64: string;
  readonly modifiedMs: number;
}

/** One request that a service answered. Holds no secret: neither signature nor token. */
export interface JournalEntry {
  readonly timeMs: number;
  readonly service: "sts" | "oss" | "ram" | "fc" | "issuer" | "sls" | "proxy";
  readonly operation: string;
  /** ARN of who asked, as far as it was established. */
  readonly principal: string | undefined;
  readonly resource: string | undefined;
  readonly status: number;
  /** The error code; undefined on success. */
  readonly code: string | undefined;
  /** Why it was allowed or denied, in words. */
  readonly because: string | undefined;
  readonly requestId: string;
}

/** A line of OSS's access log, and what the control API finds it by. */
export interface AccessLogLine {
  readonly bucket: string;
  /** "-": nobody signed. */
  readonly accessKeyId: string;
  readonly text: string;
}

/** An event of ActionTrail, as its documents show those of AssumeRole. Holds no secret. */
export interface TrailEvent {
  readonly eventId: string;
  readonly eventVersion: 1;
  readonly eventName: string;
  readonly eventType: "ApiCall";
  /** UTC, without milliseconds. */
  readonly eventTime: string;
  readonly eventSource: string;
  readonly serviceName: "Sts";
  readonly apiVersion: "2015-04-01";
  readonly acsRegion: string;
  readonly isGlobal: false;
  /** The RequestId of STS's answer. */
  readonly requestId: string;
  readonly sourceIpAddress: string;
  readonly userAgent: string;
  readonly userIdentity: object;
  readonly requestParameters: Readonly<Record<string, string | number>>;
  /** Missing when the call was refused. */
  readonly responseElements?: object;
  readonly referencedResources?: Readonly<Record<string, readonly string[]>>;
  readonly additionalEventData: { readonly Scheme: "http" | "https" };
  /** Empty when the call succeeded. */
  readonly errorCode: string;
  readonly errorMessage: string;
}

/** What a service says of its decision while it makes it. */
export type JournalNote = Partial<{ readonly resource: string; readonly because: string }>;

/** Who signed a request, with the key that must verify the signature. */
export type Caller =
  | { readonly kind: "root"; readonly accountId: string; readonly arn: string; readonly key: AccessKey }
  | {
      readonly kind: "user";
      readonly accountId: string;
      readonly arn: string;
      readonly key: AccessKey;
      readonly user: RamUser;
    }
  | { readonly kind: "session"; readonly accountId: string; readonly arn: string; readonly session: Session };

const JOURNAL_LENGTH = 10_000;

export function emptyWorld(clock: SandboxClock): World {
  return {
    clock,
    accounts: new Map(),
    sessions: new Map(),
    buckets: new Map(),
    logProjects: new Map(),
    journal: [],
    functionLog: [],
    accessLog: [],
    trail: [],
    securityTokenKey: randomBytes(32),
  };
}

export function addAccount(world: World, id: string): Account {
  const account: Account = {
    id,
    rootKeys: [],
    users: new Map(),
    roles: new Map(),
    policies: new Map(),
    newToOss: false,
  };
  world.accounts.set(id, account);
  return account;
}

export function addUser(world: World, account: Account, name: string): RamUser {
  const user: RamUser = {
    name,
    id: newNumericId(),
    displayName: name,
    comments: "",
    accessKeys: [],
    attached: [],
    createdMs: world.clock.nowMs(),
    updatedMs: world.clock.nowMs(),
  };
  account.users.set(name, user);
  return user;
}

/** A long-lived key in the form of the real ones: `LTAI` and 20 characters, a secret of 30. */
export function newAccessKey(world: World): AccessKey {
  return {
    id: `LTAI${randomText(20)}`,
    secret: randomText(30),
    status: "Active",
    createdMs: world.clock.nowMs(),
  };
}

export function addRole(
  world: World,
  account: Account,
  role: {
    readonly name: string;
    readonly trustPolicy: string;
    readonly maxSessionSeconds?: number;
    readonly description?: string;
  },
): Role {
  const made: Role = {
    name: role.name,
    id: newNumericId(),
    description: role.description ?? "",
    trustPolicy: role.trustPolicy,
    maxSessionSeconds: role.maxSessionSeconds ?? 3600,
    attached: [],
    createdMs: world.clock.nowMs(),
    updatedMs: world.clock.nowMs(),
  };
  account.roles.set(role.name.toLowerCase(), made);
  return made;
}

export function addPolicy(world: World, account: Account, name: string, document: string): ManagedPolicy {
  const nowMs = world.clock.nowMs();
  const policy: ManagedPolicy = {
    type: "Custom",
    name,
    description: "",
    versions: [{ id: "v1", document, isDefault: true, createdMs: nowMs }],
    versionCount: 1,
    createdMs: nowMs,
    updatedMs: nowMs,
  };
  account.policies.set(name, policy);
  return policy;
}

export function attachPolicy(
  world: World,
  to: RamUser | Role,
  type: "System" | "Custom",
  name: string,
): void {
  to.attached.push({ type, name, attachedMs: world.clock.nowMs() });
}

export function addBucket(
  world: World,
  bucket: {
    readonly name: string;
    readonly ownerId: string;
    readonly region: string;
    readonly storageClass?: StorageClass | undefined;
    readonly redundancy?: DataRedundancy | undefined;
  },
): Bucket {
  const made: Bucket = {
    ...bucket,
    storageClass: bucket.storageClass ?? "Standard",
    redundancy: bucket.redundancy ?? "LRS",
    createdMs: world.clock.nowMs(),
    acl: "private",
    policy: undefined,
    cors: [],
    corsVary: false,
    versioning: undefined,
    hosts: [],
    objects: new Map(),
    uploads: new Map(),
  };
  world.buckets.set(bucket.name, made);
  return made;
}

/** A project with one logstore, without an index: as `logConfig` names it. */
export function addLogstore(
  world: World,
  {
    project,
    logstore,
    ownerId,
    region,
  }: {
    readonly project: string;
    readonly logstore: string;
    readonly ownerId: string;
    readonly region: string;
  },
): LogStore {
  const made: LogStore = { name: logstore, ttlDays: 30, index: undefined };
  const existing = world.logProjects.get(project);
  const into = existing ?? { name: project, ownerId, region, logstores: new Map<string, LogStore>() };
  into.logstores.set(logstore, made);
  world.logProjects.set(project, into);
  return made;
}

/** Who an access key id belongs to, or undefined. Says nothing of status, expiry or signature. */
export function callerWith(world: World, accessKeyId: string): Caller | undefined {
  const session = world.sessions.get(accessKeyId);
  if (session !== undefined) {
    return { kind: "session", accountId: session.accountId, arn: sessionArn(session), session };
  }
  for (const account of world.accounts.values()) {
    const rootKey = account.rootKeys.find((key) => key.id === accessKeyId);
    if (rootKey !== undefined) {
      return { kind: "root", accountId: account.id, arn: `acs:ram::${account.id}:root`, key: rootKey };
    }
    for (const user of account.users.values()) {
      const key = user.accessKeys.find((candidate) => candidate.id === accessKeyId);
      if (key !== undefined) {
        return {
          kind: "user",
          accountId: account.id,
          arn: `acs:ram::${account.id}:user/${user.name}`,
          key,
          user,
        };
      }
    }
  }
  return undefined;
}

/** What a caller dated, in cloud time: a function uses the cloud's clock, everybody else is outside. */
export function endInCloudTime(world: World, caller: Caller, timestampMs: number): number {
  return isFunction(caller) ? timestampMs : world.clock.endMs(timestampMs);
}

/** The same for the time of a signature. */
export function signedInCloudTime(world: World, caller: Caller, timestampMs: number): number {
  return isFunction(caller) ? timestampMs : world.clock.signedMs(timestampMs);
}

function isFunction(caller: Caller): boolean {
  return caller.kind === "session" && caller.session.isOfFunction;
}

/** The secret that the caller's signatures are made with. */
export function secretOf(caller: Caller): string {
  return caller.kind === "session" ? caller.session.accessKeySecret : caller.key.secret;
}

export function roleArn(accountId: string, role: Role): string {
  return `acs:ram::${accountId}:role/${role.name.toLowerCase()}`;
}

/** e.g. acs:ram::1234567890123456:role/ramosstest/alice */
export function sessionArn(session: Session): string {
  return `${roleArn(session.accountId, session.role)}/${session.name}`;
}

export function record(world: World, entry: Omit<JournalEntry, "timeMs">): void {
  world.journal.push({ timeMs: world.clock.nowMs(), ...entry });
  if (world.journal.length > JOURNAL_LENGTH) world.journal.splice(0, world.journal.length - JOURNAL_LENGTH);
}

/** Upper-case UUID, the form of request ids of STS and RAM. */
export function newRequestId(): string {
  const hex = randomBytes(16).toString("hex").toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** 18 digits, the form of user and role ids. */
export function newNumericId(): string {
  return String(randomInt(2, 4)) + Array.from({ length: 17 }, () => randomInt(10)).join("");
}

/** Letters and digits, from a secure source. */
export function randomText(length: number): string {
  const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

export function sha256Hex(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
