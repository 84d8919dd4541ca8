import fc from "fast-check";
import { expect, it } from "vitest";
import type { AccessGrant } from "../../shared/domain/grant/access-grant.ts";
import { provenSessionPolicy } from "../../shared/domain/policy/policy-proof.ts";
import { MAX_SESSION_POLICY_BYTES, sessionPolicyFor } from "../../shared/domain/policy/session-policy.ts";
import {
  AGREEMENT_CASES,
  attemptNear,
  attemptsIn,
  CALLERS,
  callers,
  FENCE_CASES,
  FENCE_TIMEOUT_MS,
  grantCovers,
  grantedIn,
  grantFor,
  picks,
  policyAllows,
  policyFor,
  principalFor,
  validRules,
  wantedNear,
} from "../support/near-fence.ts";

const ATTEMPTS = 10;
const RUNS = Math.ceil(FENCE_CASES / (CALLERS * ATTEMPTS));

it("the session policy allows exactly the grant: the sandbox's evaluator and the decision agree near the fence", {
  timeout: FENCE_TIMEOUT_MS,
}, () => {
  const seen = { allowed: 0, denied: 0 };
  fc.assert(
    fc.property(validRules, callers, picks(ATTEMPTS), ({ value: rules }, all, attempts) => {
      for (const { grant, policy, attempt } of attemptsIn(rules, all, attempts)) {
        const allowed = policyAllows(policy, attempt);
        seen[allowed ? "allowed" : "denied"] += 1;
        if (allowed !== grantCovers(grant, attempt))
          expect.fail(`${JSON.stringify(attempt)} is ${allowed ? "allowed" : "denied"} by ${policy}`);
      }
    }),
    // The rules give about half of the callers nothing: with more than twice the runs, AGREEMENT_CASES attempts are judged.
    { numRuns: Math.ceil((AGREEMENT_CASES * 2.2) / (CALLERS * ATTEMPTS)) },
  );
  // The generator must hit both sides of the fence, or it proves nothing.
  expect(seen.allowed).toBeGreaterThan(AGREEMENT_CASES / 20);
  expect(seen.denied).toBeGreaterThan(AGREEMENT_CASES / 4);
});

it("what a request asks for only narrows: never a wider policy, a longer session, or a key outside the prefix", {
  timeout: FENCE_TIMEOUT_MS,
}, () => {
  let narrower = 0;
  fc.assert(
    fc.property(validRules, callers, picks(ATTEMPTS + CALLERS), ({ value: rules }, all, numbers) => {
      for (const [index, who] of all.entries()) {
        const principal = principalFor(rules, who);
        const whole = principal && grantFor(rules, principal);
        if (principal === undefined || whole === undefined) continue;
        const wanted = wantedNear(whole, numbers[index] ?? []);
        const narrowed = grantFor(rules, principal, wanted);
        const [policy, widest] = [narrowed && policyFor(narrowed), policyFor(whole)];
        if (narrowed === undefined || policy === undefined || widest === undefined) continue;
        narrower += policy === widest ? 0 : 1;
        expect(narrowed.sessionSeconds).toBeLessThanOrEqual(rules.session.maxDurationSeconds);
        const { prefix, permissions } = wanted;
        for (const pick of numbers.slice(CALLERS)) {
          const attempt = attemptNear([whole, narrowed], pick);
          if (!policyAllows(policy, attempt)) continue;
          expect(policyAllows(widest, attempt)).toBe(true);
          if (prefix !== undefined) expect(attempt.key?.startsWith(prefix)).toBe(true);
          if (permissions !== undefined && !permissions.includes("delete"))
            expect(attempt.action).not.toBe("oss:DeleteObject");
        }
      }
    }),
    { numRuns: RUNS * 2 },
  );
  expect(narrower).toBeGreaterThan(RUNS / 5);
});

it("a rendered policy is within STS's limit and proven, or the answer is no", {
  timeout: FENCE_TIMEOUT_MS,
}, () => {
  const long = fc.integer({ min: 1, max: 128 }).map((length) => "u".repeat(length));
  const seen = { within: 0, beyond: 0 };
  fc.assert(
    fc.property(validRules, callers, long, fc.nat({ max: 12 }), ({ value: rules }, all, name, more) => {
      const named = all.map((who) => ({ ...who, claims: { ...who.claims, sub: name } }));
      for (const granted of grantedIn(rules, named)) {
        const grant = withMoreFolders(granted.grant, more, name);
        const result = sessionPolicyFor(grant);
        seen[result.ok ? "within" : "beyond"] += 1;
        if (!result.ok) expect(result.refusal).toMatchObject({ code: "SESSION_POLICY_TOO_LONG" });
        else {
          expect(Buffer.byteLength(result.value)).toBeLessThanOrEqual(MAX_SESSION_POLICY_BYTES);
          expect(provenSessionPolicy(result.value, grant)).toEqual(result);
        }
      }
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(seen.within, seen.beyond)).toBeGreaterThan(RUNS / 8);
});

/** Beside the first folder, with a name as long. */
function withMoreFolders(grant: AccessGrant, count: number, name: string): AccessGrant {
  const extra = grant.statements.slice(0, 1).flatMap((first) =>
    Array.from({ length: count }, (_, index) => ({
      ...first,
      prefix: `${"p".repeat(100)}${index}/${name}/` as typeof first.prefix,
    })),
  );
  return { ...grant, statements: [...grant.statements, ...extra] };
}
