import { stringify } from "yaml";
import { LINE_FIELD, LINE_LEAVES, PLATFORM_FIELDS, WORD_ENDS } from "../../cli/shared/log-index.ts";
import { ALARMS, type Alarm, alertNameOf, SEVERITY_NUMBERS } from "./alarms.ts";
import { chartsFor, DASHBOARD_NAME, DASHBOARD_TITLE } from "./dashboard.ts";

/**
 * The text of ops/ros/oss-valet-log.yaml: the same as scripts/ops/as-terraform.ts for Resource Orchestration Service. Names of
 * properties: help.aliyun.com/ros, ALIYUN::SLS::Index, ::Dashboard and ::Alert, and @alicloud/ros-cdk-sls 1.11.0.
 */
export function rosText(): string {
  const comment =
    "# npm run generate makes this file from scripts/ops. docs/deploy.md, Alarms, says how to apply it.\n";
  return `${comment}${stringify(template(), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

const ref = (name: string): object => ({ Ref: name });

function template(): object {
  return {
    ROSTemplateFormatVersion: "2015-09-01",
    Description: "oss-valet: index of the functions' log, dashboard, alarms",
    Parameters: {
      Project: { Type: "String", Description: "The SLS project in logConfig of s.yaml" },
      Logstore: { Type: "String", Description: "The logstore in logConfig of s.yaml" },
      ActionPolicyId: { Type: "String", Description: "Who is told, and how: an action policy of SLS" },
      Runbook: {
        Type: "String",
        Default: "docs/runbook",
        Description: "What stands before the name of a runbook page, such as an address",
      },
      HasIndex: {
        Type: "Boolean",
        Default: true,
        Description:
          "Whether the stack has the logstore's index. false: the index has more fields, and another owner",
      },
    },
    Conditions: { HasIndex: { "Fn::Equals": [ref("HasIndex"), true] } },
    Resources: {
      Index: { Type: "ALIYUN::SLS::Index", Condition: "HasIndex", Properties: index() },
      Dashboard: {
        Type: "ALIYUN::SLS::Dashboard",
        Properties: {
          ProjectName: ref("Project"),
          DashboardName: DASHBOARD_NAME,
          DisplayName: DASHBOARD_TITLE,
          Charts: chartsFor(ref("Logstore")),
        },
      },
      ...Object.fromEntries(
        ALARMS.map((alarm) => [
          `Alarm${pascal(alarm.id)}`,
          { Type: "ALIYUN::SLS::Alert", Properties: { Project: ref("Project"), Detail: detail(alarm) } },
        ]),
      ),
    },
  };
}

const pascal = (id: string): string =>
  id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

function index(): object {
  const Delimiter = WORD_ENDS.join("");
  const word = { CaseSensitive: true, IncludeChinese: false, Delimiter };
  return {
    ProjectName: ref("Project"),
    LogstoreName: ref("Logstore"),
    LogReduce: false,
    FullTextIndex: { Enable: true, ...word, CaseSensitive: false },
    KeyIndices: [
      {
        Name: LINE_FIELD,
        Type: "json",
        EnableAnalytics: true,
        ...word,
        JsonKeyIndices: Object.entries(LINE_LEAVES).map(([Name, Type]) => ({
          Name,
          Type,
          EnableAnalytics: true,
        })),
      },
      ...Object.entries(PLATFORM_FIELDS).map(([Name, Type]) => ({
        Name,
        Type,
        EnableAnalytics: true,
        ...(Type === "text" ? word : {}),
      })),
    ],
  };
}

function detail(alarm: Alarm): object {
  return {
    Name: alertNameOf(alarm),
    DisplayName: alarm.title,
    Description: alarm.why,
    Schedule: { Type: "FixedRate", Interval: `${alarm.everyMinutes}m`, RunImmediately: true },
    Configuration: {
      Version: "2.0",
      Type: "default",
      // What SLS names here by itself for an alarm that belongs to no dashboard. Source: alicloud_sls_alert, dashboard.
      Dashboard: "internal-alert-analysis",
      Threshold: alarm.times,
      NoDataFire: alarm.silenceRings === true,
      ...(alarm.silenceRings ? { NoDataSeverity: SEVERITY_NUMBERS[alarm.severity] } : {}),
      SendResolved: true,
      AutoAnnotation: true,
      QueryList: [
        {
          StoreType: "log",
          Project: ref("Project"),
          Store: ref("Logstore"),
          Region: ref("ALIYUN::Region"),
          Query: alarm.query,
          Start: `-${alarm.windowMinutes}m`,
          End: "now",
          TimeSpanType: "Relative",
          PowerSqlMode: "disable",
        },
      ],
      GroupConfiguration: { Type: "no_group" },
      SeverityConfigurations: [
        {
          Severity: SEVERITY_NUMBERS[alarm.severity],
          EvalCondition: { Condition: alarm.condition, CountCondition: "" },
        },
      ],
      Labels: [{ Key: "service", Value: "oss-valet" }],
      Annotations: [
        { Key: "title", Value: alarm.title },
        { Key: "desc", Value: alarm.why },
        { Key: "runbook", Value: { "Fn::Join": ["/", [ref("Runbook"), `${alarm.id}.md`]] } },
      ],
      PolicyConfiguration: {
        AlertPolicyId: "sls.builtin.dynamic",
        ActionPolicyId: ref("ActionPolicyId"),
        RepeatInterval: "1h",
      },
    },
  };
}
