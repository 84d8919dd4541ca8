import fc from "fast-check";
import { expect, it } from "vitest";
import { claimAt } from "../../shared/domain/token/claim.ts";
import { strictJsonObjectFrom } from "../../shared/domain/token/strict-json.ts";
import { PROTOTYPE_NAMES } from "../support/hostile-texts.ts";

/** Names that make one path several ways long, and names that an object, a list or a text has anyway. */
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("a", "b", "c", "a.b", "b.c", "a.b.c", "https://x.y/a", "u:a", "") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("0", "length", ...PROTOTYPE_NAMES.filter((one) => one !== "__proto__")),
  },
);

const { claims } = fc.letrec<{ claims: Record<string, unknown>; value: unknown }>((tie) => ({
  claims: fc.dictionary(name, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>("text", 7, true, null),
    fc.array(tie("value"), { maxLength: 2 }),
    tie("claims"),
    tie("claims"),
  ),
}));

const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("."));

/** The rule in other words: among an object's entries, those that the path begins with; of these the longest. */
function meaningOf(value: unknown, rest: string): unknown {
  if (Object.prototype.toString.call(value) !== "[object Object]") return undefined;
  const fitting = Object.entries(value as object)
    .filter(([own]) => own !== "" && `${rest}.`.startsWith(`${own}.`))
    .sort(([one], [other]) => other.length - one.length);
  const [[own, inner] = []] = fitting;
  if (own === undefined) return undefined;
  return own === rest ? inner : meaningOf(inner, rest.slice(own.length + 1));
}

it("J12: a path is the longest own name at each level, and nothing that is not in the token", () => {
  const seen = { found: 0, below: 0, choice: 0 };
  fc.assert(
    fc.property(claims, path, (token, wanted) => {
      const value = claimAt(token, wanted);
      expect(value).toBe(meaningOf(token, wanted));
      if (value === undefined) return;
      seen.found += 1;
      if (!Object.hasOwn(token, wanted)) seen.below += 1;
      if (Object.keys(token).filter((own) => `${wanted}.`.startsWith(`${own}.`)).length > 1) seen.choice += 1;
    }),
    { numRuns: 20_000 },
  );
  // Random paths that are in no token prove nothing.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
});

it("J12: a claim of another name changes nothing; a longer name that fits takes the whole path", () => {
  fc.assert(
    fc.property(claims, path, fc.string({ maxLength: 4 }), (token, wanted, other) => {
      fc.pre(!`${wanted}.`.startsWith(`${other}.`));
      expect(claimAt({ ...token, [other]: "new" }, wanted)).toBe(claimAt(token, wanted));
    }),
  );
  fc.assert(
    fc.property(claims, path, (token, wanted) => {
      fc.pre(wanted !== "");
      expect(claimAt({ ...token, [wanted]: "new" }, wanted)).toBe("new");
    }),
  );
});

it("J12: a token as it is sent reads like the claims that were written into it", () => {
  fc.assert(
    fc.property(claims, path, (token, wanted) => {
      const read = strictJsonObjectFrom(Buffer.from(JSON.stringify(token)));
      expect(read && claimAt(read, wanted)).toEqual(claimAt(token, wanted));
    }),
  );
});
