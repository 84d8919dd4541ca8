import { principalFrom } from "../../../shared/domain/grant/principal.ts";
import { provenSessionPolicy } from "../../../shared/domain/policy/policy-proof.ts";
import { sessionNameFor } from "../../../shared/domain/policy/session-name.ts";
import { sessionPolicyFor } from "../../../shared/domain/policy/session-policy.ts";
import { claimsVerifiedFor } from "../../../shared/domain/token/verified-claims.ts";
import {
  ADDRESS,
  type Attempt,
  grantCovers,
  grantFor,
  keysNear,
  policyAllows,
  policyFor,
  principalFor,
} from "../../support/near-fence.ts";
import { accessFile, BUCKET, LOGIN, PARTNER, rulesOf } from "../../support/valet.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

/** Rules of every kind. `own`: the part of each rule that is one user's alone begins with a prefix that names the user. */
const RULE_SETS = [
  [{ name: "own", allow: ["read", "write", "list", "delete"], prefix: "users/{sub}/" }],
  [{ name: "hashed", allow: ["read", "write", "list"], prefix: "users/{issuer}/{sub:hash}/" }],
  [
    { name: "own", allow: ["read", "write"], prefix: "u/{sub}/", sourceIp: "request", secureTransport: true },
    { name: "team", allow: ["read", "list"], prefix: "teams/{team}/", when: { role: ["editor", "auditor"] } },
    { name: "all", allow: ["read"], prefix: "public/", actions: ["oss:GetObjectAcl"] },
  ],
].map((rules) =>
  rulesOf(
    accessFile({
      issuers: [LOGIN, PARTNER],
      rules: rules.map((rule) => ({ issuer: "login", ...rule })),
      deny: [{ issuer: "login", user: "mallory", reason: "left" }],
    }),
  ),
);

/** Users whose keys nobody else may reach. */
const VICTIMS = ["alice", "bob", "al", "alice@example.com", "auth0|5f7c"].map((sub) => ({
  issuer: "login" as const,
  claims: { sub, team: `team-${sub.length}`, role: "editor" },
}));

const ACTIONS = ["oss:GetObject", "oss:PutObject", "oss:DeleteObject", "oss:ListObjects", "oss:GetObjectAcl"];

/** What each victim may, and some of what only that victim may. */
const OWNED = RULE_SETS.map((rules) =>
  VICTIMS.flatMap((victim) => {
    const principal = principalFor(rules, victim);
    const grant = principal && grantFor(rules, principal);
    const policy = grant && policyFor(grant);
    if (principal === undefined || grant === undefined || policy === undefined) return [];
    const [first] = grant.statements;
    return first === undefined ? [] : [{ principal, policy, prefix: first.prefix }];
  }),
);

/**
 * Verified claims, which a user may have chosen, through rules, grant and policy. Whatever they are: no policy opens a key
 * of another user; the sandbox's evaluator and the grant agree on every attempt near the fence; and a policy that the
 * renderer wrote is proven, as a flaw would be a 500.
 */
export const target: FuzzTarget = {
  name: "claims",
  seeds: [
    { rules: 0, issuer: "login", claims: { sub: "alice" } },
    { rules: 0, issuer: "login", claims: { sub: "bob", iat: 1 } },
    { rules: 0, issuer: "partner", claims: { sub: "alice" } },
    { rules: 1, issuer: "login", claims: { sub: "a*?/..\u0000爱\ud83d\ude00" } },
    { rules: 2, issuer: "login", claims: { sub: "alice", team: "red", role: "editor" } },
    { rules: 2, issuer: "login", claims: { sub: "carol", team: "blue", role: ["x", "auditor"] } },
    { rules: 2, issuer: "login", claims: { sub: "mallory", team: "../x" } },
  ].map((one) => JSON.stringify(one)),
  dictionary: [
    "alice",
    "bob",
    "al",
    "alice/",
    "users/",
    "{sub}",
    "team",
    "role",
    "editor",
    "*",
    "?",
    "\x24{x}",
    "sub",
  ],
  maxLength: 3_000,
  mutate: (input, { json }) => json(input),
  run: (input) => {
    const given = caseOf(input);
    if (given === undefined) return;
    const { rules, owned, issuer, claims } = given;
    const made = principalFrom(claimsVerifiedFor(issuer, claims), rules);
    if (!made.ok) {
      law(
        "claims are refused as such",
        ["CLAIM_INVALID", "TOKEN_INVALID"].includes(made.refusal.code),
        () => made.refusal,
      );
      return;
    }
    const principal = made.value;
    law("a session's name is one that STS takes", /^[A-Za-z0-9.@_-]{2,64}$/.test(sessionNameFor(principal)));
    const grant = grantFor(rules, principal);
    if (grant === undefined) return;
    const rendered = sessionPolicyFor(grant);
    law("a policy fits into STS' limit", rendered.ok, () => rendered);
    if (!rendered.ok) return;
    const proven = provenSessionPolicy(rendered.value, grant);
    law("a rendered policy is proven", proven.ok, () => ({ proven, policy: rendered.value }));
    const policy: string = rendered.value;
    for (const victim of owned) {
      if (victim.principal.user === principal.user && victim.principal.issuer === principal.issuer) continue;
      for (const action of ACTIONS) {
        const [theirs, mine] = [
          attempt(action, `${victim.prefix}a.jpg`),
          attempt(action, `${grant.statements[0]?.prefix}a.jpg`),
        ];
        law("no policy opens another user's key", !policyAllows(policy, theirs), () => ({ theirs, policy }));
        law(
          "no other user's policy opens this one's key",
          isShared(mine) || !policyAllows(victim.policy, mine),
          () => ({ mine, policy: victim.policy }),
        );
      }
    }
    for (const { prefix } of grant.statements) {
      for (const [index, key] of keysNear(prefix).entries()) {
        const one = attempt(ACTIONS[index % ACTIONS.length] ?? "oss:GetObject", key ?? "");
        law("policy and grant agree", policyAllows(policy, one) === grantCovers(grant, one), () => ({
          one,
          policy,
        }));
      }
    }
  },
};

function attempt(action: string, key: string): Attempt {
  return { action, bucket: BUCKET, key, address: ADDRESS, tls: true };
}

/** Keys of a team or of everybody. */
function isShared({ key }: Attempt): boolean {
  return /^(?:teams|public)\//.test(key ?? "");
}

function caseOf(input: Buffer) {
  let parsed: { rules?: unknown; issuer?: unknown; claims?: unknown } | null;
  try {
    parsed = JSON.parse(input.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { rules: index, issuer, claims } = parsed;
  if (typeof index !== "number") return undefined;
  const [rules, owned] = [RULE_SETS[index], OWNED[index]];
  if (rules === undefined || owned === undefined || (issuer !== "login" && issuer !== "partner"))
    return undefined;
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) return undefined;
  // As the verifier hands them over: without a prototype.
  const bare: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), claims);
  return { rules, owned, issuer, claims: bare };
}
