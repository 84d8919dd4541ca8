import { MAX_ROLE_POLICY_LENGTH } from "../../shared/domain/policy/role-policy.ts";
import { sentenceOf } from "../../shared/domain/problem.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { type CallerIdentity, callerIdentity, ramAccountWith } from "../shared/cloud-clients.ts";
import { type AccessKeys, type ApiAddress, accessKeysFrom, apiAddressOf } from "../shared/cloud-keys.ts";
import { cloudProblemFrom, problemText, remedyOfAccess } from "../shared/cloud-problem.ts";
import {
  ACCESS,
  command,
  type Options,
  type Terminal,
  UsageError,
  type ValuesOf,
} from "../shared/command.ts";
import { type ActualState, actualStateOf } from "./actual-state.ts";
import { applied } from "./apply.ts";
import { asRos } from "./as-ros.ts";
import { asTerraform } from "./as-terraform.ts";
import { planText } from "./describe.ts";
import { type DesiredState, desiredStateFor, documentText, policiesOf } from "./desired-state.ts";
import { planFor, wideningOf } from "./plan.ts";
import { FUNCTION_ROLE, provisionSettingsFrom, UPLOADS_OPTIONS, uploadsRoleFrom } from "./settings.ts";

const OPTIONS = {
  terraform: {
    help: "print the same as Terraform text (with npm run -s, so that npm prints nothing into it)",
  },
  ros: { help: "print the same as a template of Resource Orchestration Service" },
  "function-role": { value: "NAME", default: FUNCTION_ROLE, help: "the role in s.yaml" },
  ...UPLOADS_OPTIONS,
  "caller-user": {
    value: "NAME",
    help: "also create a RAM user that may assume the client role and (without --no-uploads) sign, for callers outside Function Compute",
  },
  "allow-widening": { help: "apply also changes that give more access than today" },
  yes: { help: "do not ask before apply" },
  access: ACCESS,
} as const satisfies Options;

type Values = ValuesOf<typeof OPTIONS>;

/** Exit code 0: done, or nothing to do; 1: not done. */
export const provision = command({
  name: "provision",
  usage: [
    "npm run valet -- provision plan | apply [options]",
    "npm run -s valet -- provision --terraform > ram.tf",
  ],
  about:
    "Sets up RAM from access.yaml: the function's role (trusts fc.aliyuncs.com, may assume exactly the client role), the client role (trusts exactly the function's role; allows the upper bound of all rules), the role of the function uploads (trusts fc.aliyuncs.com; allows what forms and signed URLs may do), and their policies. Nothing is ever deleted. A change that gives more access than today needs --allow-widening. So does attaching a policy again that somebody has detached. Wrong settings end with exit code 2.",
  arguments: {
    plan: "show what would change",
    apply:
      "show the changes, ask, and make them. After an error, run it again: it continues where it stopped",
  },
  options: OPTIONS,
  yes: "done, or nothing to do",
  no: "not done, or not completely",
  settings: {
    OSS_ROLE_ARN: "the client role",
    OSS_BUCKET: "the bucket of rules that name none",
    "ALIBABA_CLOUD_ACCESS_KEY_ID, _SECRET, _SECURITY_TOKEN":
      "for plan and apply: keys of a RAM administrator in the account of OSS_ROLE_ARN",
    RAM_ENDPOINT: "default: https://ram.aliyuncs.com",
    STS_ENDPOINT: "default: https://sts.aliyuncs.com; STS says whose keys they are",
  },
  run: async ({ values, positionals }, terminal, access) => {
    const { rules } = await access(values.access);
    return await provisioned(values, positionals, rules, terminal);
  },
});

async function provisioned(
  values: Values,
  positionals: readonly string[],
  rules: AccessRules,
  terminal: Terminal,
): Promise<number> {
  const desired = desiredFrom(values, rules, terminal);
  if (desired === undefined) return 2;
  if (values.terraform === true || values.ros === true) {
    terminal.out(values.ros === true ? asRos(desired) : asTerraform(desired));
    return 0;
  }
  const [step, ...rest] = positionals;
  if ((step !== "plan" && step !== "apply") || rest.length > 0) {
    const instead = step === undefined ? "" : `, not "${positionals.join(" ")}"`;
    throw new UsageError(`write plan or apply${instead}; see --help`);
  }
  const access = accessFrom(terminal);
  const owner = await ownerOf(access, terminal);
  if (owner === undefined) return 1;
  if (owner.accountId !== desired.accountId) {
    terminal.error(
      `Nothing was changed: OSS_ROLE_ARN belongs to account ${desired.accountId}, but the keys belong to account ${owner.accountId} (${owner.arn}). Fix the account ID in OSS_ROLE_ARN, or use keys of account ${desired.accountId}.`,
    );
    return 2;
  }
  const account = ramAccountWith(access.keys, access.ram);
  let actual: ActualState;
  try {
    actual = await actualStateOf(account, desired);
  } catch (error) {
    const problem = cloudProblemFrom(error);
    const instead =
      problem.code === "NoPermission"
        ? "use keys of a RAM administrator (AliyunRAMFullAccess)"
        : remedyOfAccess(problem, { keys: "ALIBABA_CLOUD", address: "RAM_ENDPOINT" });
    unchanged(terminal, `RAM cannot be read: ${problemText(problem)}`, instead);
    return 1;
  }
  const plan = planFor(desired, actual);
  terminal.out(planText(plan));
  if (step === "plan" || plan.steps.length === 0) return 0;
  const widening = plan.steps.filter((step) => wideningOf(step).length > 0);
  if (widening.length > 0 && values["allow-widening"] !== true) {
    terminal.error(
      "Nothing was changed. Changes marked WIDENS give more access than today. If you want that, add --allow-widening.",
    );
    return 1;
  }
  if (values.yes !== true && (await terminal.ask?.(`Make ${plan.steps.length} changes?`)) !== true) {
    terminal.error(
      terminal.ask === undefined
        ? "Nothing was changed: there is no terminal for the question. To apply without it, add --yes."
        : "Nothing was changed.",
    );
    return 1;
  }
  return applied(plan, account, terminal);
}

function desiredFrom(
  options: Values,
  rules: AccessRules,
  { environment, error }: Terminal,
): DesiredState | undefined {
  const settings = provisionSettingsFrom({
    roleArn: environment["OSS_ROLE_ARN"] ?? "",
    bucket: environment["OSS_BUCKET"] ?? "",
    functionRole: options["function-role"],
    uploadsRole: uploadsRoleFrom(options),
    callerUser: options["caller-user"],
  });
  if ("problems" in settings) {
    for (const problem of settings.problems) error(sentenceOf(problem));
    return undefined;
  }
  const desired = desiredStateFor(rules, settings);
  const tooLong = policiesOf(desired)
    .map(({ name, document }) => ({ name, length: documentText(document).length }))
    .filter(({ length }) => length > MAX_ROLE_POLICY_LENGTH);
  for (const { name, length } of tooLong)
    error(
      `policy ${name}: the rules need ${length} characters, but RAM allows ${MAX_ROLE_POLICY_LENGTH}: let rules share a prefix, or list fewer values in when`,
    );
  return tooLong.length > 0 ? undefined : desired;
}

interface Access {
  readonly keys: AccessKeys;
  readonly ram: ApiAddress;
  readonly sts: ApiAddress;
}

/** Throws UsageError. */
function accessFrom({ environment }: Terminal): Access {
  const keys = accessKeysFrom(environment);
  if (keys === undefined)
    throw new UsageError(
      "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set: set them to keys of a RAM administrator",
    );
  return {
    keys,
    ram: apiAddressOf("RAM_ENDPOINT", environment["RAM_ENDPOINT"] || "https://ram.aliyuncs.com"),
    sts: apiAddressOf("STS_ENDPOINT", environment["STS_ENDPOINT"] || "https://sts.aliyuncs.com"),
  };
}

/** Whose account would be changed: RAM itself does not say. */
async function ownerOf({ keys, sts }: Access, terminal: Terminal): Promise<CallerIdentity | undefined> {
  try {
    return await callerIdentity(keys, sts);
  } catch (error) {
    const problem = cloudProblemFrom(error);
    const instead = remedyOfAccess(problem, { keys: "ALIBABA_CLOUD", address: "STS_ENDPOINT" });
    unchanged(terminal, `STS did not say which account the keys belong to: ${problemText(problem)}`, instead);
    return undefined;
  }
}

function unchanged({ error }: Terminal, because: string, instead: string | undefined): void {
  error(`Nothing was changed: ${because}${instead === undefined ? "" : `; ${instead}`}`);
}
