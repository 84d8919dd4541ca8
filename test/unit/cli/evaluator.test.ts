import fc from "fast-check";
import { expect, it } from "vitest";
import { canMeet } from "../../../cli/shared/evaluator.ts";
import { matches } from "../../../sandbox/ram/match.ts";

it.each([
  ["users/*", "users/alice/*", true],
  ["users/*", "*/avatar.png", true],
  ["users/*/a", "users/?", false],
  ["users/?/*", "users/*/*", true],
  ["users/*", "teams/*", false],
  ["users/*/*", "users/", false],
  ["users/?/a", "users/\u{1f4f7}/*", true],
  ["*", "", true],
  ["?", "", false],
  ["", "", true],
])("%s and %s: %s", (one, other, expected) => {
  expect([canMeet(one, other), canMeet(other, one)]).toEqual([expected, expected]);
});

it("two patterns meet exactly where some text matches both", () => {
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 4 });
  const texts = textsUpTo(8);
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const found = texts.some((text) => matches(one, text) && matches(other, text));
      expect(canMeet(one, other)).toBe(found);
    }),
    { numRuns: 300 },
  );
});

/** Of a and b. Two patterns that meet do so in a text that is no longer than both together. */
function textsUpTo(length: number): readonly string[] {
  const all = [""];
  for (let index = 0; (all[index]?.length ?? length) < length; index += 1)
    all.push(`${all[index]}a`, `${all[index]}b`);
  return all;
}
