import { describe, expect, it } from "vitest";
import {
  canBeSigned,
  MAX_SIGNED_SECONDS,
  MIN_SIGNED_SECONDS,
  signedSeconds,
} from "../../../../shared/domain/grant/signed-grant.ts";
import type { AccessRules, Rule } from "../../../../shared/domain/rules/rule.ts";
import { accessFile, OWN_FOLDER, rulesOf } from "../../../support/valet.ts";

const rules = (maxDuration: number): AccessRules =>
  rulesOf(accessFile({ session: { duration: 900, maxDuration } }));
const [own] = rules(3600).rules;
if (own === undefined) throw new Error(`no rule ${OWN_FOLDER.name}`);
const withDuration = (durationSeconds: number | undefined): Rule => ({ ...own, durationSeconds });

describe("what can be signed", () => {
  it.each<[string, Partial<Rule>, boolean]>([
    ["a rule without conditions", {}, true],
    ["a rule for one address", { sourceIp: "request" }, false],
    ["a rule for TLS", { secureTransport: true }, false],
  ])("%s", (_case, change, expected) => {
    expect(canBeSigned({ ...own, ...change })).toBe(expected);
  });
});

describe("the life of what is signed", () => {
  const tooLong = (max: number) => ({
    ok: false,
    refusal: {
      code: "REQUEST_INVALID",
      field: "expiresSeconds",
      problem: `is more than the rules allow; ask for ${max} or less`,
    },
  });

  it.each<[what: string, max: number, sessions: number, durations: readonly (number | undefined)[]]>([
    ["an hour", 3600, 43_200, [undefined]],
    ["the longest session", 1200, 1200, [undefined]],
    ["the shortest rule", 1000, 3600, [undefined, 2000, 1000]],
    ["the longest session, where rules may live longer", 1200, 1200, [2000]],
  ])("is at most %s", (_what, max, sessions, durations) => {
    const contributing = durations.map(withDuration);
    const seconds = (wanted: number | undefined, usual = 900) =>
      signedSeconds(contributing, rules(sessions), { wanted, usual });
    expect(seconds(max)).toEqual({ ok: true, value: max });
    expect(seconds(max + 1)).toEqual(tooLong(max));
    expect(seconds(undefined)).toEqual({ ok: true, value: 900 });
    expect(seconds(undefined, 100_000)).toEqual({ ok: true, value: max });
    expect(seconds(MIN_SIGNED_SECONDS)).toEqual({ ok: true, value: 60 });
  });

  it("is an hour at most: nobody can take it back", () => {
    expect(MAX_SIGNED_SECONDS).toBe(3600);
  });
});
