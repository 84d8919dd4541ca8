import * as models from "@alicloud/ram20150501";
import type { NamedPolicy } from "../../sandbox/ram/evaluate.ts";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import {
  type ActualRole,
  type ActualState,
  type ActualUser,
  type Attachment,
  actualStateOf,
} from "../provision/actual-state.ts";
import { type DesiredState, desiredStateFor, type ProvisionSettings } from "../provision/desired-state.ts";
import { type Plan, planFor, UNFINISHED, wideningOf } from "../provision/plan.ts";
import { applyCommand } from "../provision/settings.ts";
import type { RamAccount } from "../shared/cloud-clients.ts";
import { AlienAnswer, cloudProblemFrom, problemText, remedyOf } from "../shared/cloud-problem.ts";
import type { Findings } from "./finding.ts";

/** The advice that doctor gives about RAM: each command works exactly as printed. */
export interface Fixes {
  /** The command that makes all changes of the plan, with the flag that it needs. */
  readonly apply: string;
  /** Takes a policy away that nobody needs once the plan is carried out. */
  readonly detach: (policy: string, from: string) => string;
}

/** What provision would make of access.yaml, what RAM has of it, and how the one becomes the other. */
export interface RamView {
  readonly settings: ProvisionSettings;
  readonly rules: AccessRules;
  readonly desired: DesiredState;
  readonly actual: ActualState;
  /** The default versions of all that is attached to each role and user. */
  readonly policies: ReadonlyMap<ActualRole | ActualUser, readonly NamedPolicy[]>;
  readonly fixes: Fixes;
  /** What must be fixed before provision is run; undefined: nothing. */
  readonly first: string | undefined;
}

/** A role or user, and the default versions of all that is attached to it. */
export interface PolicyHolder {
  readonly name: string;
  readonly policies: readonly NamedPolicy[];
}

/** Reads all that the checks need; undefined, and one finding, where RAM does not let it. */
export async function ramViewOf(
  account: RamAccount,
  want: Pick<RamView, "settings" | "rules" | "first">,
  findings: Findings,
): Promise<RamView | undefined> {
  const { settings, rules } = want;
  const desired = desiredStateFor(rules, settings);
  let actual: ActualState;
  const policies = new Map<ActualRole | ActualUser, readonly NamedPolicy[]>();
  try {
    actual = await actualStateOf(account, desired);
    for (const entity of [...actual.roles.values(), ...actual.users.values()])
      policies.set(entity, await policiesOf(account, entity.attached));
  } catch (error) {
    const problem = cloudProblemFrom(error);
    findings.fail(
      "RAM",
      problemText(problem),
      problem.code === "NoPermission"
        ? "run this with keys that may read RAM (AliyunRAMReadOnlyAccess)"
        : remedyOf(problem, { keys: "ALIBABA_CLOUD", address: "RAM_ENDPOINT" }),
    );
    findings.skip("roles", "fix the problem with RAM first");
    return undefined;
  }
  return { ...want, desired, actual, policies, fixes: fixesFor(planFor(desired, actual), want) };
}

/** A role or user to check; undefined, with a finding, when it does not exist or is not complete. */
export function found<T extends ActualRole | ActualUser>(
  entity: T | undefined,
  what: {
    readonly name: string;
    /** e.g. client role */
    readonly purpose: string;
    /** Where its name is written. */
    readonly named: string;
    readonly view: RamView;
    /** What to do when the deployment does without it. */
    readonly orWithout?: string;
  },
  findings: Findings,
): (T & PolicyHolder) | undefined {
  const { name, purpose, named, view, orWithout } = what;
  const check = `${purpose} ${name}`;
  const { apply } = view.fixes;
  if (entity === undefined) {
    const without = orWithout === undefined ? "" : `; or ${orWithout}`;
    findings.fail(check, "does not exist", `fix ${named}, or create it: ${apply}${without}`);
    return undefined;
  }
  if (entity.description === UNFINISHED) {
    findings.fail(check, "is not complete: an apply was interrupted", apply);
    findings.skip(`trust and policies of ${name}`, "run provision apply first");
    return undefined;
  }
  findings.ok(check, "exists");
  return { ...entity, name, policies: judgeable(view.policies.get(entity) ?? [], check, findings) };
}

/** Rejects with the SDK's error, or AlienAnswer. */
async function policiesOf(
  account: RamAccount,
  attached: readonly Attachment[],
): Promise<readonly NamedPolicy[]> {
  const policies: NamedPolicy[] = [];
  for (const { name, type } of attached) {
    const found = await account.getPolicy(
      new models.GetPolicyRequest({ policyName: name, policyType: type }),
    );
    const document = found.body?.defaultPolicyVersion?.policyDocument;
    if (document === undefined) throw new AlienAnswer("it has no policy document");
    policies.push({ name, document });
  }
  return policies;
}

/** Those that our evaluator can judge. RAM has accepted the others too, so they have a meaning: doctor assumes the worst one. */
function judgeable(
  policies: readonly NamedPolicy[],
  check: string,
  findings: Findings,
): readonly NamedPolicy[] {
  return policies.filter(({ name, document }) => {
    const problem = policyGrammarProblem(document, "identity");
    if (problem === undefined) return true;
    findings.fail(
      check,
      `its policy ${name} cannot be checked: ${problem}; but RAM has accepted it, so it may allow or deny anything`,
      `detach ${name}, or check it by hand: the other checks ignore what it allows or denies`,
    );
    return false;
  });
}

/** `first`: the problem to fix first, e.g. a wrong bucket name, which provision would write into policies. */
function fixesFor(
  plan: Plan,
  { settings, first }: { readonly settings: ProvisionSettings; readonly first: string | undefined },
): Fixes {
  const command = applyCommand(settings, { widens: plan.steps.some((step) => wideningOf(step).length > 0) });
  const apply = first === undefined ? command : `fix ${first} first; then ${command}`;
  return {
    apply,
    // What is to go may be all that the deployment runs on today.
    detach: (policy, from) =>
      plan.steps.length === 0
        ? `detach ${policy} from ${from}, unless you want it`
        : `${apply}, and only then detach ${policy} from ${from}`,
  };
}
