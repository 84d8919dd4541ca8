import { evaluate } from "../../sandbox/ram/evaluate.ts";
import { parsePolicy, policyGrammarProblem, type Statement } from "../../sandbox/ram/policy-document.ts";
import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import { bucketResource } from "../../shared/domain/ram/ram-policy.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { canMeet } from "../shared/evaluator.ts";
import { listOf } from "../shared/values.ts";
import type { Findings } from "./finding.ts";
import { requestsUnder } from "./rule-requests.ts";

/** What a bucket's policy is judged against. */
export interface PolicyGround {
  readonly bucket: string;
  /** OSS_BUCKET */
  readonly defaultBucket: string;
  readonly accountId: string;
  /** In lower case. */
  readonly clientRole: string;
  readonly rules: AccessRules;
}

/**
 * A bucket policy opens past every role, and closes past it too: nobody but the client role is let in where access.yaml
 * puts users' objects, and nothing that a rule grants is denied. Statements are judged, not examples of requests.
 */
export function bucketPolicyChecked(policy: unknown, ground: PolicyGround, findings: Findings): void {
  const check = `bucket policy of ${ground.bucket}`;
  const document = JSON.stringify(policy);
  const problem = policyGrammarProblem(document, "resource");
  if (problem !== undefined) {
    findings.warn(
      check,
      `cannot be checked: ${problem}`,
      "check by hand who gets access, and what it denies",
    );
    return;
  }
  const { statements } = parsePolicy(document, "resource");
  const troubles = [
    ...statements.flatMap((statement, index) => opened(statement, writtenAt(policy, index), ground) ?? []),
    ...denied(document, policy, ground),
  ];
  for (const { isCertain, cause, fix } of troubles)
    if (isCertain) findings.fail(check, cause, fix);
    else findings.warn(check, cause, fix);
  if (troubles.length === 0)
    findings.ok(
      check,
      "gives nobody else access to the folders in access.yaml, and denies nothing that it grants",
    );
}

/** A statement as it is written, for what its parsed form does not keep. */
interface Written {
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Condition?: unknown;
}

interface Trouble {
  /** Not so where a denial hangs on a condition, or somebody may be one of the account's own. */
  readonly isCertain: boolean;
  readonly cause: string;
  readonly fix: string;
}

/** Who else gets access to the rules' folders by one statement; undefined: nobody. */
function opened(statement: Statement, written: Written, ground: PolicyGround): Trouble | undefined {
  if (statement.effect === "Deny") return undefined;
  const { Action: actions, NotAction: others, Condition: condition } = written;
  const strangers = (statement.principals?.listed ?? []).flatMap((name) => strangerFrom(name, ground) ?? []);
  const reached = reachOf(statement, condition, ground);
  if (strangers.length === 0 || reached.length === 0) return undefined;
  const what =
    actions === undefined ? `everything but ${listOf(others).join(", ")}` : listOf(actions).join(", ");
  const who = strangers.map(({ words }) => words).join(", ");
  return {
    isCertain: strangers.some(({ isForeign }) => isForeign),
    cause: `allows ${what} on ${reached.join(", ")} to ${who}${under(condition)}, whatever access.yaml says`,
    fix: `remove ${strangers.map(({ principal }) => `"${principal}"`).join(", ")} from its Principal, or limit its Resource to folders that no rule of access.yaml names`,
  };
}

/** Digits. Those of RAM users have more: assumption, from the examples of OSS "Bucket policy". */
const ACCOUNT_ID_LENGTH = 16;

/**
 * Somebody beside the account and the client role, whose sessions never pass their session policy. Source: OSS "Bucket
 * policy", Principal.
 */
function strangerFrom(
  principal: string,
  { accountId, clientRole }: PolicyGround,
): { readonly principal: string; readonly words: string; readonly isForeign: boolean } | undefined {
  if (principal === "*") return { principal, words: "anybody", isForeign: true };
  const [, account, role] = /^arn:sts::([^:]*):assumed-role\/([^/]*)\//.exec(principal) ?? [];
  if (account !== undefined && role !== undefined) {
    if (account !== accountId) return { principal, words: `another account (${principal})`, isForeign: true };
    if (role.toLowerCase() === clientRole) return undefined;
    return { principal, words: `role ${role}`, isForeign: false };
  }
  if (principal === accountId) return undefined;
  return principal.length <= ACCOUNT_ID_LENGTH
    ? { principal, words: `account ${principal}`, isForeign: true }
    : { principal, words: `RAM user ${principal}`, isForeign: false };
}

/** Of a statement's resources, those where a rule puts objects; and the bucket, where its condition spans their names. */
function reachOf(statement: Statement, condition: unknown, ground: PolicyGround): readonly string[] {
  const { bucket } = ground;
  const folders = foldersIn(ground);
  const prefixes = prefixesIn(condition) ?? [""];
  const isListable = prefixes.some((prefix) => folders.some((folder) => canMeet(`${prefix}*`, folder)));
  return statement.resources.filter((resource) => {
    // Behind region and owner: a `*` there does not also match the rest.
    const path = resource === "*" ? "*" : resource.split(":").slice(4).join(":");
    return (
      folders.some((folder) => canMeet(path, `${bucket}/${folder}`)) || (isListable && canMeet(path, bucket))
    );
  });
}

/** Patterns of the keys that rules speak of, e.g. `users/*\/*`. */
function foldersIn({ bucket, defaultBucket, rules }: PolicyGround): readonly string[] {
  const before = `${bucketResource(bucket)}/`;
  const { Statement: statements } = rolePolicyFor(rules, defaultBucket);
  return statements
    .filter(({ Effect: effect }) => effect === "Allow")
    .flatMap(({ Resource: resources, Condition: condition }) =>
      listOf(resources).flatMap((resource) =>
        resource.startsWith(before)
          ? [resource.slice(before.length)]
          : resource === bucketResource(bucket)
            ? (prefixesIn(condition) ?? ["*"])
            : [],
      ),
    );
}

/** The values of oss:Prefix that a condition asks for; undefined: any. */
function prefixesIn(condition: unknown): readonly string[] | undefined {
  const { StringLike: like, StringEquals: equal } = Object(condition) as Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>> | undefined>
  >;
  const values = like?.["oss:Prefix"] ?? equal?.["oss:Prefix"];
  return values === undefined ? undefined : listOf(values);
}

/** Each statement that denies what a rule grants. */
function denied(document: string, policy: unknown, ground: PolicyGround): readonly Trouble[] {
  const { bucket, defaultBucket, accountId, clientRole, rules } = ground;
  const found = new Map<number, { readonly actions: Set<string>; readonly rules: Set<string> }>();
  for (const rule of rules.rules) {
    if (rule.mode !== "enforce" || (rule.bucket ?? defaultBucket) !== bucket) continue;
    for (const request of requestsUnder(rule, { rules, bucket: defaultBucket, accountId })) {
      const { kind, statement } = evaluate(request, {
        identity: [],
        resource: { name: "bucket policy", document },
        principalArn: `acs:ram::${accountId}:role/${clientRole}/oss-valet-doctor`,
      });
      if (kind !== "ExplicitDeny" || statement === undefined) continue;
      const so = found.get(statement.index) ?? { actions: new Set(), rules: new Set() };
      found.set(statement.index, so);
      so.actions.add(request.action);
      so.rules.add(`"${rule.name}"`);
    }
  }
  return [...found].map(([index, so]) => {
    const { Condition: condition } = writtenAt(policy, index);
    return {
      isCertain: condition === undefined,
      cause: `statement ${index} denies ${[...so.actions].join(", ")}${under(condition)}, which access.yaml grants: ${[...so.rules].join(", ")} will fail with AccessDenied`,
      fix: "remove that statement from the bucket policy, or the permission from access.yaml",
    };
  });
}

function writtenAt(policy: unknown, index: number): Written {
  return (policy as { readonly Statement: readonly Written[] }).Statement[index] ?? {};
}

function under(condition: unknown): string {
  return condition === undefined ? "" : ` under Condition ${JSON.stringify(condition)}`;
}
