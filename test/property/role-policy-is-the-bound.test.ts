import fc from "fast-check";
import { expect, it } from "vitest";
import { evaluate } from "../../sandbox/ram/evaluate.ts";
import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import {
  attemptsIn,
  CALLERS,
  callers,
  FENCE_CASES,
  FENCE_TIMEOUT_MS,
  picks,
  policyAllows,
  requestOf,
  validRules,
} from "../support/near-fence.ts";
import { BUCKET } from "../support/valet.ts";

const ATTEMPTS = 5;

it("the role's policy allows whatever any session policy allows", { timeout: FENCE_TIMEOUT_MS }, () => {
  let allowed = 0;
  fc.assert(
    fc.property(validRules, callers, picks(ATTEMPTS), ({ value: rules }, all, attempts) => {
      const document = JSON.stringify(rolePolicyFor(rules, BUCKET));
      for (const { policy, attempt } of attemptsIn(rules, all, attempts)) {
        if (!policyAllows(policy, attempt)) continue;
        allowed += 1;
        const decision = evaluate(requestOf(attempt), { identity: [{ name: "role", document }] });
        if (decision.effect !== "Allow") expect.fail(`${decision.because}: ${document}`);
      }
    }),
    { numRuns: Math.ceil(FENCE_CASES / (CALLERS * ATTEMPTS)) },
  );
  expect(allowed).toBeGreaterThan(FENCE_CASES / 50);
});
