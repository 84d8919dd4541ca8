import { claimsOf, hashedClaimProblem, isWholeNumber, plainClaimProblem } from "../prefix/prefix-template.ts";
import type { ProblemAt } from "../problem.ts";
import type { Issuer } from "../token/issuer.ts";
import type { PlacedEntries } from "./access-references.ts";
import { isForEverybody } from "./everybody.ts";
import type { Rule } from "./rule.ts";
import { uploadDoubts } from "./upload-doubts.ts";

/**
 * Finds probable mistakes, one rule or issuer at a time. A rule that refuses everybody it matches is a problem. A rule or
 * an issuer that opens more than it seems to is a warning.
 */
export function doubtsAbout({ rules, issuers }: PlacedEntries): {
  readonly problems: readonly ProblemAt[];
  readonly warnings: readonly ProblemAt[];
} {
  const known = issuers.map(({ value }) => value);
  return {
    problems: rules.flatMap(({ index, value }) => [
      ...unusableValues(value, index, known),
      ...unusableConstants(value, index, known),
    ]),
    warnings: [
      ...issuers.flatMap(({ index, value }) => openAudience(value, index)),
      ...rules.flatMap(({ index, value }) => [
        ...sharedFolder(value, index, known),
        ...uploadDoubts(value, index),
      ]),
    ],
  };
}

/** Values of `when` that the prefix cannot contain: a user with such a claim is refused altogether. */
function unusableValues(
  { when, prefix, issuer }: Rule,
  index: number,
  issuers: readonly Issuer[],
): readonly ProblemAt[] {
  return prefix.segments.flatMap((segment) => {
    if (segment.kind !== "claim" && segment.kind !== "hash") return [];
    const numbersAreUsers = issuers.some(
      ({ name, userClaim, userType }) =>
        userType === "integer" && userClaim === segment.claim && (issuer === undefined || issuer === name),
    );
    const problemOf = (value: unknown) => {
      if (numbersAreUsers && isWholeNumber(value)) return undefined;
      return segment.kind === "claim" ? plainClaimProblem(value) : hashedClaimProblem(value);
    };
    const value = when.get(segment.claim)?.find((candidate) => problemOf(candidate) !== undefined);
    return value === undefined
      ? []
      : [
          {
            path: ["rules", index, "when", segment.claim],
            is:
              `has ${JSON.stringify(value)}, which ${problemOf(value)}: the prefix cannot contain it, and a user ` +
              "who has it is refused (403)",
            fix: `delete it, or take {${segment.claim}} out of the prefix`,
          },
        ];
  });
}

/** `{iss}` and `{aud}` are the same in all tokens of an issuer or an App, and often a URL. */
function unusableConstants(
  { issuer, prefix }: Rule,
  index: number,
  issuers: readonly Issuer[],
): readonly ProblemAt[] {
  return issuers.flatMap((own) => {
    if (issuer !== undefined && issuer !== own.name) return [];
    const constants = new Map<string, readonly string[]>([
      ["iss", [own.issuer]],
      [own.audienceClaim, own.audience ?? []],
    ]);
    return prefix.segments.flatMap((segment) => {
      if (segment.kind !== "claim") return [];
      const value = constants.get(segment.claim)?.find((one) => plainClaimProblem(one) !== undefined);
      return value === undefined
        ? []
        : [
            {
              path: ["rules", index, "prefix"],
              is:
                `has {${segment.claim}}, which is ${JSON.stringify(value)} in tokens of ${own.name}, and not a ` +
                "safe folder name",
              fix: `write {issuer}, or {${segment.claim}:hash}`,
            },
          ];
    });
  });
}

function openAudience({ audience }: Issuer, index: number): readonly ProblemAt[] {
  return audience === null
    ? [
        {
          path: ["issuers", index, "audience"],
          is: "is null: tokens that this issuer made for other services are accepted too",
          fix: "write the token's aud. If it has none, write audienceClaim: client_id, or another claim that names the App",
        },
      ]
    : [];
}

/** Often a placeholder without its braces: users/sub/. */
function sharedFolder(rule: Rule, index: number, issuers: readonly Issuer[]): readonly ProblemAt[] {
  const { issuer, when, prefix, permissions, upload, actions } = rule;
  const changing = [
    ...(upload === undefined ? [] : ["upload"]),
    ...permissions.filter((permission) => permission === "write" || permission === "delete"),
    ...actions.filter((action) => !action.startsWith("oss:Get")),
  ];
  const own = issuers.filter(({ name }) => issuer === undefined || issuer === name);
  const sameForAll = [...SAME_FOR_ALL, ...own.map(({ audienceClaim }) => audienceClaim)];
  const ofOne = claimsOf(prefix).some((claim) => !sameForAll.includes(claim));
  const namesWhoMay = when.size > 0 && !own.some((one) => isForEverybody(rule, one));
  return namesWhoMay || changing.length === 0 || ofOne
    ? []
    : [
        {
          path: ["rules", index, "prefix"],
          is: `is one folder for all users, where every one of them can ${changing.join(", ")}`,
          fix: "write {sub} in it for one folder per user, or add a when: that says who may",
        },
      ];
}

/** Claims with the same value for all users of an issuer, as its own `audienceClaim` has. */
const SAME_FOR_ALL: readonly string[] = ["iss", "aud", "azp", "client_id"];
