import { describe, expect, it } from "vitest";
import { type Decision, evaluate, trusts } from "../../sandbox/ram/evaluate.ts";
import { naiveDecision, naiveTrust } from "../support/naive-ram-evaluator.ts";
import { diceFrom, randomCase, randomTrust } from "../support/random-ram-case.ts";

/** Milliseconds. Seconds on an idle machine; one that has other work to do may take its time. */
const PATIENCE = 60_000;

describe("two evaluators, written apart", () => {
  it("agree on 100,000 random requests at the edge of their policies", { timeout: PATIENCE }, () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= 12_500; seed += 1) {
      const given = randomCase(diceFrom(seed));
      const named = (policy: object) => ({ name: "policy", document: JSON.stringify(policy) });
      const layers = {
        identity: given.identity.map(named),
        session: given.session && named(given.session),
        resource: given.resource && named(given.resource),
        principalArn: given.principalArn,
        principalId: given.principalId,
      };
      for (const request of given.requests) {
        const decision = evaluate(request, layers);
        const naive = naiveDecision(request, given);
        const same = decision.kind === naive.kind && decision.layer === naive.layer;
        if (!same)
          expect({ seed, request, given, decision }).toEqual({ seed, request, given, decision: naive });
        count(seen, decision);
      }
    }
    // The generator is worth something only if it meets every outcome often.
    for (const layer of ["session policy", "identity policy", "resource policy"]) {
      expect(seen.get(`ExplicitDeny ${layer}`)).toBeGreaterThan(1000);
    }
    expect(seen.get("ImplicitDeny session policy")).toBeGreaterThan(1000);
    expect(seen.get("ImplicitDeny identity policy")).toBeGreaterThan(1000);
    expect(seen.get("Allow identity policy")).toBeGreaterThan(1000);
    expect(seen.get("Allow resource policy")).toBeGreaterThan(1000);
  });

  it("agree on 20,000 random trust policies", { timeout: PATIENCE }, () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= 20_000; seed += 1) {
      const { trustPolicy, principal, context } = randomTrust(diceFrom(seed));
      const decision = trusts(JSON.stringify(trustPolicy), principal, context);
      const naive = naiveTrust(trustPolicy, principal, context);
      if (decision.kind !== naive) {
        expect({ seed, trustPolicy, principal, context, kind: decision.kind }).toEqual({ kind: naive });
      }
      count(seen, decision);
    }
    for (const kind of ["Allow", "ExplicitDeny", "ImplicitDeny"]) {
      expect(seen.get(`${kind} trust policy`)).toBeGreaterThan(500);
    }
  });
});

function count(seen: Map<string, number>, { kind, layer }: Decision): void {
  const outcome = `${kind} ${layer}`;
  seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
}
