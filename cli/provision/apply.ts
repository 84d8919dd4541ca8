import { cloudProblemFrom, problemText } from "../shared/cloud-problem.ts";
import type { Terminal } from "../shared/command.ts";
import { applyStep } from "./apply-step.ts";
import { headline } from "./describe.ts";
import type { Plan, Step } from "./plan.ts";
import type { RamAccount } from "./ram-account.ts";

/** Makes the changes one after the other, up to the first that fails. Exit code 0: all are made; 1: not all. */
export async function applied(plan: Plan, account: RamAccount, terminal: Terminal): Promise<number> {
  for (const [index, step] of plan.steps.entries()) {
    try {
      const key = await applyStep(account, step);
      terminal.out(`done: ${headline(step)}`);
      if (key !== undefined) {
        // Not by the names of the administrator's own keys, which a paste would overwrite.
        terminal.out(
          `Keep it now, it is never shown again; where the function runs it is ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET:\n  CALLER_ACCESS_KEY_ID=${key.accessKeyId}\n  CALLER_ACCESS_KEY_SECRET=${key.accessKeySecret}`,
        );
      }
    } catch (error) {
      const problem = cloudProblemFrom(error);
      terminal.error(
        [
          `failed: ${headline(step)}: ${problemText(problem)}`,
          ...(problem.kind === "refused" ? [] : afterSilence(step)),
          `${index} of ${plan.steps.length} changes are made; run it again when this is mended, it goes on here.`,
        ].join("\n"),
      );
      return 1;
    }
  }
  return 0;
}

/** Where no answer came the change may have been made all the same; a key is the one that cannot be looked up. */
function afterSilence(step: Step): readonly string[] {
  if (step.kind !== "create access key") return [];
  return [
    `RAM may have made a key whose secret nobody has: look at the keys of ${step.user.name} in RAM, and delete it there first.`,
  ];
}
