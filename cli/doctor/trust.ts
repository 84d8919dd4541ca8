import { trusts } from "../../sandbox/ram/evaluate.ts";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import { type DesiredRole, documentText } from "../provision/desired-state.ts";
import { newlyTrusted } from "../provision/policy-comparison.ts";
import type { Findings } from "./finding.ts";

/**
 * The trust policy of a role says who may become it: exactly those that it is desired to name. Whether they all may,
 * whoever else does.
 */
export function trustChecked(
  role: { readonly name: string; readonly trustPolicy: string },
  want: {
    readonly desired: DesiredRole;
    readonly accountId: string;
    /** What fails where somebody is not trusted. */
    readonly consequence: string;
    /** What somebody has who is trusted and should not be. */
    readonly gain: string;
    /** The command that fixes it. */
    readonly apply: string;
  },
  findings: Findings,
): boolean {
  const check = `trust policy of ${role.name}`;
  const { desired, accountId, apply } = want;
  const grammar = policyGrammarProblem(role.trustPolicy, "trust");
  if (grammar !== undefined) {
    findings.fail(check, `cannot be read: ${grammar}`, apply);
    return false;
  }
  const desiredNames = namesIn(desired);
  const missing = desiredNames.filter((name) => !isTrusted(name, role.trustPolicy, accountId));
  const others = newlyTrusted(documentText(desired.trustPolicy), role.trustPolicy);
  const conditions = conditionsFor(missing, role.trustPolicy, accountId);
  if (missing.length > 0 && conditions === undefined) {
    findings.fail(
      check,
      others.length === 0
        ? `does not trust ${missing.join(", ")}, nor anybody in its place: ${want.consequence}`
        : `trusts ${others.join(", ")}, but not ${missing.join(", ")}: ${want.consequence}`,
      apply,
    );
    return false;
  }
  if (conditions !== undefined)
    findings.fail(
      check,
      `trusts ${missing.join(", ")} only under Condition ${conditions}, and doctor cannot know whether it is met: ${want.consequence}`,
      `remove the Condition; this does it: ${apply}`,
    );
  const isForeign = (who: string): boolean =>
    /^(Federated )?acs:ram::\d/.test(who) && !who.includes(`acs:ram::${accountId}:`);
  const foreign = others.filter(isForeign);
  const own = others.filter((who) => !isForeign(who));
  if (foreign.length > 0)
    findings.fail(check, `trusts another account: ${foreign.join(", ")} may ${want.gain}`, apply);
  if (own.length > 0)
    findings.warn(
      check,
      own.includes(`acs:ram::${accountId}:root`)
        ? `trusts acs:ram::${accountId}:root: every user and role of the account that may call AssumeRole may ${want.gain}`
        : `also trusts ${own.join(", ")}, which may ${want.gain}`,
      `${apply}: afterwards the role trusts only ${desiredNames.join(", ")}${own.some((who) => who.includes(":user/")) ? " (--caller-user NAME keeps a user)" : ""}`,
    );
  if (missing.length === 0 && others.length === 0)
    findings.ok(check, `${desiredNames.join(", ")}, and nobody else`);
  return missing.length === 0;
}

/** ARNs, and names of services. */
function namesIn({ trustPolicy }: DesiredRole): readonly string[] {
  return trustPolicy.Statement.flatMap(({ Principal: principal }) =>
    "RAM" in principal ? principal.RAM : principal.Service,
  );
}

/** No condition counts as met: of the function's requests nothing is known. */
function isTrusted(name: string, trustPolicy: string, accountId: string): boolean {
  const who = name.startsWith("acs:ram:") ? { arn: name, accountId } : { service: name };
  return trusts(trustPolicy, who, {}).effect === "Allow";
}

/** The conditions, as text, when nothing but them keeps the wanted principals out; undefined otherwise. */
function conditionsFor(names: readonly string[], trustPolicy: string, accountId: string): string | undefined {
  const { Statement: statements } = JSON.parse(trustPolicy) as {
    readonly Statement: readonly Readonly<Record<string, unknown>>[];
  };
  const allowing = statements.filter((statement) => statement["Effect"] === "Allow");
  const unconditional = { Version: "1", Statement: allowing.map(({ Condition: _, ...rest }) => rest) };
  const conditions = allowing.flatMap(({ Condition: condition }) =>
    condition === undefined ? [] : [JSON.stringify(condition)],
  );
  return names.length > 0 &&
    conditions.length > 0 &&
    names.every((name) => isTrusted(name, JSON.stringify(unconditional), accountId))
    ? conditions.join(", ")
    : undefined;
}
