import { asciiLowerCase, matches } from "./match.ts";

/** The Principal element of a trust or bucket policy, parsed. */
export interface Principals {
  /** Trust policies: ARNs under RAM, names under Service, ARNs under Federated. Bucket policies: `listed` alone. */
  readonly ram: readonly string[];
  readonly service: readonly string[];
  readonly federated: readonly string[];
  readonly listed: readonly string[];
}

/** Names nobody. */
export const NOBODY: Principals = { ram: [], service: [], federated: [], listed: [] };

/** Who asks, as far as a Principal element can tell. */
export interface Asker {
  /** e.g. acs:ram::1234567890123456:role/writer/alice, or undefined when nobody signed. */
  readonly arn: string | undefined;
  /** The id (UID) of the RAM user; an account's own is in its ARN. */
  readonly userId: string | undefined;
}

/**
 * The Principal element, or in words what is wrong with it. Sources: RAM "Policy elements", Principal; OSS "Bucket
 * policy": UIDs, `arn:sts::<account>:assumed-role/<role>/<session>` with wildcards, or `*`. That a trust policy may
 * not say `*`: assumption.
 */
export function principalsFrom(
  json: unknown,
  kind: "trust" | "resource",
): Principals | { readonly problem: string } {
  return kind === "trust" ? trustPrincipalsFrom(json) : bucketPrincipalsFrom(json);
}

/**
 * Whether a trust policy's Principal names the account, user or role. `:root` names every user and role of the
 * account; a session counts as its role. Source: RAM "Policy elements", Principal; role names compare without case.
 */
export function trustsCaller(
  principals: Principals,
  caller: { readonly arn: string; readonly accountId: string },
): boolean {
  return principals.ram.some((arn) => {
    if (arn === `acs:ram::${caller.accountId}:root`) return true;
    const role = roleOf(caller.arn);
    return role === undefined ? arn === caller.arn : role === roleOf(arn);
  });
}

/** Whether a trust policy's Principal names the service, e.g. fc.aliyuncs.com. */
export function trustsService(principals: Principals, service: string): boolean {
  return principals.service.includes(service);
}

/** Whether a bucket policy's Principal names who asks. An account's UID names its root alone: assumption. */
export function names(principals: Principals, asker: Asker): boolean {
  const session = asker.arn === undefined ? undefined : assumedRoleOf(asker.arn);
  return principals.listed.some((principal) => {
    if (principal === "*") return true;
    if (principal.startsWith("arn:sts::")) {
      return session !== undefined && matches(withLowerCaseRole(principal), session);
    }
    return principal === asker.userId || asker.arn === `acs:ram::${principal}:root`;
  });
}

/** Whether a bucket policy's Principal is, or has among others, `*`. */
export function namesEveryone(principals: Principals): boolean {
  return principals.listed.includes("*");
}

const TRUST_FORMS: Readonly<Record<string, RegExp>> = {
  RAM: /^acs:ram::\d+:(root|user\/[\w.@-]+|role\/[\w.-]+)$/,
  Service: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
  Federated: /^acs:ram::\d+:(oidc-provider|saml-provider)\/[\w.-]+$/,
};

function trustPrincipalsFrom(json: unknown): Principals | { readonly problem: string } {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return { problem: "must be an object of RAM, Service or Federated" };
  }
  const found = { RAM: [], Service: [], Federated: [] } as Record<string, readonly string[]>;
  const entries = Object.entries(json);
  if (entries.length === 0) return { problem: "names nobody" };
  for (const [type, value] of entries) {
    const form = Object.hasOwn(TRUST_FORMS, type) ? TRUST_FORMS[type] : undefined;
    if (form === undefined) return { problem: `${type} is none of RAM, Service, Federated` };
    const list = stringList(value);
    if (list === undefined) return { problem: `${type} must be a string or a list of them` };
    const wrong = list.find((principal) => !form.test(principal));
    if (wrong !== undefined) return { problem: `"${wrong}" is not a ${type} principal` };
    found[type] = list;
  }
  return {
    ram: found["RAM"] ?? [],
    service: found["Service"] ?? [],
    federated: found["Federated"] ?? [],
    listed: [],
  };
}

function bucketPrincipalsFrom(json: unknown): Principals | { readonly problem: string } {
  const listed = stringList(json);
  if (listed === undefined) return { problem: "must be a list of UIDs, arn:sts ARNs or *" };
  const wrong = listed.find(
    (principal) =>
      principal !== "*" &&
      !/^\d+$/.test(principal) &&
      !/^arn:sts::[\d*?]+:[\w*?-]+\/[\w.*?-]+\/[\w.@*?-]+$/.test(principal),
  );
  if (wrong !== undefined) return { problem: `"${wrong}" is neither a UID, an arn:sts ARN, nor *` };
  return { ram: [], service: [], federated: [], listed };
}

function stringList(json: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (list.length === 0 || !list.every((value) => typeof value === "string")) return undefined;
  return list;
}

/** The role that an ARN of a role or of its session is about, its name in lower case, or undefined for any other ARN. */
function roleOf(arn: string): string | undefined {
  const [account, name] = /^acs:ram::(\d+):role\/([^/]+)(?:\/[^/]+)?$/.exec(arn)?.slice(1) ?? [];
  return account === undefined || name === undefined
    ? undefined
    : `acs:ram::${account}:role/${asciiLowerCase(name)}`;
}

/** The name that OSS gives a session, its role in lower case, or undefined when the ARN is not of a session. */
function assumedRoleOf(arn: string): string | undefined {
  const [account, role, session] = /^acs:ram::(\d+):role\/([^/]+)\/([^/]+)$/.exec(arn)?.slice(1) ?? [];
  if (account === undefined || role === undefined || session === undefined) return undefined;
  return `arn:sts::${account}:assumed-role/${asciiLowerCase(role)}/${session}`;
}

function withLowerCaseRole(principal: string): string {
  const [account = "", role = "", ...session] = principal.split("/");
  return [account, asciiLowerCase(role), ...session].join("/");
}
