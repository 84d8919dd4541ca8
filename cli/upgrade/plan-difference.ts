import { objectFrom } from "../shared/values.ts";
import { type Difference, differenceOf, policyDifference, policyLines } from "./statements.ts";

type Members = Readonly<Record<string, unknown>>;

/** What RAM does not judge by: words for people. */
const WORDS = ["Description", "Comments", "DisplayName"];

/** Members of a resource that are its name. */
const NAMES = ["RoleName", "PolicyName", "UserName"] as const;

/**
 * What RAM must have after an upgrade and has not now, and the other way round: two templates of `provision --ros`, compared by
 * roles, policies and users. The order of members and statements, and descriptions, do not count.
 */
export function planDifferences(before: unknown, after: unknown): readonly Difference[] {
  const [old, now] = [resourcesOf(before), resourcesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((what) => {
    const [was, is] = [old.get(what), now.get(what)];
    if (is === undefined) return [{ what, added: [], removed: ["it is no longer there", ...linesOf(was)] }];
    if (was === undefined) return [{ what, added: ["it is new", ...linesOf(is)], removed: [] }];
    return merged(what, [
      differenceOf(what, missingFrom(factsOf(is), factsOf(was)), missingFrom(factsOf(was), factsOf(is))),
      policyDifference(what, documentOf(was), documentOf(is)),
    ]);
  });
}

/** e.g. `role oss-valet-client` → its properties */
function resourcesOf(template: unknown): ReadonlyMap<string, Members> {
  const resources = Object.values(objectFrom(objectFrom(template)?.["Resources"]) ?? {});
  return new Map(
    resources.map((resource) => {
      const { Type: type, Properties: properties } = objectFrom(resource) ?? {};
      const members = objectFrom(properties) ?? {};
      const name = NAMES.map((member) => members[member]).find((value) => value !== undefined);
      const kind = String(type)
        .replace(/^ALIYUN::RAM::(Managed)?/, "")
        .toLowerCase();
      return [`${kind} ${String(name)}`, members];
    }),
  );
}

/** Everything but documents, names and words: `MaxSessionDuration 3600`, `Roles oss-valet-client`. */
function factsOf(members: Members): readonly string[] {
  return Object.entries(members)
    .filter(([name]) => !/Document$/.test(name) && ![...WORDS, ...NAMES].includes(name))
    .flatMap(([name, value]) => [value].flat().map((one) => `${name} ${String(one)}`));
}

function documentOf(members: Members): unknown {
  return members["PolicyDocument"] ?? members["AssumeRolePolicyDocument"];
}

function linesOf(members: Members = {}): readonly string[] {
  return [...factsOf(members), ...policyLines(documentOf(members))];
}

function missingFrom(some: readonly string[], others: readonly string[]): readonly string[] {
  return some.filter((line) => !others.includes(line));
}

function merged(what: string, parts: readonly (Difference | undefined)[]): readonly Difference[] {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0
    ? []
    : [
        {
          what,
          added: told.flatMap(({ added }) => added),
          removed: told.flatMap(({ removed }) => removed),
        },
      ];
}
