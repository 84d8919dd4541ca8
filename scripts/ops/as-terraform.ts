import { LINE_FIELD, LINE_LEAVES, PLATFORM_FIELDS, WORD_ENDS } from "../../cli/shared/log-index.ts";
import { ALARMS, type Alarm, alertNameOf, SEVERITY_NUMBERS } from "./alarms.ts";
import { chartsFor, DASHBOARD_NAME, DASHBOARD_TITLE } from "./dashboard.ts";

/**
 * The text of ops/terraform/oss-valet-log.tf.json: index, dashboard and alarms. Terraform reads JSON as it reads HCL
 * (developer.hashicorp.com/terraform/language/syntax/json), and JSON needs no parser of its own to be checked. Names of
 * arguments: terraform-provider-alicloud, website/docs/r/log_store_index, log_dashboard, log_alert.
 */
export function terraformText(): string {
  return `${JSON.stringify(terraform(), null, 2)}\n`;
}

/** What Terraform puts a value in place of. */
const expression = (text: string): string => `\${${text}}`;

function terraform(): object {
  return {
    "//": "npm run generate makes this file from scripts/ops. docs/deploy.md, Alarms, says how to apply it.",
    terraform: {
      required_providers: { alicloud: { source: "aliyun/alicloud", version: ">= 1.203.0" } },
    },
    variable: {
      project: { type: "string", description: "The SLS project in logConfig of s.yaml" },
      logstore: { type: "string", description: "The logstore in logConfig of s.yaml" },
      region: { type: "string", description: "The project's region, such as cn-hangzhou" },
      action_policy_id: {
        type: "string",
        description: "Who is told, and how: an action policy of SLS. sls.builtin.dynamic has none of its own",
      },
      runbook: {
        type: "string",
        default: "docs/runbook",
        description: "What stands before the name of a runbook page, such as an address",
      },
      index: {
        type: "bool",
        default: true,
        description:
          "Whether Terraform has the logstore's index. false: the index has more fields, and another owner",
      },
    },
    resource: {
      alicloud_log_store_index: { functions: index() },
      alicloud_log_dashboard: {
        valet: {
          project_name: expression("var.project"),
          dashboard_name: DASHBOARD_NAME,
          display_name: DASHBOARD_TITLE,
          attribute: JSON.stringify({ type: "grid" }),
          char_list: JSON.stringify(chartsFor(expression("var.logstore"))),
        },
      },
      alicloud_log_alert: Object.fromEntries(
        ALARMS.map((alarm) => [alarm.id.replaceAll("-", "_"), alert(alarm)]),
      ),
    },
  };
}

/** Terraform sets a default of its own for what is left out here: a key of JSON is `long`, with statistics. */
function index(): object {
  const token = WORD_ENDS.join("");
  return {
    count: expression("var.index ? 1 : 0"),
    project: expression("var.project"),
    logstore: expression("var.logstore"),
    full_text: [{ case_sensitive: false, include_chinese: false, token }],
    field_search: [
      {
        name: LINE_FIELD,
        type: "json",
        case_sensitive: true,
        include_chinese: false,
        enable_analytics: true,
        token,
        json_keys: Object.entries(LINE_LEAVES).map(([name, type]) => ({ name, type, doc_value: true })),
      },
      ...Object.entries(PLATFORM_FIELDS).map(([name, type]) => ({
        name,
        type,
        enable_analytics: true,
        ...(type === "text" ? { case_sensitive: true, include_chinese: false, token } : {}),
      })),
    ],
  };
}

function alert(alarm: Alarm): object {
  return {
    version: "2.0",
    type: "default",
    project_name: expression("var.project"),
    alert_name: alertNameOf(alarm),
    alert_displayname: alarm.title,
    alert_description: alarm.why,
    threshold: alarm.times,
    no_data_fire: alarm.silenceRings === true,
    ...(alarm.silenceRings ? { no_data_severity: SEVERITY_NUMBERS[alarm.severity] } : {}),
    send_resolved: true,
    auto_annotation: true,
    schedule: [{ type: "FixedRate", interval: `${alarm.everyMinutes}m` }],
    query_list: [
      {
        store_type: "log",
        project: expression("var.project"),
        store: expression("var.logstore"),
        region: expression("var.region"),
        query: alarm.query,
        start: `-${alarm.windowMinutes}m`,
        end: "now",
        time_span_type: "Relative",
        power_sql_mode: "disable",
      },
    ],
    group_configuration: [{ type: "no_group" }],
    severity_configurations: [
      {
        severity: SEVERITY_NUMBERS[alarm.severity],
        eval_condition: { condition: alarm.condition, count_condition: "" },
      },
    ],
    labels: [{ key: "service", value: "oss-valet" }],
    annotations: [
      { key: "title", value: alarm.title },
      { key: "desc", value: alarm.why },
      { key: "runbook", value: `${expression("var.runbook")}/${alarm.id}.md` },
    ],
    policy_configuration: [
      {
        alert_policy_id: "sls.builtin.dynamic",
        action_policy_id: expression("var.action_policy_id"),
        repeat_interval: "1h",
      },
    ],
  };
}
