import { listOf, objectFrom } from "../shared/values.ts";
import { type Difference, policyDifference } from "./statements.ts";

/**
 * How what a user gets differs: the session policy, the life of the credentials, the folders that take forms, or a refusal. Both sides
 * are `explain --json`. undefined when the user gets the same.
 */
export function userDifference(what: string, before: unknown, after: unknown): Difference | undefined {
  const [old, now] = [factsOf(before), factsOf(after)];
  const policy = policyDifference(what, documentOf(before), documentOf(after));
  const added = [...now.filter((fact) => !old.includes(fact)), ...(policy?.added ?? [])];
  const removed = [...old.filter((fact) => !now.includes(fact)), ...(policy?.removed ?? [])];
  return added.length + removed.length === 0 ? undefined : { what, added, removed };
}

function documentOf(explanation: unknown): unknown {
  return objectFrom(objectFrom(explanation)?.["policy"])?.["document"];
}

function factsOf(explanation: unknown): readonly string[] {
  const { refusal, grant, forms } = objectFrom(explanation) ?? {};
  const seconds = objectFrom(grant)?.["sessionSeconds"];
  return [
    ...(refusal === undefined ? [] : [`no credentials: ${sortedJson(refusal)}`]),
    ...(seconds === undefined || refusal !== undefined ? [] : [`credentials for ${String(seconds)} seconds`]),
    ...listOf(forms).map((form) => {
      const { bucket, prefix, limits } = objectFrom(form) ?? {};
      return `forms in oss://${String(bucket)}/${String(prefix)} within ${sortedJson(limits)}`;
    }),
  ];
}

/** Members in the order of their names, so that a version that writes them in another order says the same. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    const object = objectFrom(member);
    return object === undefined
      ? member
      : Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
