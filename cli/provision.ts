import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import type { AccessRules } from "../shared/domain/access-rules.ts";
import { MAX_ROLE_POLICY_LENGTH } from "../shared/domain/role-policy.ts";
import { type CloudProblem, cloudProblemFrom, problemText } from "./cloud-problem.ts";
import { accessKeysFrom, apiAddressFrom } from "./operator-access.ts";
import { asRos } from "./provision/as-ros.ts";
import { asTerraform } from "./provision/as-terraform.ts";
import { headline, planText, wideningOf } from "./provision/describe.ts";
import { type DesiredState, desiredStateFor } from "./provision/desired-state.ts";
import { type ActualState, documentText, type Plan, planFor } from "./provision/plan.ts";
import {
  actualStateOf,
  applyStep,
  type RamAccess,
  type RamAccount,
  ramAccountWith,
} from "./provision/ram-account.ts";
import { remedyOfAccess } from "./remedy.ts";
import { type Terminal, UsageError } from "./terminal.ts";

export const PROVISION_HELP = `npm run valet -- provision plan | apply | --terraform | --ros

Sets up RAM from access.yaml: the function's role (trusts fc.aliyuncs.com, may assume exactly the client role), the
client role (trusts exactly the function's role; allows the upper bound of all rules), and their policies. Nothing
is ever deleted; what widens something that exists needs --allow-widening.

  plan                    show what would change
  apply                   show it, ask, and do it; run it again after an error: it goes on where it stopped
  --terraform, --ros      print the same as text instead

  --function-role NAME    oss-valet-function where left out; s.yaml names it
  --caller-user NAME      also a RAM user that may assume the client role, for callers outside Function Compute
  --allow-widening        apply also changes that allow more than what exists allows
  --yes                   do not ask

Settings: OSS_ROLE_ARN (the client role), OSS_BUCKET; plan and apply also ALIBABA_CLOUD_ACCESS_KEY_ID, _SECRET and
_SECURITY_TOKEN of an administrator of RAM; RAM_ENDPOINT (https://ram.aliyuncs.com).`;

/** Exit code 0: done, or nothing to do; 1: not done; 2: called or configured wrongly. Throws UsageError. */
export async function provision(
  args: readonly string[],
  rules: AccessRules,
  terminal: Terminal,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      terraform: { type: "boolean" },
      ros: { type: "boolean" },
      "function-role": { type: "string", default: "oss-valet-function" },
      "caller-user": { type: "string" },
      "allow-widening": { type: "boolean" },
      yes: { type: "boolean" },
    },
  });
  const desired = desiredFrom(values, rules, terminal);
  if (desired === undefined) return 2;
  if (values.terraform === true || values.ros === true) {
    terminal.out(values.ros === true ? asRos(desired) : asTerraform(desired));
    return 0;
  }
  const [command, ...rest] = positionals;
  if ((command !== "plan" && command !== "apply") || rest.length > 0) {
    const instead = command === undefined ? "" : `, not "${positionals.join(" ")}"`;
    throw new UsageError(`write plan or apply${instead}; --help tells more`);
  }
  const access = accessFrom(terminal);
  if (access === undefined) return 2;
  const account = ramAccountWith(access);
  let actual: ActualState;
  try {
    actual = await actualStateOf(account, desired);
  } catch (error) {
    const problem = cloudProblemFrom(error);
    terminal.error(`Nothing was changed: RAM cannot be read: ${problemText(problem)}${remedy(problem)}`);
    return 1;
  }
  const plan = planFor(desired, actual);
  terminal.out(planText(plan));
  if (command === "plan" || plan.steps.length === 0) return 0;
  const widening = plan.steps.filter((step) => wideningOf(step).length > 0);
  if (widening.length > 0 && values["allow-widening"] !== true) {
    terminal.error(
      "Nothing was changed: the changes marked WIDENS allow more than now. Where that is meant, add --allow-widening.",
    );
    return 1;
  }
  if (values.yes !== true && (await terminal.ask?.(`Make ${plan.steps.length} changes?`)) !== true) {
    terminal.error(
      terminal.ask === undefined
        ? "Nothing was changed: nobody can be asked here; add --yes."
        : "Nothing was changed.",
    );
    return 1;
  }
  return applied(plan, account, terminal);
}

/** The question on a terminal. */
export async function askOnTerminal(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

async function applied(plan: Plan, account: RamAccount, terminal: Terminal): Promise<number> {
  for (const [index, step] of plan.steps.entries()) {
    try {
      const key = await applyStep(account, step);
      terminal.out(`done: ${headline(step)}`);
      if (key !== undefined) {
        terminal.out(
          `Keep it now, it is never shown again:\n  ALIBABA_CLOUD_ACCESS_KEY_ID=${key.accessKeyId}\n  ALIBABA_CLOUD_ACCESS_KEY_SECRET=${key.accessKeySecret}`,
        );
      }
    } catch (error) {
      terminal.error(
        `failed: ${headline(step)}: ${problemText(cloudProblemFrom(error))}\n${index} of ${plan.steps.length} changes are made; run it again when this is mended, it goes on here.`,
      );
      return 1;
    }
  }
  return 0;
}

function desiredFrom(
  options: { readonly "function-role": string; readonly "caller-user"?: string },
  rules: AccessRules,
  { environment, error }: Terminal,
): DesiredState | undefined {
  const [, accountId, clientRole] =
    /^acs:ram::(\d{5,20}):role\/([A-Za-z0-9.-]{1,64})$/.exec(environment["OSS_ROLE_ARN"] ?? "") ?? [];
  const bucket = environment["OSS_BUCKET"] ?? "";
  const problems = [
    ...(accountId === undefined
      ? ["OSS_ROLE_ARN: write the client role's ARN, acs:ram::<account id>:role/oss-valet-client"]
      : []),
    ...(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)
      ? []
      : ["OSS_BUCKET: write the bucket's name, such as examplebucket"]),
    ...(/^[A-Za-z0-9.-]{1,64}$/.test(options["function-role"])
      ? []
      : ["--function-role: a role's name has letters, digits, . and - only"]),
    ...(/^[A-Za-z0-9._-]{1,64}$/.test(options["caller-user"] ?? "x")
      ? []
      : ["--caller-user: a user's name has letters, digits, . _ and - only"]),
    ...(clientRole !== undefined && clientRole.toLowerCase() === options["function-role"].toLowerCase()
      ? ["--function-role: is the client role of OSS_ROLE_ARN; they must be two roles"]
      : []),
  ];
  for (const problem of problems) error(problem);
  if (problems.length > 0 || accountId === undefined || clientRole === undefined) return undefined;
  const desired = desiredStateFor(rules, {
    accountId,
    clientRole,
    functionRole: options["function-role"],
    callerUser: options["caller-user"],
    bucket,
  });
  const tooLong = desired.roles
    .map(({ policy }) => ({ name: policy.name, length: documentText(policy.document).length }))
    .filter(({ length }) => length > MAX_ROLE_POLICY_LENGTH);
  for (const { name, length } of tooLong)
    error(
      `policy ${name}: the rules need ${length} characters, and RAM takes ${MAX_ROLE_POLICY_LENGTH}: let rules share a prefix, or name fewer values in when`,
    );
  return tooLong.length > 0 ? undefined : desired;
}

function remedy(problem: CloudProblem): string {
  const instead =
    problem.code === "NoPermission"
      ? "use the keys of somebody who may administer RAM (AliyunRAMFullAccess)"
      : remedyOfAccess(problem, { keys: "ALIBABA_CLOUD", address: "RAM_ENDPOINT" });
  return instead === undefined ? "" : `; ${instead}`;
}

function accessFrom({ environment, error }: Terminal): RamAccess | undefined {
  const keys = accessKeysFrom(environment);
  const address = apiAddressFrom(environment["RAM_ENDPOINT"] || "https://ram.aliyuncs.com");
  if (keys === undefined)
    error(
      "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET: set those of somebody who may administer RAM",
    );
  if (address === undefined)
    error("RAM_ENDPOINT: write https:// and a host (http:// only for a loopback address)");
  return keys === undefined || address === undefined ? undefined : { ...keys, ...address };
}
