import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate, trusts } from "../../../sandbox/ram/evaluate.ts";
import {
  PolicyGrammarError,
  type PolicyKind,
  parsePolicy,
  policyGrammarProblem,
} from "../../../sandbox/ram/policy-document.ts";
import { naiveDecision, naiveTrust } from "../../support/naive-ram-evaluator.ts";

/** The tables are the specification; the naive evaluator must read them alike. */
interface AccessCase {
  readonly sentence: string;
  readonly request: { action: string; resource: string; context: Record<string, string> };
  readonly identity: readonly object[];
  readonly session?: object;
  readonly resource?: object;
  readonly principalArn?: string;
  readonly principalId?: string;
  readonly decision: "Allow" | "ExplicitDeny" | "ImplicitDeny";
  readonly layer: "session policy" | "identity policy" | "resource policy";
  /** The statement that decides, and of which attached policy (the first, where left out). */
  readonly statement?: number;
  readonly policy?: number;
}

interface TrustCase {
  readonly sentence: string;
  readonly trustPolicy: object;
  readonly principal: { arn: string; accountId: string } | { service: string };
  readonly context: Record<string, string>;
  readonly decision: "Allow" | "ExplicitDeny" | "ImplicitDeny";
  readonly statement?: number;
}

interface GrammarCase {
  readonly sentence: string;
  readonly kind: PolicyKind;
  readonly policy?: object;
  readonly text?: string;
  readonly problem: string | null;
}

describe.each([
  "actions",
  "resources",
  "conditions-string",
  "conditions-number-date",
  "conditions-bool-ip",
  "layers",
  "bucket-policies",
])("the table of %s", (table) => {
  it.each(casesOf<AccessCase>(table))("$sentence", (given) => {
    const { request, principalArn, principalId } = given;
    const identity = given.identity.map((policy, index) => ({
      name: `attached ${index}`,
      document: JSON.stringify(policy),
    }));
    const session = given.session && { name: "session policy", document: JSON.stringify(given.session) };
    const resource = given.resource && { name: "bucket policy", document: JSON.stringify(given.resource) };
    const decision = evaluate(request, { identity, session, resource, principalArn, principalId });

    const names = {
      "session policy": "session policy",
      "resource policy": "bucket policy",
      "identity policy": `attached ${given.policy ?? 0}`,
    };
    const statement =
      given.statement === undefined ? undefined : { policy: names[given.layer], index: given.statement };
    expect({ ...decision, because: undefined }).toEqual({
      effect: given.decision === "Allow" ? "Allow" : "Deny",
      kind: given.decision,
      layer: given.layer,
      ...(statement && { statement }),
      because: undefined,
    });
    expect(decision.because.startsWith(`${given.layer}: `)).toBe(true);
    expect(
      naiveDecision(request, {
        identity: given.identity,
        session: given.session,
        resource: given.resource,
        principalArn,
        principalId,
      }),
    ).toEqual({ kind: given.decision, layer: given.layer });
  });
});

describe("the table of trust policies", () => {
  it.each(casesOf<TrustCase>("trust-policies"))("$sentence", (given) => {
    const trustPolicy = JSON.stringify(given.trustPolicy);
    const decision = trusts(trustPolicy, given.principal, given.context);
    expect(decision).toMatchObject({ kind: given.decision, layer: "trust policy" });
    expect(decision.statement?.index).toBe(given.statement);
    expect(naiveTrust(given.trustPolicy, given.principal, given.context)).toBe(given.decision);
  });
});

describe("the table of the grammar", () => {
  it.each(casesOf<GrammarCase>("grammar"))("$kind policy: $sentence", (given) => {
    const text = given.text ?? JSON.stringify(given.policy);
    expect(policyGrammarProblem(text, given.kind) ?? null).toBe(given.problem);
    if (given.problem !== null) {
      expect(() => parsePolicy(text, given.kind)).toThrow(new PolicyGrammarError(given.problem));
    }
  });
});

describe("a decision", () => {
  const policy = { Version: "1", Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] };
  const request = { action: "oss:GetObject", resource: "acs:oss:*:1:b/a", context: {} };

  it("says in words which statement of which policy decided", () => {
    const named = { name: "no-entry", document: JSON.stringify(policy) };
    expect(evaluate(request, { identity: [named] }).because).toBe(
      "identity policy: statement 0 of no-entry denies oss:GetObject on acs:oss:*:1:b/a",
    );
  });

  it("is the same however often the policy was seen before, also once it was forgotten", () => {
    const decide = (index: number) =>
      evaluate(request, { identity: [{ name: "p", document: JSON.stringify(policy) + " ".repeat(index) }] })
        .kind;
    for (let index = 0; index < 1200; index += 1) expect(decide(index)).toBe("ExplicitDeny");
    expect(decide(0)).toBe("ExplicitDeny");
  });

  it("takes a long pattern of stars in its stride", () => {
    const pattern = `acs:oss:*:*:b/${"*a".repeat(1000)}b`;
    const document = JSON.stringify({
      Version: "1",
      Statement: [{ Effect: "Allow", Action: "*", Resource: pattern }],
    });
    // A matcher that backtracks to every star would not end within the lifetime of the universe.
    const long = { ...request, resource: `acs:oss:*:1:b/${"a".repeat(100_000)}` };
    expect(evaluate(long, { identity: [{ name: "p", document }] }).kind).toBe("ImplicitDeny");
  });
});

function casesOf<Case>(table: string): readonly Case[] {
  const text = readFileSync(new URL(`../../vectors/ram/${table}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { cases: Case[] }).cases;
}
