import { claimsOf } from "../prefix/prefix-template.ts";
import type { ProblemAt } from "../problem.ts";
import type { PlacedEntries } from "./access-references.ts";
import { nameOfUserFrom } from "./foreign-placeholders.ts";
import type { KnownClaims } from "./known-claims.ts";
import type { Rule } from "./rule.ts";

/** Rules and denials that probably match nobody: claims that no token has, and values that no claim equals. */
export function unmetIn(
  { rules, deny, tests }: PlacedEntries,
  known: KnownClaims,
): { readonly problems: readonly ProblemAt[]; readonly warnings: readonly ProblemAt[] } {
  const tried = new Set(tests.flatMap(({ value }) => [...value.claims.values()].flatMap(textsIn)));
  return {
    problems: rules.flatMap(({ index, value }) => numbersInPrefix(value, index)),
    warnings: [
      ...rules.flatMap(({ index, value }) => [
        ...unknownClaims(value, index, known),
        ...patternsInWhen(value, index, tried),
      ]),
      ...deny.flatMap(({ index, value }) =>
        (["user", "tokenId"] as const).flatMap((field) => {
          const text = value[field];
          const kind = text === undefined ? undefined : kindOfPattern(text);
          return kind === undefined
            ? []
            : [
                {
                  path: ["deny", index, field],
                  is: `is ${JSON.stringify(text)}, which looks like ${kind}, but it is compared as it is: it denies nobody else`,
                  fix: "write one entry for each, with its exact text",
                },
              ];
        }),
      ),
    ],
  };
}

/** Times are numbers in all tokens, and a prefix takes texts only: the rule would refuse everybody. */
function numbersInPrefix({ prefix }: Rule, index: number): readonly ProblemAt[] {
  return claimsOf(prefix)
    .filter((claim) => ["exp", "iat", "nbf"].includes(claim))
    .map((claim) => ({
      path: ["rules", index, "prefix"],
      is: `has {${claim}}, which is a number in every token, and a prefix takes texts only`,
      fix: "write the name of a claim that is a text, such as {sub}",
    }));
}

/** A claim with a name of another product, which nothing in the file speaks of. Other names are the operator's to know. */
function unknownClaims({ prefix }: Rule, index: number, known: KnownClaims): readonly ProblemAt[] {
  return claimsOf(prefix).flatMap((claim) => {
    if (known.has(claim)) return [];
    const standard = STANDARD.find((name) => name !== claim && name === claim.toLowerCase());
    const instead = standard ?? (isForeign(claim) ? known.user : undefined);
    if (instead === undefined) return [];
    const why =
      standard === undefined ? "a name of other products" : `not the claim ${standard}: case counts`;
    return [
      {
        path: ["rules", index, "prefix"],
        is: `has {${claim}}, which is ${why}. Nothing here says that tokens have this claim, and without it the rule never matches`,
        fix: `write {${instead}}, or name ${claim} in requiredClaims or in the claims of a test`,
      },
    ];
  });
}

/** Claims of JWT and OpenID Connect that a prefix may have. */
const STANDARD: readonly string[] = "sub iss aud azp jti email name nickname preferred_username".split(" ");

/** Real claims of well-known issuers are not among them: `user_id` (Firebase), `username` (Cognito), `owner` (Casdoor). */
function isForeign(claim: string): boolean {
  if (/^(request|context|auth)\.|:/.test(claim)) return nameOfUserFrom(claim) !== undefined;
  return /^(uid|user|user-?id|user_?uid|identity_?id|owner_?id|principal_?id|current_?user|me|self)$/i.test(
    claim,
  );
}

function patternsInWhen({ when }: Rule, index: number, tried: ReadonlySet<string>): readonly ProblemAt[] {
  return [...when].flatMap(([claim, values]) =>
    values.flatMap((value) => {
      const kind = typeof value === "string" && !tried.has(value) ? kindOfPattern(value) : undefined;
      if (kind === undefined) return [];
      return [
        {
          path: ["rules", index, "when", claim],
          is: `has ${JSON.stringify(value)}, which looks like ${kind}, but values are compared as they are`,
          fix: `write ${valuesMeantBy(String(value))}`,
        },
      ];
    }),
  );
}

/** undefined for a text that is only a text: `auth0|5f7c`, `/teams/red` and `C++` are. */
function kindOfPattern(text: string): string | undefined {
  return SIGNS.find(([sign]) => sign.test(text))?.[1];
}

const SIGNS: readonly (readonly [sign: RegExp, kind: string])[] = [
  [/^\^|^\/[^/]+\/i?$|^\(\?/, "a regular expression"],
  [
    /\.[*+]|\\[dwsbDWSB.]|\([^()]*\|[^()]*\)|\[[^\]]*\w-\w[^\]]*\]|[.*+\\()[\]|].*\$$/,
    "a regular expression",
  ],
  [/\*|\{[^{}]*,[^{}]*\}/, "a glob"],
  [/^(!|<|>|==)/, "a comparison"],
];

function valuesMeantBy(pattern: string): string {
  const bare = pattern.replace(/^[/^]|\/i?$|\$$/g, "");
  const [, choices] = /^[({]([^(){}]+)[)}]$/.exec(bare) ?? [];
  const values = (choices ?? bare).split(/[|,]/).map((value) => value.trim());
  if (!values.every((value) => /^[\w@. -]+$/.test(value) && value !== ""))
    return "each value, as a list: [editor, reviewer]";
  return values.length === 1 ? `the value itself: ${values[0]}` : `a list: [${values.join(", ")}]`;
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
