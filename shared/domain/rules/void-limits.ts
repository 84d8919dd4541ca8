import type { ProblemAt } from "../problem.ts";
import type { PlacedEntries } from "./access-references.ts";
import type { Rule } from "./rule.ts";
import { inDifferentBuckets, placesOf, relationOf, shown } from "./rule-places.ts";

/**
 * Warns where credentials can write what only forms should, within limits: such a folder can hold files of any type and
 * size. It counts for other people's credentials too. Two folders that can never be one are no doubt.
 */
export function voidLimits({ rules, namedIssuers = [] }: PlacedEntries): readonly ProblemAt[] {
  const places = rules
    .filter(({ value }) => value.mode === "enforce")
    .flatMap((rule) => placesOf(rule, namedIssuers));
  const found = new Map<string, ProblemAt>();
  for (const limited of places) {
    if (limited.rule.upload === undefined) continue;
    for (const writer of places) {
      const how = howItWrites(writer.rule);
      if (how === undefined || inDifferentBuckets(limited.rule, writer.rule)) continue;
      if (relationOf(limited, writer).kind === "apart") continue;
      const own = writer.index === limited.index;
      const rule = own ? "the rule" : `rules[${writer.index}] (${writer.rule.name})`;
      found.set(`${limited.index} ${writer.index}`, {
        path: ["rules", limited.index, "upload"],
        is: `has limits that credentials do not keep: ${rule} allows ${how} on ${shown(writer)}`,
        fix: own
          ? `delete ${how} from the rule, unless this is intended`
          : "let one of the two rules have another folder, unless this is intended",
      });
    }
  }
  return [...found.values()];
}

function howItWrites({ permissions, actions }: Rule): string | undefined {
  return permissions.includes("write") ? "write" : actions.find((action) => action === "oss:PutObject");
}
