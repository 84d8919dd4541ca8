import * as models from "@alicloud/ram20150501";
import type { NamedPolicy } from "../../sandbox/ram/evaluate.ts";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import type { Attachment } from "../provision/actual-state.ts";
import { wideningFrom } from "../provision/policy-comparison.ts";
import type { RamAccount } from "../provision/ram-account.ts";
import { AlienAnswer } from "../shared/cloud-problem.ts";
import type { Findings } from "./finding.ts";

/** A role or user, and the default versions of all that is attached to it. */
export interface PolicyHolder {
  readonly name: string;
  readonly policies: readonly NamedPolicy[];
}

/** Rejects with the SDK's error, or AlienAnswer. */
export async function policiesOf(
  account: RamAccount,
  attached: readonly Attachment[],
): Promise<readonly NamedPolicy[]> {
  const policies: NamedPolicy[] = [];
  for (const { name, type } of attached) {
    const found = await account.getPolicy(
      new models.GetPolicyRequest({ policyName: name, policyType: type }),
    );
    const document = found.body?.defaultPolicyVersion?.policyDocument;
    if (document === undefined) throw new AlienAnswer("it holds no policy document");
    policies.push({ name, document });
  }
  return policies;
}

/** Those that our evaluator can judge: policies of Alibaba Cloud's own may say what it has never heard of. */
export function judgeable(
  policies: readonly NamedPolicy[],
  check: string,
  findings: Findings,
): readonly NamedPolicy[] {
  return policies.filter(({ name, document }) => {
    const problem = policyGrammarProblem(document, "identity");
    if (problem === undefined) return true;
    findings.warn(
      check,
      `its policy ${name} cannot be judged here: ${problem}`,
      `look at ${name} yourself: what it allows or denies is left out of these checks`,
    );
    return false;
  });
}

/** Of each policy, what it allows beyond `bound`; those that keep within it are left out. */
export function widerThan(
  bound: string,
  { policies }: PolicyHolder,
): readonly { readonly name: string; readonly what: string }[] {
  return policies.flatMap(({ name, document }) => {
    // What was denied cannot be missing here: the bound has no Deny.
    const more = wideningFrom(bound, document);
    if (more.length === 0) return [];
    const rest = more.length > SHOWN ? `, and ${more.length - SHOWN} more` : "";
    return [{ name, what: `${more.slice(0, SHOWN).join(", ")}${rest}` }];
  });
}

/** Of a long list, how many are told. */
const SHOWN = 3;
