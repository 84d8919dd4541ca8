import type { Credentials, LiveCredentials } from "../../client/src/live-credentials.ts";
import { openSession } from "../../sandbox/sts/session.ts";
import { folderStatements, type OssService, policyText } from "../support/oss-service.ts";

/** Credentials straight from the sandbox's STS, for a user's own folder: what createCredentials gives, without its calls. */
export interface LiveSessions extends LiveCredentials {
  /** How many were made. */
  readonly made: () => number;
  /** How far the device's clock is ahead of the cloud's, in milliseconds; until somebody corrects it. */
  readonly deviceIsAheadBy: (ms: number) => void;
  /** What was reported as ended. */
  readonly invalidated: readonly string[];
}

const ACTIONS = [
  "oss:GetObject",
  "oss:PutObject",
  "oss:DeleteObject",
  "oss:AbortMultipartUpload",
  "oss:ListParts",
];

/** `renews: "when told"`: as with a device whose clock stands still, they go on until somebody reports them as ended. */
export function liveSessions(
  service: OssService,
  {
    user = "alice",
    seconds = 900,
    renews = "at half of their life",
    change = {},
    actions = ACTIONS,
  }: {
    readonly user?: string;
    readonly seconds?: number;
    readonly renews?: "at half of their life" | "when told";
    readonly change?: Partial<Credentials>;
    readonly actions?: readonly string[];
  } = {},
): LiveSessions {
  const { world, scene, clock, bucket } = service;
  const prefix = `users/${user}/`;
  const invalidated: string[] = [];
  let aheadMs = 0;
  let made = 0;
  let current: Credentials | undefined;
  const fresh = (): Credentials => {
    made += 1;
    const session = openSession(world, {
      accountId: scene.account.id,
      role: scene.role,
      name: user,
      policy: policyText(folderStatements(prefix, ...actions)),
      sourceIdentity: undefined,
      durationSeconds: seconds,
    });
    const grant = {
      bucket: bucket.name,
      endpoint: `http://127.0.0.1:${service.port}`,
      cname: false,
      prefix,
      permissions: ["read", "write", "list", "delete"],
    } as const;
    return {
      accessKeyId: session.accessKeyId,
      accessKeySecret: session.accessKeySecret,
      securityToken: session.securityToken,
      expiresAt: new Date(session.expiresMs),
      region: "cn-hangzhou",
      ...grant,
      grants: [{ ...grant, ...change }],
      sessionName: `${user}-session`,
      requestId: "1",
      ...change,
    };
  };
  return {
    made: () => made,
    invalidated,
    deviceIsAheadBy: (ms) => {
      aheadMs = ms;
    },
    get: async () => {
      const halfMs = (seconds * 1000) / 2;
      if (renews !== "when told" && current !== undefined && +current.expiresAt - clock.nowMs() < halfMs) {
        current = undefined;
      }
      current ??= fresh();
      return current;
    },
    invalidate: (stale) => {
      if (stale !== undefined) invalidated.push(stale.accessKeyId);
      if (stale === undefined || stale === current) current = undefined;
    },
    now: () => clock.nowMs() + aheadMs,
    correctClock: (serverMs) => {
      aheadMs = serverMs - clock.nowMs();
    },
  };
}
