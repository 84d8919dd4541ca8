import { dateText } from "../clock.ts";
import type { Caller, TrailEvent, World } from "../world.ts";

/** What the gateway knows of a call whose caller is known. */
export interface TrailedCall {
  readonly action: string;
  readonly caller: Caller;
  /** Those of query and body, common ones (Action, Timestamp ...) included. Each name occurs once. */
  readonly params: ReadonlyMap<string, string>;
  readonly sourceIp: string;
  readonly secureTransport: boolean;
  readonly requestId: string;
  /** The cloud's time. */
  readonly nowMs: number;
}

/** How a call ended: STS's answer without its RequestId, or an error. */
export type TrailedOutcome =
  | { readonly result: object }
  | { readonly error: { readonly code: string; readonly message: string } };

/** Ours: as the journal. */
const MAX_EVENTS = 10_000;

/** The parameters of AssumeRole that an event repeats. */
const PARAMETERS = [
  "RoleArn",
  "RoleSessionName",
  "Policy",
  "DurationSeconds",
  "ExternalId",
  "SourceIdentity",
];

/** Writes ActionTrail's event of an AssumeRole call. Other calls of STS leave none here. */
export function trailAssumeRole(
  { trail }: World,
  call: TrailedCall,
  outcome: TrailedOutcome,
  userAgent: string,
): void {
  if (call.action !== "AssumeRole") return;
  const { requestId } = call;
  trail.push({
    eventId: requestId,
    eventVersion: 1,
    eventName: call.action,
    eventType: "ApiCall",
    eventTime: dateText(call.nowMs),
    eventSource: "sts.aliyuncs.com",
    serviceName: "Sts",
    apiVersion: "2015-04-01",
    acsRegion: "cn-hangzhou",
    isGlobal: false,
    requestId,
    sourceIpAddress: call.sourceIp,
    userAgent,
    userIdentity: identityOf(call.caller),
    requestParameters: {
      AcsHost: "sts.aliyuncs.com",
      AcsProduct: "Sts",
      HostId: "sts.aliyuncs.com",
      RequestId: requestId,
      ...Object.fromEntries(PARAMETERS.flatMap((name) => parameterOf(call, name))),
    },
    ...("result" in outcome ? elementsOf(outcome.result, requestId) : {}),
    additionalEventData: { Scheme: call.secureTransport ? "https" : "http" },
    errorCode: "error" in outcome ? outcome.error.code : "",
    errorMessage: "error" in outcome ? outcome.error.message : "",
  });
  if (trail.length > MAX_EVENTS) trail.shift();
}

function parameterOf({ params }: TrailedCall, name: string): readonly (readonly [string, string | number])[] {
  const value = params.get(name);
  if (value === undefined) return [];
  return [[name, name === "DurationSeconds" && /^\d{1,9}$/.test(value) ? Number(value) : value]];
}

/** Without SecurityToken, and with the secret hidden. */
function elementsOf(
  result: object,
  requestId: string,
): Pick<TrailEvent, "responseElements" | "referencedResources"> {
  const { Credentials, ...rest } = result as {
    readonly Credentials: { readonly AccessKeyId: string; readonly Expiration: string };
  };
  const { AccessKeyId, Expiration } = Credentials;
  return {
    responseElements: {
      RequestId: requestId,
      ...rest,
      Credentials: { AccessKeyId, AccessKeySecret: "****", Expiration },
    },
    referencedResources: { "ACS::RAM::AccessKey": [AccessKeyId] },
  };
}

function identityOf(caller: Caller): object {
  const { accountId } = caller;
  switch (caller.kind) {
    case "root":
      return { type: "root-account", accountId, principalId: accountId, accessKeyId: caller.key.id };
    case "user":
      return {
        type: "ram-user",
        accountId,
        principalId: caller.user.id,
        userName: caller.user.name,
        accessKeyId: caller.key.id,
      };
    case "session": {
      const { role, name, accessKeyId, createdMs } = caller.session;
      return {
        type: "assumed-role",
        accountId,
        principalId: `${role.id}:${name}`,
        userName: `${role.name}:${name}`,
        accessKeyId,
        sessionContext: { attributes: { mfaAuthenticated: "false", creationDate: dateText(createdMs) } },
      };
    }
  }
}
