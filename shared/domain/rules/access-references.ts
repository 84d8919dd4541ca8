import type { Issuer } from "../token/issuer.ts";
import type { NamedIssuer } from "./access-file.ts";
import type { AccessTest, Denial, Rule } from "./rule.ts";
import { nearest, type Path, type Problem } from "./shape.ts";

/** An entry of a list in access.yaml, and its place there. */
export interface Placed<T> {
  readonly index: number;
  readonly value: T;
}

/** The entries of access.yaml that could be used. */
export interface PlacedEntries {
  readonly issuers: readonly Placed<Issuer>[];
  /** All issuers, also those that could not be used; undefined: not all of them have a name. */
  readonly namedIssuers: readonly NamedIssuer[] | undefined;
  readonly rules: readonly Placed<Rule>[];
  readonly deny: readonly Placed<Denial>[];
  readonly tests: readonly Placed<AccessTest>[];
}

/** Names that must be there once, and names of issuers that must exist, or be there at all where several are. */
export function referenceProblems(entries: PlacedEntries): readonly Problem[] {
  return [
    ...repeated(
      entries.issuers,
      ["issuers", "name"],
      ({ name }) => name,
      (name, first) => `is ${name}, as that of issuers[${first}]; write another`,
    ),
    ...repeated(
      entries.issuers,
      ["issuers", "issuer"],
      ({ issuer }) => issuer,
      (_issuer, first) => `is the same as that of issuers[${first}]; one entry for each issuer`,
    ),
    ...repeated(
      entries.rules,
      ["rules", "name"],
      ({ name }) => name,
      (_name, first) => `is that of rules[${first}]; write another`,
    ),
    ...issuerProblems(entries, entries.namedIssuers?.map(({ name }) => name) ?? []),
  ];
}

/** Whether a rule is one issuer's, or keeps the issuers' users apart: alice of one is not alice of another. */
export function isBound(rule: Rule): boolean {
  return rule.issuer !== undefined || rule.prefix.segments.some((segment) => segment.kind === "issuer");
}

function repeated<T>(
  entries: readonly Placed<T>[],
  [list, field]: readonly [string, string],
  of: (entry: T) => string,
  words: (value: string, first: number) => string,
): readonly Problem[] {
  return entries.flatMap(({ index, value }) => {
    const first = entries.find((other) => of(other.value) === of(value))?.index ?? index;
    return first === index ? [] : [{ path: [list, index, field], problem: words(of(value), first) }];
  });
}

function issuerProblems({ rules, deny, tests }: PlacedEntries, names: readonly string[]): readonly Problem[] {
  if (names.length === 0) return [];
  const problems: Problem[] = [];
  const choice = [...new Set(names)].join(" or ");
  const check = (path: Path, name: string | undefined, needed: string | undefined): void => {
    if (name !== undefined && !names.includes(name))
      problems.push({
        path: [...path, "issuer"],
        problem: `is ${name}, but no issuer is named so; write ${nearest(name, names) ?? choice}`,
      });
    if (needed !== undefined && names.length > 1)
      problems.push({ path, problem: `needs issuer: ${choice}${needed}` });
  };
  for (const { index, value } of rules) {
    const because = " (or {issuer} in its prefix): alice of one issuer is not alice of another";
    check(["rules", index], value.issuer, isBound(value) ? undefined : because);
  }
  for (const { index, value } of deny) {
    const anybodys = value.user === undefined || value.issuer !== undefined;
    check(["deny", index], value.issuer, anybodys ? undefined : "; a user's name means nothing without it");
  }
  for (const { index, value } of tests)
    check(["tests", index], value.issuer, value.issuer === undefined ? "" : undefined);
  return problems;
}
