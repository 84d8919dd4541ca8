import type { Path, Problem, ProblemAt } from "../problem.ts";
import type { Issuer } from "../token/issuer.ts";
import type { NamedIssuer } from "./access-file.ts";
import { nearest } from "./nearest.ts";
import type { AccessTest, Denial, Rule } from "./rule.ts";

/** An entry of a list in access.yaml, and its place there. */
export interface Placed<T> {
  readonly index: number;
  readonly value: T;
}

/** The usable entries of access.yaml. */
export interface PlacedEntries {
  readonly issuers: readonly Placed<Issuer>[];
  /** All issuers, also unusable ones; undefined when one has no name. */
  readonly namedIssuers: readonly NamedIssuer[] | undefined;
  readonly rules: readonly Placed<Rule>[];
  readonly deny: readonly Placed<Denial>[];
  readonly tests: readonly Placed<AccessTest>[];
}

/** Names that occur twice, names of issuers that do not exist, and entries that do not say which of several issuers. */
export function referenceProblems(entries: PlacedEntries): readonly ProblemAt[] {
  return [
    ...repeated(
      entries.issuers,
      ["issuers", "name"],
      ({ name }) => name,
      (name, first) => ({ is: `is ${name}, like that of issuers[${first}]`, fix: "write another name" }),
    ),
    ...sameIssuers(entries.issuers),
    ...repeated(
      entries.rules,
      ["rules", "name"],
      ({ name }) => name,
      (_name, first) => ({ is: `is also the name of rules[${first}]`, fix: "write another name" }),
    ),
    ...issuerProblems(entries, entries.namedIssuers?.map(({ name }) => name) ?? []),
  ];
}

/** Whether a rule is for one issuer, or has one folder per issuer: alice of one issuer is not alice of another. */
export function isBound(rule: Rule): boolean {
  return rule.issuer !== undefined || rule.prefix.segments.some((segment) => segment.kind === "issuer");
}

/** Two entries for one iss are mostly an issuer that changes its key, or an App on several platforms. */
function sameIssuers(issuers: readonly Placed<Issuer>[]): readonly ProblemAt[] {
  return issuers.flatMap(({ index, value }) => {
    const first = issuers.find((other) => other.value.issuer === value.issuer);
    return first === undefined || first.index === index
      ? []
      : [
          {
            path: ["issuers", index, "issuer"],
            is: `is the same as that of issuers[${first.index}]`,
            fix: `keep one entry for each issuer${togetherOf(first.value, value)}`,
          },
        ];
  });
}

/** The fields of one entry that stands for both; empty when nobody can tell. */
function togetherOf(a: Issuer, b: Issuer): string {
  const [secret, other] = a.keys.kind === "secret" ? [a, b] : [b, a];
  if (secret.keys.kind === "secret" && other.keys.kind !== "secret") {
    const source = {
      jwks: "url" in other.keys ? `, jwks: ${other.keys.url}` : "",
      publicKey: "variable" in other.keys ? `, publicKey: ${other.keys.variable}` : "",
      discovery: "",
    }[other.keys.kind];
    const algorithms = [...secret.algorithms, ...other.algorithms].join(", ");
    return `, with secret: ${secret.keys.variable}${source} and algorithms: [${algorithms}]`;
  }
  const audiences = [...new Set([...(a.audience ?? []), ...(b.audience ?? [])])];
  const differ = a.audience !== null && b.audience !== null && audiences.length > a.audience.length;
  return differ && JSON.stringify(a.keys) === JSON.stringify(b.keys)
    ? `, with audience: [${audiences.join(", ")}]`
    : "";
}

function repeated<T>(
  entries: readonly Placed<T>[],
  [list, field]: readonly [string, string],
  of: (entry: T) => string,
  problemOf: (value: string, first: number) => Problem,
): readonly ProblemAt[] {
  return entries.flatMap(({ index, value }) => {
    const first = entries.find((other) => of(other.value) === of(value))?.index ?? index;
    return first === index ? [] : [{ path: [list, index, field], ...problemOf(of(value), first) }];
  });
}

function issuerProblems(
  { rules, deny, tests }: PlacedEntries,
  names: readonly string[],
): readonly ProblemAt[] {
  if (names.length === 0) return [];
  const problems: ProblemAt[] = [];
  const choice = [...new Set(names)].join(" or ");
  const check = (path: Path, name: string | undefined, missing: Problem | undefined): void => {
    if (name !== undefined && !names.includes(name))
      problems.push({
        path: [...path, "issuer"],
        is: `is ${name}, but no issuer has this name`,
        fix: `write ${nearest(name, names) ?? choice}`,
      });
    if (missing !== undefined && names.length > 1) problems.push({ path, ...missing });
  };
  for (const { index, value } of rules) {
    const missing = {
      is: "has no issuer: alice of one issuer is not alice of another",
      fix: `write issuer: ${choice}, or put {issuer} into the prefix`,
    };
    check(["rules", index], value.issuer, isBound(value) ? undefined : missing);
  }
  const fix = `write issuer: ${choice}`;
  for (const { index, value } of deny) {
    const missing = { is: "has no issuer: a user's name means nothing without it", fix };
    const isComplete = value.user === undefined || value.issuer !== undefined;
    check(["deny", index], value.issuer, isComplete ? undefined : missing);
  }
  for (const { index, value } of tests) {
    const missing = { is: "has no issuer, and there are several", fix };
    check(["tests", index], value.issuer, value.issuer === undefined ? missing : undefined);
  }
  return problems;
}
