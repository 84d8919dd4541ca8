import fc from "fast-check";
import { expect, it } from "vitest";
import { evaluate } from "../../sandbox/ram/evaluate.ts";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import type { AccessRules, Rule } from "../../shared/domain/rules/rule.ts";
import {
  type Attempt,
  attemptNear,
  attemptsIn,
  CALLERS,
  callers,
  FENCE_CASES,
  FENCE_TIMEOUT_MS,
  grantCovers,
  grantedIn,
  MEANING,
  picks,
  policyAllows,
  requestOf,
  validRules,
} from "../support/near-fence.ts";
import { BUCKET } from "../support/valet.ts";

const ATTEMPTS = 10;
const RUNS = Math.ceil(FENCE_CASES / (CALLERS * ATTEMPTS));

/** Some rules for report alone; some that name the teams that they are for, usable names or not. */
const rulesNamingTeams: fc.Arbitrary<AccessRules> = fc
  .record({
    rules: validRules,
    teams: fc.array(
      fc.option(
        fc.subarray(["red", "alice", "a*", "teams/red", "", "..", 5, true] as const, { minLength: 1 }),
        { nil: undefined },
      ),
      { minLength: 5, maxLength: 5 },
    ),
    reported: fc.array(fc.constantFrom(false, false, false, true), { minLength: 5, maxLength: 5 }),
  })
  .map(({ rules: { value }, teams, reported }) => ({
    ...value,
    rules: value.rules.map((rule, index): Rule => {
      const named = teams[index];
      return {
        ...rule,
        mode: reported[index] === true ? "report" : "enforce",
        when: named === undefined ? rule.when : new Map([...rule.when, ["team", named]]),
      };
    }),
  }));

it("the role policy never stands in the way: what anybody is granted, role and session policy allow together", {
  timeout: FENCE_TIMEOUT_MS,
}, () => {
  let allowed = 0;
  fc.assert(
    fc.property(rulesNamingTeams, callers, picks(ATTEMPTS), (rules, all, attempts) => {
      const role = roleFor(rules);
      for (const { grant, policy, attempt } of attemptsIn(rules, all, attempts)) {
        if (!grantCovers(grant, attempt)) continue;
        allowed += 1;
        const decision = evaluate(requestOf(attempt), {
          identity: [{ name: "role", document: role }],
          session: { name: "session", document: policy },
        });
        if (decision.effect !== "Allow") expect.fail(`${decision.because}: ${role}`);
      }
    }),
    { numRuns: RUNS * 2 },
  );
  expect(allowed).toBeGreaterThan(FENCE_CASES / 40);
});

it("the role policy is the rules and nothing beyond: it allows what a rule's prefix is, with anything in place of a claim", {
  timeout: FENCE_TIMEOUT_MS,
}, () => {
  const seen = { allowed: 0, denied: 0 };
  fc.assert(
    fc.property(rulesNamingTeams, callers, picks(ATTEMPTS), (rules, all, attempts) => {
      const role = roleFor(rules);
      const grants = grantedIn(rules, all).map(({ grant }) => grant);
      for (const pick of attempts) {
        const attempt = attemptNear(grants, pick);
        const allowed =
          evaluate(requestOf(attempt), { identity: [{ name: "role", document: role }] }).effect === "Allow";
        seen[allowed ? "allowed" : "denied"] += 1;
        const wanted = rules.rules.some((rule) => isWithin(rule, rules, attempt));
        if (allowed !== wanted)
          expect.fail(`${JSON.stringify(attempt)} is ${allowed ? "allowed" : "denied"} by ${role}`);
      }
    }),
    { numRuns: RUNS * 2 },
  );
  expect(seen.allowed).toBeGreaterThan(FENCE_CASES / 40);
  expect(seen.denied).toBeGreaterThan(FENCE_CASES / 4);
});

it("rules for report alone make a policy that RAM takes, and that allows nothing", () => {
  fc.assert(
    fc.property(validRules, picks(ATTEMPTS), ({ value }, attempts) => {
      const rules = { ...value, rules: value.rules.map((rule): Rule => ({ ...rule, mode: "report" })) };
      for (const pick of attempts) expect(policyAllows(roleFor(rules), attemptNear([], pick))).toBe(false);
    }),
    { numRuns: 20 },
  );
});

it("the role policy says the same whatever the order of the rules: provision sees no change where there is none", () => {
  fc.assert(
    fc.property(rulesNamingTeams, fc.nat(), (rules, seed) => {
      const turned = [...rules.rules];
      turned.push(...turned.splice(0, seed % turned.length));
      expect(rolePolicyFor({ ...rules, rules: turned }, BUCKET)).toEqual(rolePolicyFor(rules, BUCKET));
    }),
    { numRuns: 200 },
  );
});

/** As text, whose grammar RAM takes. */
function roleFor(rules: AccessRules): string {
  const document = JSON.stringify(rolePolicyFor(rules, BUCKET));
  expect(policyGrammarProblem(document, "identity")).toBeUndefined();
  return document;
}

/** Of the rule's own words: RAM has no wildcard that stops at a slash, so that a claim's place takes any text. */
function isWithin(rule: Rule, rules: AccessRules, attempt: Attempt): boolean {
  const actions = [...rule.permissions.flatMap((name) => MEANING[name] ?? []), ...rule.actions];
  if (rule.mode === "report" || !actions.includes(attempt.action)) return false;
  if ((rule.bucket ?? BUCKET) !== attempt.bucket) return false;
  const names = rules.issuers.map(({ name }) => name).filter((name) => (rule.issuer ?? name) === name);
  const pattern = rule.prefix.text.replace(/[^{}]+|\{[^}]*\}/g, (part) => {
    if (!part.startsWith("{")) return escaped(part);
    if (part === "{issuer}") return `(${names.map(escaped).join("|")})`;
    const values = rule.when.get(part.slice(1, -1));
    // {team:hash} is a digest of whatever the team is called, and {team} what it is called, where it may be.
    if (values === undefined) return "[^]*";
    const usable = values.filter((value) => value === "red" || value === "alice");
    return usable.length === 0 ? "(?!)" : `(${usable.map((value) => escaped(String(value))).join("|")})`;
  });
  return new RegExp(`^${pattern}`).test(attempt.key ?? "");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
