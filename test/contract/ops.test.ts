import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createSourceFile,
  isArrayTypeNode,
  isInterfaceDeclaration,
  isLiteralTypeNode,
  isPropertySignature,
  isStringLiteral,
  isTypeAliasDeclaration,
  isTypeLiteralNode,
  isTypeOperatorNode,
  isUnionTypeNode,
  ScriptTarget,
  type TypeElement,
} from "typescript";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { LINE_FIELD, LINE_LEAVES, PLATFORM_FIELDS } from "../../cli/shared/log-index.ts";
import { generatedFiles } from "../../scripts/generate-docs.ts";
import { ALARMS, alertNameOf } from "../../scripts/ops/alarms.ts";
import { CHARTS } from "../../scripts/ops/dashboard.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Made once: it takes a third of a second. */
const MADE = generatedFiles();
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const sourceOf = (path: string) => createSourceFile(path, read(path), ScriptTarget.Latest);

/** The properties of an interface, and whether each is a list. */
function membersOf(path: string, name: string): readonly { readonly name: string; readonly list: boolean }[] {
  const found = sourceOf(path).statements.find(
    (statement) => isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (found === undefined || !isInterfaceDeclaration(found))
    throw new Error(`${path} has no interface ${name}`);
  return propertiesIn(found.members);
}

function propertiesIn(members: readonly TypeElement[]) {
  return members.filter(isPropertySignature).map(({ name, type }) => ({
    name: (name as { readonly text: string }).text,
    list: type !== undefined && isTypeOperatorNode(type) && isArrayTypeNode(type.type),
  }));
}

/** Each refusal, with its code. */
function refusals() {
  const path = "shared/domain/refusal.ts";
  const found = sourceOf(path).statements.find(
    (statement) => isTypeAliasDeclaration(statement) && statement.name.text === "Refusal",
  );
  if (found === undefined || !isTypeAliasDeclaration(found) || !isUnionTypeNode(found.type))
    throw new Error(`${path} has no union Refusal`);
  return found.type.types.filter(isTypeLiteralNode).map((member) => {
    const code = member.members
      .filter(isPropertySignature)
      .find(({ type }) => type && isLiteralTypeNode(type));
    const literal = code?.type !== undefined && isLiteralTypeNode(code.type) ? code.type.literal : undefined;
    if (literal === undefined || !isStringLiteral(literal)) throw new Error("a refusal without a code");
    return { code: literal.text, properties: propertiesIn(member.members) };
  });
}

/** Our line's leaves as the code has them: shared/ports.ts and shared/domain/refusal.ts. */
function leavesInTheCode(): readonly string[] {
  const line = [
    { name: "time", list: false },
    { name: "warning", list: false },
    ...membersOf("shared/ports.ts", "AuditEntry"),
    ...membersOf("shared/ports.ts", "AuditFacts"),
  ].filter(({ name, list }) => !list && name !== "refusal" && name !== "steps");
  const refused = refusals().flatMap(({ properties }) => properties.filter(({ list }) => !list));
  const steps = ["token", "grant", "policy", "sts", "sign"];
  return [
    ...line.map(({ name }) => name),
    ...refused.map(({ name }) => `refusal.${name}`),
    ...steps.map((step) => `steps.${step}`),
  ];
}

const PAGES = ALARMS.flatMap(({ id }) => [`docs/runbook/${id}.md`, `docs/zh/runbook/${id}.md`]);

describe("files of the operator", () => {
  it.each([...MADE.keys()].filter((path) => /^ops\/|runbook\//.test(path)))(
    "%s is what npm run generate makes",
    (path) => {
      expect(read(path)).toBe(MADE.get(path));
    },
  );

  it("indexes every value of our line, and nothing that the line does not have", () => {
    expect(Object.keys(LINE_LEAVES).sort()).toEqual([...new Set(leavesInTheCode())].sort());
  });
});

describe("alarms", () => {
  it("have different names", () => {
    expect(new Set(ALARMS.map(alertNameOf)).size).toBe(ALARMS.length);
  });

  it.each(ALARMS)("$id keeps to the limits of Log Service", ({ title, titleZh, condition, query }) => {
    for (const shown of [title, titleZh]) expect(shown.length).toBeLessThanOrEqual(64);
    expect(condition.length).toBeLessThanOrEqual(128);
    // Source: SLS, "Syntax of evaluate expressions": letters and digits only, and a letter first.
    const names = condition.match(/[A-Za-z_]\w*/g) ?? [];
    const [, analysis = ""] = query.split(" | ");
    const columns = [...analysis.matchAll(/ AS (\w+)/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !/^[a-z][a-z\d]*$/.test(name) || !columns.includes(name))).toEqual([]);
    expect(condition.replace(/[a-z][a-z\d]*/g, "n")).toMatch(
      /^n (?:[<>]=?) \d+(?: (?:&&|\|\|) n (?:[<>]=?) \d+)*$/,
    );
  });

  it.each([...ALARMS, ...CHARTS.map(({ title, query }) => ({ id: title, query }))])(
    "$id asks for indexed fields and known codes",
    ({ query }) => {
      expect(unknownIn(query)).toEqual([]);
      const bare = query.replace(/'[^']*'|"[^"]*"/g, " ").match(/\b(?:is|has|function|error)[A-Z]\w*/g) ?? [];
      expect(bare.filter((name) => !(name in PLATFORM_FIELDS))).toEqual([]);
    },
  );
});

describe("runbook", () => {
  it("has a page for each alarm, in both languages, and no other", () => {
    for (const folder of ["docs/runbook", "docs/zh/runbook"])
      expect(readdirSync(join(ROOT, folder)).sort()).toEqual(
        ["README.md", ...ALARMS.map(({ id }) => `${id}.md`)].sort(),
      );
  });

  it.each(PAGES)("%s says all that the others say", (page) => {
    const headings = read(page).match(/^## .*$/gm);
    expect(headings).toEqual(
      page.includes("/zh/")
        ? ["## 含义", "## 用户看到什么", "## 先看什么", "## 原因与处理", "## 怎样算恢复"]
        : [
            "What it means",
            "What users notice",
            "First look",
            "Causes, and how to mend them",
            "It is over when",
          ].map((heading) => `## ${heading}`),
    );
  });

  it.each([...PAGES, "docs/runbook/README.md", "docs/zh/runbook/README.md"])(
    "%s names only fields, codes and settings that exist",
    (page) => {
      expect(unknownIn(read(page))).toEqual([]);
    },
  );

  it.each([...PAGES, "docs/runbook/README.md", "docs/zh/runbook/README.md"])(
    "every link of %s leads somewhere",
    (page) => {
      const links = [...read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
      const folder = join(ROOT, page, "..");
      expect(links.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
    },
  );
});

/** What a text names of our line, of refusals and of settings, and the code does not have. */
function unknownIn(text: string): readonly string[] {
  const fields = [...text.matchAll(new RegExp(`\\b${LINE_FIELD}\\.([A-Za-z]+(?:\\.[A-Za-z]+)?)`, "g"))].map(
    ([, name = ""]) => name,
  );
  const codes = text.match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g) ?? [];
  const known = new Set([...refusals().map(({ code }) => code), ...settingNames(), ...OTHER_CODES]);
  return [
    ...fields.filter((name) => !Object.hasOwn(LINE_LEAVES, name)),
    ...codes.filter((code) => !known.has(code)),
  ];
}

function settingNames(): readonly string[] {
  return read("docs/settings.md").match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g) ?? [];
}

/** Of a command line's examples, and settings of commands. */
const OTHER_CODES = ["LOG_PROJECT", "LOG_STORE", "RATE_LIMIT"];

describe("Terraform", () => {
  const file = JSON.parse(read("ops/terraform/oss-valet-log.tf.json")) as TerraformFile;

  it("has each alarm", () => {
    const alerts = Object.values(file.resource["alicloud_log_alert"] ?? {});
    expect(alerts.map(({ alert_name }) => alert_name)).toEqual(ALARMS.map(alertNameOf));
  });

  it.each(Object.entries(terraformArguments()))("gives %s only arguments that it takes", (type, known) => {
    const resources = Object.values(file.resource[type] ?? {});
    expect(resources.length).toBeGreaterThan(0);
    expect(namesIn(resources).filter((name) => !known.includes(name))).toEqual([]);
  });

  it("uses each variable that it declares, and no other", () => {
    const used = new Set([...JSON.stringify(file.resource).matchAll(/var\.(\w+)/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(file.variable).sort());
    // Any other ${ or %{ would be a template of Terraform, too.
    expect(JSON.stringify(file.resource).replace(/\$\{var\.\w+(?: \? 1 : 0)?\}/g, "")).not.toMatch(/[$%]\{/);
  });
});

interface TerraformFile {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly variable: Readonly<Record<string, unknown>>;
}

/** Source: terraform-provider-alicloud, website/docs/r/<type>.html.markdown, commits 24fce64 and 0225c04. `count` is Terraform's. */
function terraformArguments(): Readonly<Record<string, readonly string[]>> {
  const words = (text: string): readonly string[] => text.trim().split(/\s+/);
  return {
    alicloud_log_store_index:
      words(`count project logstore full_text field_search case_sensitive include_chinese token name
      type alias enable_analytics json_keys doc_value`),
    alicloud_log_dashboard: words("project_name dashboard_name char_list display_name attribute"),
    alicloud_log_alert:
      words(`version type project_name alert_name alert_displayname alert_description mute_until threshold
      no_data_fire no_data_severity send_resolved auto_annotation query_list project region role_arn dashboard_id chart_title
      store store_type query start end time_span_type power_sql_mode labels annotations key value policy_configuration
      alert_policy_id action_policy_id repeat_interval group_configuration fields severity_configurations severity
      eval_condition condition count_condition join_configurations schedule interval cron_expression day_of_week hour
      time_zone delay run_immediately`),
  };
}

/** All names of objects, at any depth. */
function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

describe("Resource Orchestration Service", () => {
  const template = parse(read("ops/ros/oss-valet-log.yaml")) as RosTemplate;
  const resources = Object.values(template.Resources);

  it("has each alarm", () => {
    const names = resources.flatMap(({ Type: type, Properties }) =>
      type === "ALIYUN::SLS::Alert" ? [(Properties["Detail"] as { readonly Name: string }).Name] : [],
    );
    expect(names).toEqual(ALARMS.map(alertNameOf));
  });

  it("has the alarms that Terraform has: the same queries, conditions and times", () => {
    const inRos = namesAndValues(resources, [
      "Query",
      "Condition",
      "Start",
      "Interval",
      "Threshold",
      "Severity",
    ]);
    const file = JSON.parse(read("ops/terraform/oss-valet-log.tf.json")) as TerraformFile;
    const inTerraform = namesAndValues(Object.values(file.resource["alicloud_log_alert"] ?? {}), [
      "query",
      "condition",
      "start",
      "interval",
      "threshold",
      "severity",
    ]);
    expect(inRos.filter((value) => value !== "HasIndex").sort()).toEqual([...inTerraform].sort());
  });

  it.each(Object.entries(rosProperties()))("gives %s only properties that it has", (type, known) => {
    const ofType = resources.filter((resource) => resource.Type === type);
    expect(ofType.length).toBeGreaterThan(0);
    const names = ofType.flatMap(({ Properties }) =>
      namesIn(type.endsWith("Dashboard") ? { ...Properties, Charts: [] } : Properties),
    );
    expect(names.filter((name) => !["Ref", "Fn::Join"].includes(name) && !known.includes(name))).toEqual([]);
  });

  it("uses each parameter that it declares, and no other but ROS' own", () => {
    const text = JSON.stringify([template.Resources, template.Conditions]);
    const used = new Set([...text.matchAll(/"Ref":"([^"]+)"/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(["ALIYUN::Region", ...Object.keys(template.Parameters)].sort());
  });
});

interface RosTemplate {
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly Conditions: unknown;
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}

/** Source: @alicloud/ros-cdk-sls 1.11.0, lib/sls.generated.js, and help.aliyun.com/ros. */
function rosProperties(): Readonly<Record<string, readonly string[]>> {
  const words = (text: string): readonly string[] => text.trim().split(/\s+/);
  return {
    "ALIYUN::SLS::Index":
      words(`ProjectName LogstoreName LogReduce FullTextIndex KeyIndices Enable Delimiter IncludeChinese
      CaseSensitive Type JsonKeyIndices Alias EnableAnalytics Name`),
    "ALIYUN::SLS::Dashboard": words("ProjectName DashboardName DisplayName Description Charts"),
    "ALIYUN::SLS::Alert":
      words(`Project Detail Type Description Configuration State Schedule DisplayName Name Throttling
      Condition AutoAnnotation SeverityConfigurations NoDataFire NotificationList NotifyThreshold MuteUntil Dashboard Labels
      GroupConfiguration NoDataSeverity Annotations Version JoinConfigurations PolicyConfiguration QueryList SendResolved
      Threshold CountCondition Fields Key Value AlertPolicyId ActionPolicyId UseDefault RepeatInterval Query LogStore Start
      TimeSpanType PowerSqlMode Store DashboardId RoleArn StoreType Region End ChartTitle DayOfWeek RunImmediately Hour
      CronExpression Delay Interval Severity EvalCondition`),
  };
}

/** The values of those names, at any depth. */
function namesAndValues(value: unknown, names: readonly string[]): readonly (string | number)[] {
  if (Array.isArray(value)) return value.flatMap((one) => namesAndValues(one, names));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    names.includes(name) && typeof inner !== "object"
      ? [inner as string | number]
      : namesAndValues(inner, names),
  );
}
