import { claimsOf, hashedClaimProblem, plainClaimProblem } from "../prefix/prefix-template.ts";
import type { Issuer } from "../token/issuer.ts";
import type { PlacedEntries } from "./access-references.ts";
import type { Rule } from "./rule.ts";
import type { Problem, Warning } from "./shape.ts";

/**
 * What cannot be meant, each rule and issuer by itself: a rule that refuses everybody for whom it matches is a problem;
 * what could be meant, but opens more than it seems to, is a warning.
 */
export function doubtsAbout({ rules, issuers }: PlacedEntries): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
} {
  const known = issuers.map(({ value }) => value);
  return {
    problems: rules.flatMap(({ index, value }) => [
      ...unusableValues(value, index),
      ...unusableConstants(value, index, known),
    ]),
    warnings: [
      ...issuers.flatMap(({ index, value }) => openAudience(value, index)),
      ...rules.flatMap(({ index, value }) => sharedFolder(value, index)),
    ],
  };
}

/** Values of `when` that the prefix cannot take: whoever has such a claim is refused, by this rule, for everything. */
function unusableValues({ when, prefix }: Rule, index: number): readonly Problem[] {
  return prefix.segments.flatMap((segment) => {
    if (segment.kind !== "claim" && segment.kind !== "hash") return [];
    const problemOf = segment.kind === "claim" ? plainClaimProblem : hashedClaimProblem;
    const value = when.get(segment.claim)?.find((candidate) => problemOf(candidate) !== undefined);
    return value === undefined
      ? []
      : [
          {
            path: ["rules", index, "when", segment.claim],
            problem:
              `has ${JSON.stringify(value)}, which ${problemOf(value)}: it cannot stand in the prefix, and whoever ` +
              `has it is refused (403); delete it, or take {${segment.claim}} out of the prefix`,
          },
        ];
  });
}

/** `{iss}` and `{aud}` are the same in all tokens of an issuer, and often an address. */
function unusableConstants(
  { issuer, prefix }: Rule,
  index: number,
  issuers: readonly Issuer[],
): readonly Problem[] {
  return issuers.flatMap((own) => {
    if (issuer !== undefined && issuer !== own.name) return [];
    const constants = new Map([
      ["iss", own.issuer],
      ["aud", own.audience],
    ]);
    return prefix.segments.flatMap((segment) => {
      const value = segment.kind === "claim" ? constants.get(segment.claim) : undefined;
      return segment.kind !== "claim" || typeof value !== "string" || plainClaimProblem(value) === undefined
        ? []
        : [
            {
              path: ["rules", index, "prefix"],
              problem:
                `has {${segment.claim}}, which is ${JSON.stringify(value)} in tokens of ${own.name} and no safe name ` +
                `of a folder; write {issuer}, or {${segment.claim}:hash}`,
            },
          ];
    });
  });
}

function openAudience({ audience }: Issuer, index: number): readonly Warning[] {
  return audience === null
    ? [
        {
          path: ["issuers", index, "audience"],
          warning: "is null: tokens that this issuer gave for other services are taken, too",
        },
      ]
    : [];
}

/** Often a placeholder whose braces were forgotten: users/sub/, users/:sub/. */
function sharedFolder({ when, prefix, permissions, actions }: Rule, index: number): readonly Warning[] {
  const changing = [
    ...permissions.filter((permission) => permission === "write" || permission === "delete"),
    ...actions.filter((action) => !action.startsWith("oss:Get")),
  ];
  const ofOne = claimsOf(prefix).some((claim) => !SAME_FOR_ALL.includes(claim));
  return when.size > 0 || changing.length === 0 || ofOne
    ? []
    : [
        {
          path: ["rules", index, "prefix"],
          warning:
            `is one folder for all users, where every one of them can ${changing.join(", ")}; write {sub} in it for a ` +
            "folder each, or a when: that names who may",
        },
      ];
}

/** Claims that tell no two users of an issuer apart. */
const SAME_FOR_ALL: readonly string[] = ["iss", "aud", "azp"];
