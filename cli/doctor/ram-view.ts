import type { NamedPolicy } from "../../sandbox/ram/evaluate.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import {
  type ActualRole,
  type ActualState,
  type ActualUser,
  actualStateOf,
} from "../provision/actual-state.ts";
import { type DesiredState, desiredStateFor, type ProvisionSettings } from "../provision/desired-state.ts";
import { planFor, UNFINISHED } from "../provision/plan.ts";
import type { RamAccount } from "../provision/ram-account.ts";
import { cloudProblemFrom, problemText } from "../shared/cloud-problem.ts";
import { remedyOf } from "../shared/remedy.ts";
import { judgeable, type PolicyHolder, policiesOf } from "./attached-policies.ts";
import type { Findings } from "./finding.ts";
import { type Mending, mendingBy } from "./mending.ts";

/** What provision would make of access.yaml, what RAM has of it, and how the one becomes the other. */
export interface RamView {
  readonly settings: ProvisionSettings;
  readonly rules: AccessRules;
  readonly desired: DesiredState;
  readonly actual: ActualState;
  /** The default versions of all that is attached to each role and user. */
  readonly policies: ReadonlyMap<ActualRole | ActualUser, readonly NamedPolicy[]>;
  readonly mending: Mending;
  /** What must be mended before provision may be run; undefined: nothing. */
  readonly first: string | undefined;
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
    findings.skip("roles", "RAM comes first");
    return undefined;
  }
  return { ...want, desired, actual, policies, mending: mendingBy(planFor(desired, actual), want) };
}

/** A role or user to be looked at; undefined, and a finding, where it is not there, or not complete. */
export function found<T extends ActualRole | ActualUser>(
  entity: T | undefined,
  what: {
    readonly name: string;
    /** e.g. client role */
    readonly purpose: string;
    /** Where its name is written. */
    readonly named: string;
    readonly view: RamView;
  },
  findings: Findings,
): (T & PolicyHolder) | undefined {
  const { name, purpose, named, view } = what;
  const check = `${purpose} ${name}`;
  const { apply } = view.mending;
  if (entity === undefined) {
    findings.fail(check, "does not exist", `mend ${named}, or make it with: ${apply}`);
    return undefined;
  }
  if (entity.description === UNFINISHED) {
    findings.fail(check, "is not complete: an apply was interrupted", apply);
    findings.skip(`trust and policies of ${name}`, "provision comes first");
    return undefined;
  }
  findings.ok(check, "is there");
  return { ...entity, name, policies: judgeable(view.policies.get(entity) ?? [], check, findings) };
}
