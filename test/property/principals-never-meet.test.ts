import fc from "fast-check";
import { expect, it } from "vitest";
import type { Principal } from "../../shared/domain/grant/principal.ts";
import { ruleOutcomes } from "../../shared/domain/grant/rule-outcome.ts";
import { sessionNameFor } from "../../shared/domain/policy/session-name.ts";
import { hashSegment } from "../../shared/domain/prefix/prefix-template.ts";
import type { AccessRules, Rule } from "../../shared/domain/rules/rule.ts";
import {
  ADDRESS,
  attemptNear,
  CALLERS,
  type Caller,
  callers,
  FENCE_CASES,
  FENCE_TIMEOUT_MS,
  grantCovers,
  ISSUER_URLS,
  nearName,
  picks,
  policyAllows,
  principalFor,
  validRules,
  vendedIn,
} from "../support/near-fence.ts";
import { BUCKET } from "../support/valet.ts";

const ATTEMPTS = 6;
const PAIRS = CALLERS * (CALLERS - 1);
const RUNS = Math.ceil(FENCE_CASES / (PAIRS * ATTEMPTS)) * 3;

/** Every two users who are not the same, both ways round. */
function pairsOf<T extends { readonly principal: Principal }>(
  all: readonly T[],
): readonly (readonly [T, T])[] {
  return all.flatMap((one) =>
    all
      .filter(
        ({ principal }) => principal.issuer !== one.principal.issuer || principal.user !== one.principal.user,
      )
      .map((other) => [one, other] as const),
  );
}

function principalsOf(
  rules: AccessRules,
  all: readonly Caller[],
): readonly { readonly principal: Principal }[] {
  return all.flatMap((who) => {
    const principal = principalFor(rules, who);
    return principal === undefined ? [] : [{ principal }];
  });
}

it("no policy of one principal allows what only the other was granted", { timeout: FENCE_TIMEOUT_MS }, () => {
  let onlyTheOthers = 0;
  fc.assert(
    fc.property(validRules, callers, picks(ATTEMPTS), ({ value: rules }, all, attempts) => {
      for (const [mine, theirs] of pairsOf(vendedIn(rules, all))) {
        for (const pick of attempts) {
          const attempt = attemptNear([theirs.grant], pick);
          if (!grantCovers(theirs.grant, attempt) || grantCovers(mine.grant, attempt)) continue;
          onlyTheOthers += 1;
          if (policyAllows(mine.policy, attempt))
            expect.fail(`${JSON.stringify(attempt)} is allowed by ${mine.policy}`);
        }
      }
    }),
    { numRuns: RUNS },
  );
  // The generator must make grants that differ, or it proves nothing.
  expect(onlyTheOthers).toBeGreaterThan(FENCE_CASES / 20);
});

it("in rules that are accepted, a user's folder is never reached by the rule of another user's folder", {
  timeout: FENCE_TIMEOUT_MS,
}, () => {
  const seen = { apart: 0, held: 0 };
  fc.assert(
    fc.property(validRules, callers, ({ value: rules, warnings }, all) => {
      const told = warnings.map(({ is }) => is).join("\n");
      const placed = principalsOf(rules, all).map(({ principal }) => ({
        principal,
        places: placesOf(rules, principal),
      }));
      for (const [one, other] of pairsOf(placed)) {
        for (const mine of one.places) {
          for (const theirs of other.places) {
            if (!namesUser(mine.rule) || mine.bucket !== theirs.bucket) continue;
            const [outer, inner] =
              mine.prefix.length <= theirs.prefix.length ? [mine, theirs] : [theirs, mine];
            const reached = inner.prefix.startsWith(outer.prefix);
            seen[reached ? "held" : "apart"] += 1;
            if (!reached) continue;
            // Only a folder that names no user may hold users' folders, and the operator has been told.
            expect(namesUser(outer.rule), `${outer.prefix} reaches ${inner.prefix}`).toBe(false);
            expect(told).toContain(`(${inner.rule.name})`);
          }
        }
      }
    }),
    // One set of rules in about forty has a folder that holds another: fewer runs could find none by chance.
    { numRuns: Math.max(RUNS * 2, 1_000) },
  );
  expect(seen.apart).toBeGreaterThan(RUNS);
  expect(seen.held).toBeGreaterThan(0);
});

it("two users share neither a session name nor a hashed folder, and STS takes every name", {
  timeout: FENCE_TIMEOUT_MS,
}, () => {
  const usable = nearName.filter((name) => name.isWellFormed() && name !== "");
  const user = fc.record({ issuerUrl: fc.constantFrom(...ISSUER_URLS), user: usable });
  fc.assert(
    fc.property(user, user, (a, b) => {
      const names = [a, b].map(sessionNameFor);
      for (const name of names) expect(name).toMatch(/^[A-Za-z0-9.@_-]{2,64}$/);
      const folders = [a, b].map((one) => hashSegment(one.issuerUrl, one.user));
      const same = a.issuerUrl === b.issuerUrl && a.user === b.user;
      expect(names[0] === names[1]).toBe(same);
      expect(folders[0] === folders[1]).toBe(same);
    }),
    { numRuns: Math.ceil(FENCE_CASES / 5) },
  );
});

function placesOf(rules: AccessRules, principal: Principal) {
  return ruleOutcomes(principal, rules, { bucket: BUCKET, sourceIp: ADDRESS }).flatMap(({ rule, outcome }) =>
    outcome.kind === "matched" ? [{ rule, prefix: outcome.prefix, bucket: rule.bucket ?? BUCKET }] : [],
  );
}

function namesUser(rule: Rule): boolean {
  return rule.prefix.segments.some((segment) => "claim" in segment && segment.claim === "sub");
}
