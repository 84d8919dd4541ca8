import type { ProblemAt } from "../problem.ts";
import type { PlacedEntries } from "./access-references.ts";
import { placesOf, relationOf, shown } from "./rule-places.ts";

/**
 * Warns where one key can be in two buckets: a request for a form names no bucket, so the first rule whose limits the file
 * keeps decides which one.
 */
export function dividedForms({ rules, namedIssuers = [] }: PlacedEntries): readonly ProblemAt[] {
  const places = rules
    .filter(({ value }) => value.mode === "enforce" && value.upload !== undefined)
    .flatMap((rule) => placesOf(rule, namedIssuers));
  const found = new Map<number, ProblemAt>();
  for (const later of places) {
    const first = places.find(
      (place) =>
        place.index < later.index &&
        place.issuer === later.issuer &&
        place.rule.bucket !== later.rule.bucket &&
        relationOf(place, later).kind !== "apart",
    );
    if (first === undefined) continue;
    found.set(later.index, {
      path: ["rules", later.index, "prefix"],
      is:
        `is ${shown(later)}, where rules[${first.index}] (${first.rule.name}) takes forms too, for another bucket: ` +
        "a form goes into the bucket of the first rule whose limits the file keeps",
      fix: "give each bucket a folder of its own, unless this is intended",
    });
  }
  return [...found.values()];
}
