import type { ProvisionSettings } from "../provision/desired-state.ts";
import { type Plan, wideningOf } from "../provision/plan.ts";
import { applyCommand } from "../provision/settings.ts";

/** What a person is told to do about RAM, so that it works as told. */
export interface Mending {
  /** The command that makes all changes of the plan, with the flag that it needs. */
  readonly apply: string;
  /** Takes a policy away that nobody needs once the plan is carried out. */
  readonly detach: (policy: string, from: string) => string;
}

/** `first`: what must be mended before, such as a bucket's name that policies would be written for. */
export function mendingBy(
  plan: Plan,
  { settings, first }: { readonly settings: ProvisionSettings; readonly first: string | undefined },
): Mending {
  const command = applyCommand(settings, { widens: plan.steps.some((step) => wideningOf(step).length > 0) });
  const apply = first === undefined ? command : `${first} comes first; then ${command}`;
  return {
    apply,
    // What is to go may be all that the deployment runs on today.
    detach: (policy, from) =>
      plan.steps.length === 0
        ? `detach ${policy} from ${from}, unless you mean it`
        : `${apply}, and only then detach ${policy} from ${from}`,
  };
}
