import { type Condition, conditionFrom } from "./conditions.ts";
import { asciiLowerCase } from "./match.ts";
import { NOBODY, type Principals, principalsFrom } from "./principals.ts";

/**
 * What a policy is for: attached to (or passed for) an identity, a role's trust policy, or a bucket policy. `resource` is
 * a bucket policy as the documents describe it. `stored resource` is what OSS takes: a statement may name nobody.
 */
export type PolicyKind = "identity" | "trust" | "resource" | "stored resource";

/** A policy, parsed. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

/** One statement; each one decides on its own. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** Patterns of actions, in lower case, because actions compare without; `except` is true for NotAction. */
  readonly actions: { readonly except: boolean; readonly patterns: readonly string[] };
  /** Patterns of resources; a trust policy has none, it is about the role that carries it. */
  readonly resources: readonly string[];
  /** Who it applies to. Identity policies have none: they apply to the user or role that they are attached to. */
  readonly principals: Principals | undefined;
  readonly conditions: readonly Condition[];
}

/** A policy that does not follow RAM's grammar; the message says what and where. */
export class PolicyGrammarError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "PolicyGrammarError";
  }
}

/**
 * Parses the text of a policy. The same text is parsed once: the result is kept in a cache of 500 documents a kind. Throws
 * PolicyGrammarError. Source: RAM "Policy structure and syntax"; where that is silent (an unknown element, an ARN of
 * fewer than five parts) this refuses: assumption. Sizes are the business of the API that takes the text.
 */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  const parsed = PARSED_POLICIES[kind];
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const policy = policyFrom(jsonFrom(text), kind);
  const [oldest] = parsed.keys();
  if (parsed.size >= MAX_PARSED_POLICIES && oldest !== undefined) parsed.delete(oldest);
  parsed.set(text, policy);
  return policy;
}

/** Why RAM would not accept the text, or undefined when it would. */
export function policyGrammarProblem(text: string, kind: PolicyKind): string | undefined {
  try {
    parsePolicy(text, kind);
    return undefined;
  } catch (error) {
    if (error instanceof PolicyGrammarError) return error.message;
    throw error;
  }
}

/** Documents of one kind. Enough for every policy of a sandbox, little enough to forget those of a property test. */
const MAX_PARSED_POLICIES = 500;
const PARSED_POLICIES: Readonly<Record<PolicyKind, Map<string, PolicyDocument>>> = {
  identity: new Map(),
  trust: new Map(),
  resource: new Map(),
  "stored resource": new Map(),
};

type JsonObject = Readonly<Record<string, unknown>>;

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PolicyGrammarError("the policy is not JSON");
  }
}

function policyFrom(json: unknown, kind: PolicyKind): PolicyDocument {
  const policy = objectFrom(json, "the policy");
  allowOnly(policy, ["Version", "Statement"], "the policy");
  if (policy["Version"] !== "1") throw new PolicyGrammarError('Version must be "1"');
  const statements = policy["Statement"];
  if (!Array.isArray(statements)) throw new PolicyGrammarError("Statement must be an array");
  if (statements.length === 0) throw new PolicyGrammarError("Statement must not be empty");
  return {
    statements: statements.map((statement, index) => statementFrom(statement, `Statement[${index}]`, kind)),
  };
}

function statementFrom(json: unknown, where: string, kind: PolicyKind): Statement {
  const statement = objectFrom(json, where);
  allowOnly(statement, ELEMENTS[kind], where);
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") {
    throw new PolicyGrammarError(`${where}.Effect must be "Allow" or "Deny"`);
  }
  return {
    effect,
    actions: actionsFrom(statement, where),
    resources: kind === "trust" ? [] : resourcesFrom(statement, where),
    principals: kind === "identity" ? undefined : checkedPrincipals(statement, where, kind),
    conditions: statement["Condition"] === undefined ? [] : conditionsFrom(statement["Condition"], where),
  };
}

/** NotResource stood in the documents of 2021 and is gone from the current ones: refused (assumption). */
const ELEMENTS: Readonly<Record<PolicyKind, readonly string[]>> = {
  identity: ["Effect", "Action", "NotAction", "Resource", "Condition"],
  trust: ["Effect", "Action", "NotAction", "Principal", "Condition"],
  resource: ["Effect", "Action", "NotAction", "Resource", "Principal", "Condition"],
  "stored resource": ["Effect", "Action", "NotAction", "Resource", "Principal", "Condition"],
};

function actionsFrom(statement: JsonObject, where: string): Statement["actions"] {
  const except = statement["NotAction"] !== undefined;
  if (except === (statement["Action"] !== undefined)) {
    throw new PolicyGrammarError(`${where} must have either Action or NotAction`);
  }
  const name = except ? "NotAction" : "Action";
  const patterns = stringsFrom(statement[name], `${where}.${name}`);
  for (const pattern of patterns) {
    if (pattern !== "*" && !/^[^:]+:[^:]+$/.test(pattern)) {
      throw new PolicyGrammarError(`${where}.${name}: "${pattern}" is not <service>:<action>`);
    }
  }
  return { except, patterns: patterns.map(asciiLowerCase) };
}

function resourcesFrom(statement: JsonObject, where: string): readonly string[] {
  const patterns = stringsFrom(statement["Resource"], `${where}.Resource`);
  for (const pattern of patterns) {
    if (pattern !== "*" && !/^acs:[^:]+:[^:]*:[^:]*:./s.test(pattern)) {
      throw new PolicyGrammarError(
        `${where}.Resource: "${pattern}" is not acs:<service>:<region>:<account>:<resource>`,
      );
    }
  }
  return patterns;
}

function checkedPrincipals(
  statement: JsonObject,
  where: string,
  kind: Exclude<PolicyKind, "identity">,
): Principals {
  const json = statement["Principal"];
  if (kind === "stored resource" && (json === undefined || (Array.isArray(json) && json.length === 0))) {
    return NOBODY;
  }
  const principals = principalsFrom(json, kind === "trust" ? "trust" : "resource");
  if ("problem" in principals) {
    throw new PolicyGrammarError(`${where}.Principal: ${principals.problem}`);
  }
  return principals;
}

function conditionsFrom(json: unknown, where: string): readonly Condition[] {
  const blocks = Object.entries(objectFrom(json, `${where}.Condition`));
  return blocks.flatMap(([operator, block]) => {
    const keys = Object.entries(objectFrom(block, `${where}.Condition.${operator}`));
    // An operator without keys would match every request. A forgotten key must not make the statement wider.
    if (keys.length === 0) throw new PolicyGrammarError(`${where}.Condition.${operator} names no key`);
    return keys.map(([key, values]) => {
      const condition = conditionFrom(
        operator,
        key,
        stringsFrom(values, `${where}.Condition.${operator}.${key}`, { mayBeEmpty: true }),
      );
      if ("problem" in condition) throw new PolicyGrammarError(`${where}.Condition: ${condition.problem}`);
      return condition;
    });
  });
}

function stringsFrom(json: unknown, where: string, text = { mayBeEmpty: false }): readonly string[] {
  const list: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (list.length === 0) throw new PolicyGrammarError(`${where} must not be an empty list`);
  return list.map((value) => {
    if (typeof value !== "string")
      throw new PolicyGrammarError(`${where} must be a string or a list of them`);
    if (value === "" && !text.mayBeEmpty) throw new PolicyGrammarError(`${where} must not be empty`);
    return value;
  });
}

function objectFrom(json: unknown, where: string): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new PolicyGrammarError(`${where} must be an object`);
  }
  return { ...json };
}

function allowOnly(object: JsonObject, names: readonly string[], where: string): void {
  const unknown = Object.keys(object).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new PolicyGrammarError(`${where} has an unknown element ${unknown}`);
}
