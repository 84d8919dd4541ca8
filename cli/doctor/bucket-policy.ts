import { evaluate } from "../../sandbox/ram/evaluate.ts";
import { parsePolicy, policyGrammarProblem, type Statement } from "../../sandbox/ram/policy-document.ts";
import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import { uploadsPolicyFor } from "../../shared/domain/policy/uploads-role-policy.ts";
import { bucketResource } from "../../shared/domain/ram/ram-policy.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { canMeet } from "../shared/evaluator.ts";
import { listOf } from "../shared/values.ts";
import type { Findings } from "./finding.ts";
import { type BoundOf, requestsUnder } from "./rule-requests.ts";

/** What a bucket's policy is judged against. */
export interface PolicyGround {
  readonly bucket: string;
  /** OSS_BUCKET */
  readonly defaultBucket: string;
  readonly accountId: string;
  /** In lower case. */
  readonly clientRole: string;
  /** In lower case; undefined when nobody signs. */
  readonly uploadsRole: string | undefined;
  readonly rules: AccessRules;
}

/**
 * A bucket policy opens past every role, and closes past it too: nobody but the client role and the role that signs is let
 * in where access.yaml puts users' objects, and nothing that a rule grants is denied. Statements are judged, not examples of requests.
 */
export function bucketPolicyChecked(policy: unknown, ground: PolicyGround, findings: Findings): void {
  const check = `bucket policy of ${ground.bucket}`;
  const { readable, unreadable } = statementsOf(policy);
  const troubles = [
    ...unreadable.map(unknownTo),
    ...readable.flatMap((one) => opened(one, ground) ?? []),
    ...denied(readable, ground),
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

/** A statement: parsed, and as it is written, because parsing drops some of it. */
interface Read {
  readonly index: number;
  readonly statement: Statement;
  readonly written: Written;
}

/**
 * The statements, each judged by itself, so that one that cannot be read does not hide the others; and what cannot be
 * read, in words.
 */
function statementsOf(policy: unknown): {
  readonly readable: readonly Read[];
  readonly unreadable: readonly string[];
} {
  const { Statement: statements } = Object(policy) as { readonly Statement?: unknown };
  const readable: Read[] = [];
  const unreadable: string[] = [];
  for (const [index, written] of (Array.isArray(statements) ? statements : []).entries()) {
    const document = JSON.stringify({ Version: "1", Statement: [written] });
    const problem = policyGrammarProblem(document, "resource");
    const [statement] = problem === undefined ? parsePolicy(document, "resource").statements : [];
    if (problem !== undefined) unreadable.push(problem.replace("Statement[0]", `Statement[${index}]`));
    else if (statement !== undefined) readable.push({ index, statement, written });
  }
  const around = policyGrammarProblem(JSON.stringify(policy), "resource");
  return { readable, unreadable: unreadable.length > 0 || around === undefined ? unreadable : [around] };
}

/** OSS has accepted the policy, so it has a meaning. doctor assumes the worst one. */
function unknownTo(problem: string): Trouble {
  return {
    isCertain: true,
    cause: `cannot be checked: ${problem}; but OSS has accepted it, so it may let anybody in or keep the Apps out`,
    fix: "write it in a form that doctor can read; until then, check by hand who gets access and what it denies",
  };
}

interface Written {
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Condition?: unknown;
}

interface Trouble {
  /** False where a denial hangs on a condition, or somebody may be one of the account's own. */
  readonly isCertain: boolean;
  readonly cause: string;
  readonly fix: string;
}

/** Who else gets access to the rules' folders by one statement; undefined: nobody. */
function opened({ statement, written }: Read, ground: PolicyGround): Trouble | undefined {
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
 * Somebody beside the account, the client role, whose sessions never pass their session policy, and the role that signs.
 * Source: OSS "Bucket
 * policy", Principal.
 */
function strangerFrom(
  principal: string,
  { accountId, clientRole, uploadsRole }: PolicyGround,
): { readonly principal: string; readonly words: string; readonly isForeign: boolean } | undefined {
  if (principal === "*") return { principal, words: "anybody", isForeign: true };
  const [, account, kind, role] = /^arn:sts::([^:]*):([^/]*)\/([^/]*)\//.exec(principal) ?? [];
  if (account !== undefined && kind !== undefined && role !== undefined) {
    if (account !== accountId) return { principal, words: `another account (${principal})`, isForeign: true };
    if (!canMeet(kind, "assumed-role"))
      return { principal, words: `somebody of an unknown kind (${principal})`, isForeign: true };
    if ([clientRole, uploadsRole].includes(role.toLowerCase())) return undefined;
    return { principal, words: rolesIn(role, clientRole), isForeign: false };
  }
  if (principal === accountId) return undefined;
  return principal.length <= ACCOUNT_ID_LENGTH
    ? { principal, words: `account ${principal}`, isForeign: true }
    : { principal, words: `RAM user ${principal}`, isForeign: false };
}

/** A role's name, or what a pattern of names stands for. */
function rolesIn(pattern: string, clientRole: string): string {
  if (!/[*?]/.test(pattern)) return `role ${pattern}`;
  const included = canMeet(pattern.toLowerCase(), clientRole) ? ", the client role included" : "";
  return pattern === "*"
    ? `all roles and sessions of the account${included}`
    : `all roles of the account whose names match ${pattern}${included}`;
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
function foldersIn(ground: PolicyGround): readonly string[] {
  const { bucket, defaultBucket, rules } = ground;
  const before = `${bucketResource(bucket)}/`;
  return boundsIn(ground)
    .flatMap(({ boundOf }) => boundOf(rules, defaultBucket).Statement)
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

/** Who works on OSS, and what each needs there. */
function boundsIn({
  clientRole,
  uploadsRole,
}: PolicyGround): readonly { readonly role: string; readonly boundOf: BoundOf }[] {
  return [
    { role: clientRole, boundOf: rolePolicyFor },
    ...(uploadsRole === undefined ? [] : [{ role: uploadsRole, boundOf: uploadsPolicyFor }]),
  ];
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
function denied(statements: readonly Read[], ground: PolicyGround): readonly Trouble[] {
  if (statements.length === 0) return [];
  const { bucket, defaultBucket, accountId, rules } = ground;
  const document = JSON.stringify({ Version: "1", Statement: statements.map(({ written }) => written) });
  const found = new Map<number, { readonly actions: Set<string>; readonly rules: Set<string> }>();
  for (const rule of rules.rules) {
    if (rule.mode !== "enforce" || (rule.bucket ?? defaultBucket) !== bucket) continue;
    const requests = boundsIn(ground).flatMap(({ role, boundOf }) =>
      requestsUnder(rule, { rules, boundOf, bucket: defaultBucket, accountId }).map((request) => ({
        request,
        principalArn: `acs:ram::${accountId}:role/${role}/oss-valet-doctor`,
      })),
    );
    for (const { request, principalArn } of requests) {
      const { kind, statement } = evaluate(request, {
        identity: [],
        resource: { name: "bucket policy", document },
        principalArn,
      });
      if (kind !== "ExplicitDeny" || statement === undefined) continue;
      const so = found.get(statement.index) ?? { actions: new Set(), rules: new Set() };
      found.set(statement.index, so);
      so.actions.add(request.action);
      so.rules.add(`"${rule.name}"`);
    }
  }
  return [...found].map(([place, so]) => {
    const { index, written } = statements[place] ?? { index: place, written: {} };
    const { Condition: condition } = written;
    return {
      isCertain: condition === undefined,
      cause: `statement ${index} denies ${[...so.actions].join(", ")}${under(condition)}, which access.yaml grants: ${[...so.rules].join(", ")} will fail with AccessDenied`,
      fix: "remove that statement from the bucket policy, or the permission from access.yaml",
    };
  });
}

function under(condition: unknown): string {
  return condition === undefined ? "" : ` under Condition ${JSON.stringify(condition)}`;
}
