import { listOf, objectFrom } from "../shared/values.ts";

/** What one side has and the other has not, as lines for people: `Allow oss:GetObject on acs:oss:*:*:bucket/a/*`. */
export interface Difference {
  /** e.g. `policy oss-valet-client-access` */
  readonly what: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** One action on one resource: however statements are grouped, these are the same. */
interface Atom {
  readonly effect: string;
  readonly action: string;
  /** A resource, or whom a trust policy names. */
  readonly target: string;
  readonly condition: string;
}

/** How two policy documents differ; undefined when they allow and deny the same. */
export function policyDifference(what: string, before: unknown, after: unknown): Difference | undefined {
  const [old, now] = [atomsOf(before), atomsOf(after)];
  return differenceOf(what, linesOf(without(now, old)), linesOf(without(old, now)));
}

/** undefined when there is nothing to tell. */
export function differenceOf(
  what: string,
  added: readonly string[],
  removed: readonly string[],
): Difference | undefined {
  return added.length + removed.length === 0 ? undefined : { what, added, removed };
}

/** A document as lines, for a policy that only one side has. */
export function policyLines(document: unknown): readonly string[] {
  return linesOf(atomsOf(document));
}

function atomsOf(document: unknown): readonly Atom[] {
  return listOf(objectFrom(document)?.["Statement"]).flatMap((statement) => {
    const members = objectFrom(statement) ?? {};
    const actions = [
      ...textsOf(members["Action"]),
      ...excepted(textsOf(members["NotAction"]), "every action except"),
    ];
    const targets = [
      ...textsOf(members["Resource"]),
      ...excepted(textsOf(members["NotResource"]), "everything except"),
      ...Object.entries(objectFrom(members["Principal"]) ?? {}).flatMap(([kind, names]) =>
        textsOf(names).map((name) => `${kind} ${name}`),
      ),
    ];
    const condition = conditionText(members["Condition"]);
    return actions.flatMap((action) =>
      targets.map((target) => ({ effect: String(members["Effect"]), action, target, condition })),
    );
  });
}

/** What NotAction or NotResource names is one thing: everything else. */
function excepted(names: readonly string[], words: string): readonly string[] {
  return names.length === 0 ? [] : [`${words} ${[...names].sort().join(", ")}`];
}

function conditionText(condition: unknown): string {
  return Object.entries(objectFrom(condition) ?? {})
    .flatMap(([operator, keys]) =>
      Object.entries(objectFrom(keys) ?? {}).map(
        ([key, values]) => `${key} ${operator} ${[...textsOf(values)].sort().join(", ")}`,
      ),
    )
    .sort()
    .join("; ");
}

function without(some: readonly Atom[], others: readonly Atom[]): readonly Atom[] {
  const known = new Set(others.map((atom) => JSON.stringify(atom)));
  return some.filter((atom) => !known.has(JSON.stringify(atom)));
}

/** One line for each resource and condition, with all actions on it. */
function linesOf(atoms: readonly Atom[]): readonly string[] {
  const actions = new Map<string, { readonly atom: Atom; readonly names: Set<string> }>();
  for (const atom of atoms) {
    const key = JSON.stringify([atom.effect, atom.target, atom.condition]);
    const line = actions.get(key) ?? { atom, names: new Set<string>() };
    line.names.add(atom.action);
    actions.set(key, line);
  }
  return [...actions.values()]
    .map(({ atom: { effect, target, condition }, names }) => {
      const when = condition === "" ? "" : ` when ${condition}`;
      return `${effect} ${[...names].sort().join(", ")} on ${target}${when}`;
    })
    .sort();
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).map(String);
}
