import fc from "fast-check";
import { type AccessRequest, evaluate } from "../../sandbox/ram/evaluate.ts";
import { type AccessGrant, accessGrantFor, type Wanted } from "../../shared/domain/grant/access-grant.ts";
import { type Principal, principalFrom } from "../../shared/domain/grant/principal.ts";
import { sessionNameFor } from "../../shared/domain/policy/session-name.ts";
import { sessionPolicyFor } from "../../shared/domain/policy/session-policy.ts";
import { hashSegment } from "../../shared/domain/prefix/prefix-template.ts";
import { type AccessRulesResult, accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { claimsVerifiedFor } from "../../shared/domain/token/verified-claims.ts";
import { accessFile, BUCKET, LOGIN, PARTNER, prefixOf } from "./valet.ts";

/** Attempts that each property judges: FENCE_CASES, or few enough for every run of the suite. */
export const FENCE_CASES = Number(process.env["FENCE_CASES"] ?? 4_000);

/** The same for the one property on which all others stand: the evaluator and the grant say the same. Some seconds. */
export const AGREEMENT_CASES = Number(process.env["FENCE_CASES"] ?? 100_000);

/** Milliseconds that a property may take: ample for a machine that is busy with other things. */
export const FENCE_TIMEOUT_MS = 60_000 + AGREEMENT_CASES * 10;

/** The address that requests for credentials come from. */
export const ADDRESS = "192.0.2.1";

const OTHER_BUCKET = "other-bucket";
const BASES = ["alice", "bob", "al", "users", "teams", "login", "partner", "shared", "auth0|5f7c"];
export const ISSUER_URLS = [LOGIN.issuer, PARTNER.issuer];

/** A user's or team's name, and what is just beside it: mostly usable names, sometimes what must be refused. */
export const nearName: fc.Arbitrary<string> = fc.constantFrom(...BASES).chain((base) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(base) },
    {
      weight: 5,
      arbitrary: fc.constantFrom(
        `${base}a`,
        `${base}.`,
        `${base}-`,
        `${base}@x`,
        base.slice(0, -1),
        base.toUpperCase(),
        base.charAt(0).toUpperCase() + base.slice(1),
        `_${base}`,
        // Names derived from another's: a user may be called like somebody's digest or session.
        hashSegment(LOGIN.issuer, base),
        hashSegment(PARTNER.issuer, base),
        sessionNameFor({ issuerUrl: LOGIN.issuer, user: base }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        "*",
        "?",
        `${base}*`,
        `${base.slice(0, -1)}?`,
        `${base}/`,
        `${base}/x`,
        `../${base}`,
        `${base}/../bob`,
        "..",
        ".",
        `.${base}`,
        `${base}..`,
        `${base} `,
        `${base}\u0000`,
        `${base}%2fx`,
        "\u0430lice",
        "e\u0301",
        "\u00e9",
        "\ud800",
        "{sub}",
        "爱丽丝",
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  ),
);

const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("users", "teams", "shared", "alice", "alicea", "al", "login") },
  { weight: 1, arbitrary: fc.constantFrom(hashSegment(LOGIN.issuer, "alice"), "my files") },
  {
    weight: 5,
    arbitrary: fc.constantFrom("{sub}", "{sub}", "{sub:hash}", "{team}", "{team:hash}", "{issuer}"),
  },
);

const permissions = fc.subarray(["read", "write", "list", "delete"], { minLength: 1 });

const anyRule = fc.record(
  {
    prefix: fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `${segments.join("/")}/`),
    allow: permissions,
    actions: fc.subarray(["oss:GetObjectAcl", "oss:DeleteObject"]),
    issuer: fc.constantFrom("login", "partner"),
    when: fc.constantFrom<unknown>({ role: "editor" }, { role: ["editor", "auditor"] }, "signed-in"),
    bucket: fc.constantFrom(BUCKET, OTHER_BUCKET),
    sourceIp: fc.constant("request"),
    secureTransport: fc.constant(true),
  },
  { requiredKeys: ["prefix", "allow"] },
);

/** Folders of users inside a folder that some may see: what is accepted only with a word to the operator. */
const AUDITED = [
  { prefix: "users/", allow: ["read", "list"], when: { role: "auditor" }, issuer: "login" },
  { prefix: "users/{sub}/", allow: ["read", "write", "list", "delete"], issuer: "login" },
] as const;

const rule = fc.oneof(
  { weight: 5, arbitrary: anyRule },
  { weight: 1, arbitrary: fc.constantFrom(...AUDITED) },
);

/** Rules that access.yaml's check accepts: of random ones, each that the check takes beside those before it. */
export const validRules: fc.Arbitrary<Extract<AccessRulesResult, { ok: true }>> = fc
  .record({
    issuers: fc.constantFrom([LOGIN], [LOGIN], [LOGIN, PARTNER]),
    candidates: fc.array(rule, { minLength: 1, maxLength: 5 }),
  })
  .map(({ issuers, candidates }) => {
    let accepted: Extract<AccessRulesResult, { ok: true }> | undefined;
    const rules: object[] = [];
    for (const [index, candidate] of candidates.entries()) {
      const { issuer, ...anybody } = candidate;
      const named = { name: `rule ${index}`, ...(issuers.length > 1 ? candidate : anybody) };
      const result = accessRulesFrom(accessFile({ issuers, rules: [...rules, named] }));
      if (!result.ok) continue;
      rules.push(named);
      accepted = result;
    }
    return accepted;
  })
  .filter((accepted) => accepted !== undefined);

/** The token of a user near others. */
export const claimsNearFence = fc.record(
  { sub: nearName, team: nearName, role: fc.constantFrom("editor", "auditor", "reader") },
  { requiredKeys: ["sub"] },
);

/** Callers that each set of rules is tried with. */
export const CALLERS = 4;

export interface Caller {
  readonly issuer: "login" | "partner";
  readonly claims: Readonly<Record<string, unknown>>;
}

export const caller: fc.Arbitrary<Caller> = fc.record({
  issuer: fc.constantFrom("login", "login", "partner"),
  claims: claimsNearFence,
});

export const callers = fc.array(caller, { minLength: CALLERS, maxLength: CALLERS });

/** undefined where the claims name no usable user. */
export function principalFor(rules: AccessRules, { issuer, claims }: Caller): Principal | undefined {
  const known = rules.issuers.some(({ name }) => name === issuer) ? issuer : "login";
  const result = principalFrom(claimsVerifiedFor(known, claims), rules);
  return result.ok ? result.value : undefined;
}

export function grantFor(
  rules: AccessRules,
  principal: Principal,
  wanted: Wanted = {},
): AccessGrant | undefined {
  const result = accessGrantFor(principal, rules, wanted, { bucket: BUCKET, sourceIp: ADDRESS });
  return result.ok ? result.value : undefined;
}

export function policyFor(grant: AccessGrant): string | undefined {
  const result = sessionPolicyFor(grant);
  return result.ok ? result.value : undefined;
}

/** A caller who is granted something. */
export interface Granted {
  readonly principal: Principal;
  readonly grant: AccessGrant;
}

/** The callers that the rules grant something, each with the grant. */
export function grantedIn(rules: AccessRules, all: readonly Caller[]): readonly Granted[] {
  return all.flatMap((who) => {
    const principal = principalFor(rules, who);
    const grant = principal && grantFor(rules, principal);
    return principal === undefined || grant === undefined ? [] : [{ principal, grant }];
  });
}

/** The callers that get credentials, each with the grant and the session policy. */
export function vendedIn(
  rules: AccessRules,
  all: readonly Caller[],
): readonly (Granted & { readonly policy: string })[] {
  return grantedIn(rules, all).flatMap((granted) => {
    const policy = policyFor(granted.grant);
    return policy === undefined ? [] : [{ ...granted, policy }];
  });
}

/** What each caller with credentials tries, near the fence of its own grant. */
export function attemptsIn(
  rules: AccessRules,
  all: readonly Caller[],
  attempts: readonly (readonly number[])[],
): readonly { readonly grant: AccessGrant; readonly policy: string; readonly attempt: Attempt }[] {
  return vendedIn(rules, all).flatMap(({ grant, policy }) =>
    attempts.map((pick) => ({ grant, policy, attempt: attemptNear([grant], pick) })),
  );
}

/** One thing that somebody tries with credentials: on an object, or a listing by prefix (undefined: of everything). */
export interface Attempt {
  readonly action: string;
  readonly bucket: string;
  readonly key: string | undefined;
  readonly address: string;
  readonly tls: boolean;
}

const OBJECT_ATTEMPTS = [
  "oss:GetObject",
  "oss:PutObject",
  "oss:DeleteObject",
  "oss:AbortMultipartUpload",
  "oss:ListParts",
  "oss:GetObjectAcl",
  "oss:PutObjectAcl",
  "oss:GetObjectVersion",
];
const BUCKET_ATTEMPTS = [
  "oss:ListObjects",
  "oss:ListObjectVersions",
  "oss:ListMultipartUploads",
  "oss:GetBucketAcl",
];

/** Permission → actions once more, written apart from the product's table. */
export const MEANING: Readonly<Record<string, readonly string[]>> = {
  read: ["oss:GetObject"],
  write: ["oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"],
  list: ["oss:ListObjects"],
  delete: ["oss:DeleteObject"],
};

/** An attempt just inside or outside of the grants, chosen by numbers. */
export function attemptNear(grants: readonly AccessGrant[], pick: readonly number[]): Attempt {
  const statements = grants.flatMap((grant) => grant.statements);
  const [first = 0, second = 0, third = 0, fourth = 0] = pick;
  const statement = statements[first % Math.max(1, statements.length)];
  const prefix: string = statement?.prefix ?? "users/alice/";
  const keys = keysNear(prefix);
  const granted = [
    ...(statement?.permissions ?? []).flatMap((name) => MEANING[name] ?? []),
    ...(statement?.actions ?? []),
  ];
  const attempts = second % 3 > 0 && granted.length > 0 ? granted : [...OBJECT_ATTEMPTS, ...BUCKET_ATTEMPTS];
  const action = attempts[second % attempts.length] ?? "oss:GetObject";
  const key = third % 2 === 0 ? `${prefix}a.jpg` : keys[third % keys.length];
  const own = statement?.bucket ?? BUCKET;
  return {
    action,
    bucket: [own, own, own, own, BUCKET, OTHER_BUCKET, `${own}2`, own.slice(0, -1)][fourth % 8] ?? own,
    key: BUCKET_ATTEMPTS.includes(action) ? key : (key ?? ""),
    address: fourth % 7 === 0 ? "192.0.2.2" : ADDRESS,
    tls: fourth % 5 !== 0,
  };
}

/** Keys and listed prefixes on both sides of a prefix's fence. */
export function keysNear(prefix: string): readonly (string | undefined)[] {
  const folder = prefix.slice(0, -1);
  const parent = folder.slice(0, folder.lastIndexOf("/") + 1);
  return [
    `${prefix}a.jpg`,
    `${prefix}x/y/z`,
    prefix,
    `${prefix}*`,
    `${prefix}../bob/a.jpg`,
    folder,
    folder.slice(0, -1),
    `${folder}a/a.jpg`,
    `${folder}*`,
    `${folder}?`,
    `${folder}\uff0fa.jpg`,
    `${folder}%2Fa.jpg`,
    `${folder.toUpperCase()}/a.jpg`,
    `/${prefix}a.jpg`,
    `x${prefix}a.jpg`,
    parent,
    `${parent}*`,
    `${parent}bob/a.jpg`,
    `${parent}.../a.jpg`,
    "*",
    "",
    undefined,
  ];
}

/** As OSS authorises it: objects by bucket and key, everything on a bucket by the bucket and the prefix asked for. */
export function requestOf(attempt: Attempt): AccessRequest {
  const { action, bucket, key, address, tls } = attempt;
  const context = { "acs:SourceIp": address, "acs:SecureTransport": String(tls) };
  return BUCKET_ATTEMPTS.includes(action)
    ? {
        action,
        resource: `acs:oss:*:1234567890123456:${bucket}`,
        context: { ...context, ...(key === undefined ? {} : { "oss:Prefix": key }) },
      }
    : { action, resource: `acs:oss:*:1234567890123456:${bucket}/${key ?? ""}`, context };
}

const WHOLE_ROLE = {
  name: "role",
  document: JSON.stringify({
    Version: "1",
    Statement: [{ Effect: "Allow", Action: "oss:*", Resource: "*" }],
  }),
};

/** Whether a session with this policy may, judged by the sandbox; the role itself may everything. */
export function policyAllows(document: string, attempt: Attempt): boolean {
  const layers = { identity: [WHOLE_ROLE], session: { name: "session", document } };
  return evaluate(requestOf(attempt), layers).effect === "Allow";
}

/** Whether the grant itself, as a decision in words, has the attempt in it. */
export function grantCovers(grant: AccessGrant, attempt: Attempt): boolean {
  return grant.statements.some((statement) => {
    const actions = [...statement.permissions.flatMap((name) => MEANING[name] ?? []), ...statement.actions];
    return (
      actions.includes(attempt.action) &&
      statement.bucket === attempt.bucket &&
      attempt.key?.startsWith(statement.prefix) === true &&
      (statement.sourceIp === undefined || statement.sourceIp === attempt.address) &&
      (!statement.secureTransport || attempt.tls)
    );
  });
}

/** What a request may ask for, near the fence of the grant. */
export function wantedNear(grant: AccessGrant, pick: readonly number[]): Wanted {
  const [first = 0, second = 0, third = 0] = pick;
  const prefix: string = grant.statements[first % grant.statements.length]?.prefix ?? "users/";
  const folder = prefix.slice(0, -1);
  const parent = folder.slice(0, folder.lastIndexOf("/") + 1);
  const prefixes = [
    prefix,
    `${prefix}photos/`,
    `${folder}a/`,
    `${folder.toUpperCase()}/`,
    "users/",
    ...(parent === "" ? [] : [parent]),
  ];
  const subsets = [
    ["read"],
    ["write"],
    ["list"],
    ["delete"],
    ["read", "list"],
    ["read", "write", "list", "delete"],
  ] as const;
  const asked = prefixes[second % (prefixes.length + 2)];
  const permissions = subsets[third % (subsets.length + 3)];
  const durationSeconds = [900, 1800, 3600, 3601, 43_200][(first + third) % 8];
  return {
    ...(asked === undefined ? {} : { prefix: prefixOf(asked) }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
}

/** Numbers that choose among what is near a fence. */
export const picks = (count: number): fc.Arbitrary<readonly (readonly number[])[]> =>
  fc.array(fc.array(fc.nat({ max: 100_000 }), { minLength: 4, maxLength: 4 }), {
    minLength: count,
    maxLength: count,
  });
