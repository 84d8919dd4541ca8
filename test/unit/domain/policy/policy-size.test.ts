import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessGrantFor } from "../../../../shared/domain/grant/access-grant.ts";
import { largestPolicyFor } from "../../../../shared/domain/policy/policy-size.ts";
import { ramPolicyFor } from "../../../../shared/domain/policy/session-policy.ts";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import {
  accessFile,
  BUCKET,
  LOGIN,
  OWN_FOLDER,
  PARTNER,
  principalOf,
  rulesOf,
  rulesWith,
} from "../../../support/valet.ts";

const TEAM = {
  name: "team",
  when: { team: ["red", "blue"] },
  allow: ["read", "list"],
  prefix: "teams/{team}/",
};

describe("the largest session policy that rules can make", () => {
  it("is that of a claim of 128 characters", () => {
    const rules = rulesWith(OWN_FOLDER);
    const grant = accessGrantFor(
      principalOf(rules, { sub: "x".repeat(128) }),
      rules,
      {},
      {
        bucket: BUCKET,
        sourceIp: undefined,
      },
    );
    const text = JSON.stringify(ramPolicyFor(grant.ok ? grant.value.statements : []));
    expect(largestPolicyFor(rules, BUCKET).bytes).toBe(text.length);
  });

  it("is also an upper bound when users are numbers that several rules name", () => {
    const rules = rulesOf(
      accessFile({
        issuers: [{ ...LOGIN, user: "uid", userType: "integer" }],
        rules: [
          { ...OWN_FOLDER, prefix: "users/{uid}/" },
          { name: "seven", allow: ["read"], when: { uid: [7, 8] }, prefix: "seven/{uid}/" },
          { name: "eight", allow: ["list"], when: { uid: [8, 9] }, prefix: "eight/" },
        ],
      }),
    );
    const place = { bucket: BUCKET, sourceIp: undefined };
    const grant = accessGrantFor(principalOf(rules, { uid: 8 }), rules, {}, place);
    if (!grant.ok) throw new Error("refused");
    expect(grant.value.rules).toEqual(["own folder", "seven", "eight"]);
    expect(largestPolicyFor(rules, BUCKET).bytes).toBeGreaterThanOrEqual(
      JSON.stringify(ramPolicyFor(grant.value.statements)).length,
    );
  });

  it("shows the sum, part by part", () => {
    expect(largestPolicyFor(rulesWith(OWN_FOLDER, TEAM), BUCKET).arithmetic).toEqual([
      "rules that can meet: own folder, team",
      "characters of claims at their longest: {sub} 128, {team} 4",
      "frame and commas: 32 bytes",
      "statement 0: 299 bytes (5 actions on 1 resource)",
      "statement 1: 95 bytes (1 action on 1 resource)",
      "statement 2: 282 bytes (1 action on 1 resource)",
      "sum: 708 of 2047 bytes",
    ]);
  });

  it("tells how long claims may be where it does not fit, to the character", () => {
    const rules = rulesWith(
      ...Array.from({ length: 9 }, (_, index) => ({
        ...OWN_FOLDER,
        name: `r${index}`,
        prefix: `f${index}/{sub}/`,
      })),
    );
    const { bytes, arithmetic } = largestPolicyFor(rules, BUCKET);
    expect(bytes).toBeGreaterThan(2047);
    const fits = Number(/more than (\d+) characters/.exec(arithmetic.at(-1) ?? "")?.[1]);
    const sizeWith = (length: number) => {
      const grant = accessGrantFor(
        principalOf(rules, { sub: "a".repeat(length) }),
        rules,
        {},
        {
          bucket: BUCKET,
          sourceIp: undefined,
        },
      );
      return JSON.stringify(ramPolicyFor(grant.ok ? grant.value.statements : [])).length;
    };
    expect(sizeWith(fits)).toBeLessThanOrEqual(2047);
    expect(sizeWith(fits + 1)).toBeGreaterThan(2047);
  });

  it("says so where nothing ever fits", () => {
    const rules = rulesWith(
      ...Array.from({ length: 40 }, (_, index) => ({
        name: `r${index}`,
        allow: index % 2 === 0 ? ["read"] : ["write"],
        prefix: `a-folder-with-a-long-name-${index}/{sub}/`,
      })),
    );
    expect(largestPolicyFor(rules, BUCKET).arithmetic.at(-1)).toMatch(/^it never fits/);
  });

  it("leaves out rules in report mode, and gives nothing where no other is there", () => {
    const reported = { ...OWN_FOLDER, mode: "report" };
    expect(largestPolicyFor(rulesWith(reported), BUCKET)).toEqual({
      bytes: 0,
      arithmetic: ["no rule grants anything"],
    });
  });

  it("does not add up rules of two issuers, nor two values of one claim", () => {
    const of = (...rules: object[]) =>
      largestPolicyFor(rulesOf(accessFile({ issuers: [LOGIN, PARTNER], rules })), BUCKET).bytes;
    const login = { ...OWN_FOLDER, name: "a", issuer: "login", prefix: "login/{sub}/" };
    const partner = { ...OWN_FOLDER, name: "b", issuer: "partner", prefix: "partner/{sub}/" };
    expect(of(login, partner)).toBe(of(partner));
    const red = { name: "red", when: { team: "red" }, allow: ["read"], prefix: "t/{team}/" };
    const blue = { name: "blue", when: { team: "blue" }, allow: ["read"], prefix: "u/{team}/" };
    expect(largestPolicyFor(rulesWith(red, blue), BUCKET).bytes).toBe(
      largestPolicyFor(rulesWith(blue), BUCKET).bytes,
    );
  });

  it("takes a rule away that would stand for longer ones", () => {
    const admin = { name: "admins", when: { role: "admin" }, allow: OWN_FOLDER.allow, prefix: "users/" };
    expect(largestPolicyFor(rulesWith(OWN_FOLDER, admin), BUCKET).bytes).toBe(
      largestPolicyFor(rulesWith(OWN_FOLDER), BUCKET).bytes,
    );
  });

  it("is never less than what any principal gets", () => {
    const claims = ["a", "b", "c"];
    const value = fc.constantFrom("red", "blue", "a-long-name-of-a-team", "x".repeat(128));
    const rule = fc.record({
      when: fc.dictionary(fc.constantFrom(...claims), fc.uniqueArray(value, { minLength: 1, maxLength: 2 }), {
        maxKeys: 2,
      }),
      allow: fc.subarray(["read", "write", "list", "delete"], { minLength: 1 }),
      below: fc.array(fc.constantFrom("{a}", "{b}", "{c:hash}", "x", "y"), { maxLength: 3 }),
      secureTransport: fc.boolean(),
    });
    const principal = fc.dictionary(
      fc.constantFrom(...claims),
      fc.oneof(value, fc.array(value, { maxLength: 3 })),
    );
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 5 }),
        fc.array(principal, { minLength: 5, maxLength: 5 }),
        (drawn, users) => {
          const parsed = accessRulesFrom(
            accessFile({
              rules: drawn.map(({ when, allow, below, secureTransport }, index) => ({
                name: `rule ${index}`,
                allow,
                prefix: `${[`f${index % 3}`, ...below].join("/")}/`,
                ...(Object.keys(when).length === 0 ? {} : { when }),
                ...(secureTransport ? { secureTransport } : {}),
              })),
            }),
          );
          if (!parsed.ok) return;
          const largest = largestPolicyFor(parsed.value, BUCKET).bytes;
          for (const user of users) {
            const place = { bucket: BUCKET, sourceIp: "192.0.2.1" };
            const grant = accessGrantFor(
              principalOf(parsed.value, { sub: "u", ...user }),
              parsed.value,
              {},
              place,
            );
            if (!grant.ok) continue;
            compared += 1;
            expect(JSON.stringify(ramPolicyFor(grant.value.statements)).length).toBeLessThanOrEqual(largest);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(20);
  });
});
