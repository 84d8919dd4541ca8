import type { LogService } from "../shared/cloud-clients.ts";
import { cloudProblemFrom, problemText, remedyOf } from "../shared/cloud-problem.ts";
import { type LeafType, LINE_FIELD, LINE_LEAVES } from "../shared/log-index.ts";
import type { Findings } from "./finding.ts";

/** What is looked at: `logConfig` of s.yaml. */
export interface LogTarget {
  readonly project: string;
  readonly logstore: string;
  readonly region: string;
}

/** What the operator's keys need for it. Source: SLS, "RAM custom policy examples". */
const READ_LOG =
  "AliyunLogReadOnlyAccess, or log:GetProject, log:GetLogStore and log:GetIndex on this project";

const APPLY_INDEX =
  "apply the index: ops/terraform, ops/ros, or ops/sls/index.json (docs/deploy.md, Alarms). It counts for new lines only";

/**
 * The functions' log has a project, a logstore, and an index with every field that the dashboard and the alarms ask for.
 * Without them the service works and nobody sees how: what is missing of the index is a warning.
 */
export async function logStoreChecked(
  service: LogService,
  target: LogTarget,
  findings: Findings,
): Promise<void> {
  const { project, logstore, region } = target;
  const there = await asked(() => service.project(), `log project ${project}`, target, findings);
  if (there === undefined) return;
  const { region: found } = Object(there) as { readonly region?: unknown };
  if (found !== region)
    findings.warn(
      `log project ${project}`,
      `is in ${String(found)}, but OSS_REGION is ${region}: Function Compute writes only to a project of its own region`,
      "write a project of the functions' region into logConfig and LOG_PROJECT",
    );
  if ((await asked(() => service.logstore(logstore), `logstore ${logstore}`, target, findings)) === undefined)
    return;
  const check = `index of logstore ${logstore}`;
  const index = await asked(() => service.index(logstore), check, target, findings);
  if (index === undefined) return;
  const lacks = lackingIn(index);
  if (lacks.length === 0)
    findings.ok(check, `has all ${Object.keys(LINE_LEAVES).length} fields of the log line`);
  else findings.warn(check, lacks.join("; "), APPLY_INDEX);
}

/** The answer; undefined, with a finding, when there is none. */
async function asked(
  ask: () => Promise<unknown>,
  check: string,
  { project, logstore, region }: LogTarget,
  findings: Findings,
): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    const problem = cloudProblemFrom(error);
    switch (problem.code) {
      case "ProjectNotExist":
        findings.fail(
          check,
          `does not exist in ${region}`,
          `fix LOG_PROJECT, or create it: Log Service console > Create Project > ${project}`,
        );
        return undefined;
      case "LogStoreNotExist":
        findings.fail(
          check,
          `does not exist in project ${project}`,
          `fix LOG_STORE, or create it: Log Service console > ${project} > Logstores > ${logstore}`,
        );
        return undefined;
      case "IndexConfigNotExist":
        findings.warn(check, "there is none: nothing can be searched, and no alarm can ring", APPLY_INDEX);
        return undefined;
      case "Unauthorized":
        // The keys themselves are good: STS has just named their owner.
        findings.warn(check, "these keys may not look at it", `run this with keys that have ${READ_LOG}`);
        return undefined;
      default:
        findings.warn(
          check,
          problemText(problem),
          remedyOf(problem, { keys: "ALIBABA_CLOUD", address: "SLS_ENDPOINT" }),
        );
        return undefined;
    }
  }
}

/** What of the line cannot be asked for, in words. */
function lackingIn(index: unknown): readonly string[] {
  const { keys } = Object(index) as { readonly keys?: Readonly<Record<string, unknown>> };
  const field = keys?.[LINE_FIELD];
  if (field === undefined) return [`it has no field ${LINE_FIELD}, where our line stands`];
  const { type, json_keys: leaves } = Object(field) as {
    readonly type?: unknown;
    readonly json_keys?: Readonly<Record<string, unknown>>;
  };
  if (type !== "json") return [`${LINE_FIELD} is ${String(type)}, and not json: its values are no fields`];
  const missing: string[] = [];
  const others: string[] = [];
  for (const [name, wanted] of Object.entries(LINE_LEAVES)) {
    const { type: is, doc_value: isAnalysed } = Object(leaves?.[name]) as {
      readonly type?: unknown;
      readonly doc_value?: unknown;
    };
    if (leaves?.[name] === undefined) missing.push(name);
    else if (!typeFits(is, wanted)) others.push(`${LINE_FIELD}.${name} is ${String(is)}, and not ${wanted}`);
    else if (isAnalysed !== true) others.push(`${LINE_FIELD}.${name} has no analysis (doc_value)`);
  }
  return [...(missing.length === 0 ? [] : [`${LINE_FIELD} lacks ${missing.join(", ")}`]), ...others];
}

/** A number may be of either kind: both can be compared. */
function typeFits(is: unknown, wanted: LeafType): boolean {
  return wanted === "text" ? is === "text" : is === "long" || is === "double";
}
