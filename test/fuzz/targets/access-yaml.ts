import { stringify } from "yaml";
import { accessFileFrom } from "../../../cli/shared/access-file.ts";
import { ruleOutcomes } from "../../../shared/domain/grant/rule-outcome.ts";
import type { AccessRules } from "../../../shared/domain/rules/rule.ts";
import { ADDRESS, type Caller, principalFor } from "../../support/near-fence.ts";
import { BUCKET } from "../../support/valet.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

const SMALL = `issuers:
  - name: login
    issuer: https://login.example.com/
    audience: photo-app
    jwks: https://login.example.com/.well-known/jwks.json
rules:
  - name: own folder
    allow: [read, write, list, delete]
    prefix: users/{sub}/
`;

const LARGE = `issuers:
  - { name: login, issuer: "https://login.example.com/", audience: [a, b], secret: JWT_SECRET, algorithms: [HS256] }
  - name: partner
    issuer: https://partner.example.net/
    audience: photo-app
    jwks: https://partner.example.net/keys
    tokenTypes: [at+jwt]
    maxTokenAge: 3600
session: { duration: 1800, maxDuration: 3600 }
rules:
  - name: photos
    issuer: login
    allow: [read, upload]
    prefix: photos/{sub:hash}/
    upload: { maxBytes: 10MB, contentTypes: [image/jpeg, image/*], overwrite: false }
  - name: team
    issuer: login
    allow: [read, list]
    prefix: teams/{team}/
    when: { role: [editor, auditor] }
    bucket: other-bucket
    duration: 900
    mode: report
  - name: theirs
    issuer: partner
    allow: [read]
    actions: [oss:GetObjectAcl]
    prefix: partner/{sub}/
    sourceIp: request
    secureTransport: true
deny:
  - { user: mallory, issuer: login, reason: left }
  - { issuedBefore: 2026-11-01T00:00:00Z, reason: leak }
tests:
  - name: own photos
    issuer: login
    claims: { sub: alice, team: red, role: editor }
    cannot: [read photos/bob/a.jpg]
`;

/** Users whose names lie close together, of both issuers. */
const CALLERS: readonly Caller[] = [
  "alice",
  "alicea",
  "al",
  "bob",
  "users",
  "photos",
  "red",
  "login",
  "partner",
].flatMap((sub) =>
  (["login", "partner"] as const).map((issuer) => ({
    issuer,
    claims: { sub, team: "red", role: "editor", email: `${sub}@example.com` },
  })),
);

/**
 * The text of access.yaml. It is rules, or a list of problems that each name file, line and column. What is accepted is
 * accepted again with the same rules when it is written by another program. In accepted rules, no folder that names a user
 * is reached by another user's.
 */
export const target: FuzzTarget = {
  name: "access-yaml",
  seeds: [
    SMALL,
    LARGE,
    JSON.stringify({ issuers: [], rules: [] }),
    "",
    "- a\n",
    "a: &x [1]\nb: *x\n",
    "\ufeff---\n",
  ],
  dictionary: [
    "{sub}/",
    "{sub:hash}",
    "{issuer}",
    "allow: [read]\n",
    "  - name: x\n",
    "when: signed-in",
    "<<: *a",
    "!!js/function",
    "&a ",
    "*a",
    "? ",
    "|\n",
    ">-\n",
    "users/",
    "e\u0301",
    "\u0455ub",
  ],
  maxLength: 4_000,
  testExecutions: 120,
  run: (input) => {
    const text = input.toString("utf8");
    const result = accessFileFrom(text, "access.yaml");
    if (!result.ok) {
      law("a file that is refused has a problem", result.problems.length > 0);
      for (const problem of result.problems) checkProblem(problem);
      return;
    }
    for (const warning of result.warnings) checkProblem(warning);
    const again = accessFileFrom(stringify(result.content), "again.yaml");
    law("what is accepted is accepted again when another program has written it", again.ok, () =>
      again.ok ? "" : again.problems,
    );
    if (again.ok) law("the same content gives the same rules", sameRules(result.rules, again.rules));
    checkApart(result.rules, result.warnings);
  },
};

function checkProblem(problem: string): void {
  law("a problem names the file and a place", /^access\.yaml(?::\d+:\d+)? /.test(problem), () => problem);
  law("a problem is one line", !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(problem), () => problem);
}

function sameRules(one: AccessRules, other: AccessRules): boolean {
  return text(one) === text(other);
}

function text(rules: AccessRules): string {
  return JSON.stringify(rules, (_name, value: unknown) => (value instanceof Map ? [...value] : value));
}

/** As test/property/principals-never-meet.test.ts has it, for rules that nobody generated. */
function checkApart(rules: AccessRules, warnings: readonly string[]): void {
  const told = warnings.join("\n");
  const places = CALLERS.flatMap((caller) => {
    const principal = principalFor(rules, caller);
    if (principal === undefined || !rules.issuers.some(({ name }) => name === caller.issuer)) return [];
    const { userClaim } = rules.issuers.find(({ name }) => name === caller.issuer) ?? {};
    return ruleOutcomes(principal, rules, { bucket: BUCKET, sourceIp: ADDRESS }).flatMap(
      ({ rule, outcome }) =>
        outcome.kind !== "matched"
          ? []
          : [
              {
                principal,
                rule,
                prefix: outcome.prefix,
                bucket: rule.bucket ?? BUCKET,
                namesUser: rule.prefix.segments.some(
                  (segment) => "claim" in segment && segment.claim === userClaim,
                ),
              },
            ],
    );
  });
  for (const mine of places) {
    if (!mine.namesUser) continue;
    for (const theirs of places) {
      const same =
        mine.principal.user === theirs.principal.user && mine.principal.issuer === theirs.principal.issuer;
      if (same || mine.bucket !== theirs.bucket || !mine.prefix.startsWith(theirs.prefix)) continue;
      law("a user's folder is reached by no other user's folder", !theirs.namesUser, () => [
        mine.prefix,
        theirs.prefix,
      ]);
      law("the operator knows who sees users' folders", told.includes(mine.rule.name), () => [
        mine.prefix,
        theirs.prefix,
      ]);
    }
  }
}
