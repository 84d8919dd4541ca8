import * as models from "@alicloud/ram20150501";
import type { NamedPolicy } from "../../sandbox/ram/evaluate.ts";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import { cloudProblemFrom, problemText } from "../cloud-problem.ts";
import type { RamAccount } from "../provision/ram-account.ts";
import { remedyOf } from "../remedy.ts";
import type { Findings } from "./finding.ts";

/** A role as RAM has it, with all that is attached to it. */
export interface RoleInRam {
  readonly name: string;
  readonly arn: string;
  readonly trustPolicy: string;
  readonly maxSessionSeconds: number;
  /** Default versions. */
  readonly policies: readonly NamedPolicy[];
}

/** Reads a role; undefined, and a finding, where it is missing, unreadable, or its policies are. */
export async function roleRead(
  account: RamAccount,
  role: { readonly name: string; readonly purpose: string; readonly settingThatNamesIt: string },
  findings: Findings,
): Promise<RoleInRam | undefined> {
  const { name, purpose, settingThatNamesIt } = role;
  const check = `${purpose} ${name}`;
  try {
    const { body } = await account.getRole(new models.GetRoleRequest({ roleName: name }));
    const { arn = "", assumeRolePolicyDocument: trustPolicy = "", maxSessionDuration = 0 } = body?.role ?? {};
    const attached = await account.listPoliciesForRole(
      new models.ListPoliciesForRoleRequest({ roleName: name }),
    );
    const policies: NamedPolicy[] = [];
    for (const { policyName = "", policyType = "" } of attached.body?.policies?.policy ?? []) {
      const policy = await account.getPolicy(new models.GetPolicyRequest({ policyName, policyType }));
      const document = policy.body?.defaultPolicyVersion?.policyDocument ?? "";
      if (isJudged(document, policyName, check, findings)) policies.push({ name: policyName, document });
    }
    findings.ok(check, arn);
    return { name, arn, trustPolicy, maxSessionSeconds: maxSessionDuration, policies };
  } catch (error) {
    const problem = cloudProblemFrom(error);
    findings.fail(
      check,
      problem.code === "EntityNotExist.Role" ? "does not exist" : problemText(problem),
      problem.code === "EntityNotExist.Role"
        ? `make it with: npm run valet -- provision apply; or mend ${settingThatNamesIt}`
        : problem.code === "NoPermission"
          ? "run this with keys that may read RAM (AliyunRAMReadOnlyAccess)"
          : remedyOf(problem, { keys: "ALIBABA_CLOUD", address: "RAM_ENDPOINT" }),
    );
    return undefined;
  }
}

/** Policies of Alibaba Cloud's own may say what our evaluator has never heard of. */
function isJudged(document: string, name: string, check: string, findings: Findings): boolean {
  const problem = policyGrammarProblem(document, "identity");
  if (problem === undefined) return true;
  findings.warn(
    check,
    `its policy ${name} cannot be judged here: ${problem}`,
    `look at ${name} yourself: what it allows or denies is left out of these checks`,
  );
  return false;
}
