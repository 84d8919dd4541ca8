import { type DesiredPolicy, type DesiredState, policiesOf } from "./desired-state.ts";

/** The desired state as Terraform (provider aliyun/alicloud 1.252 or newer), for teams that review such text. */
export function asTerraform(desired: DesiredState): string {
  return [
    "# Generated from access.yaml by `npm run valet -- provision --terraform`. Generate it again when the rules change.",
    'terraform {\n  required_providers {\n    alicloud = { source = "aliyun/alicloud", version = ">= 1.252.0" }\n  }\n}',
    ...policiesOf(desired).map(policyBlock),
    ...desired.users.map(({ name, description }) =>
      block("alicloud_ram_user", name, [`name     = ${quoted(name)}`, `comments = ${quoted(description)}`]),
    ),
    ...desired.roles.map(({ name, description, trustPolicy, maxSessionSeconds }) =>
      block("alicloud_ram_role", name, [
        `role_name                   = ${quoted(name)}`,
        `description                 = ${quoted(description)}`,
        `max_session_duration        = ${maxSessionSeconds}`,
        `assume_role_policy_document = ${jsonencoded(trustPolicy)}`,
        ...(trustPolicy.Statement.every(({ Principal }) => "Service" in Principal)
          ? []
          : [
              `depends_on = [${[...desired.users.map((user) => `alicloud_ram_user.${label(user.name)}`), `alicloud_ram_role.${label(desired.roles[0]?.name ?? "")}`].join(", ")}]`,
            ]),
      ]),
    ),
    ...desired.users.flatMap(({ name, policies }) => policies.map((one) => attachment("user", name, one))),
    ...desired.roles.flatMap(({ name, policies }) => policies.map((one) => attachment("role", name, one))),
    "",
  ].join("\n\n");
}

function policyBlock({ name, description, document }: DesiredPolicy): string {
  return block("alicloud_ram_policy", name, [
    `policy_name     = ${quoted(name)}`,
    `description     = ${quoted(description)}`,
    `policy_document = ${jsonencoded(document)}`,
  ]);
}

function attachment(kind: "user" | "role", name: string, policy: DesiredPolicy): string {
  const field = kind === "user" ? "name" : "role_name";
  return block(`alicloud_ram_${kind}_policy_attachment`, `${name}-${policy.name}`, [
    `${kind}_name   = alicloud_ram_${kind}.${label(name)}.${field}`,
    `policy_name = alicloud_ram_policy.${label(policy.name)}.policy_name`,
    `policy_type = "Custom"`,
  ]);
}

function block(type: string, name: string, lines: readonly string[]): string {
  return `resource "${type}" "${label(name)}" {\n${lines.join("\n").replace(/^/gm, "  ")}\n}`;
}

/** Terraform's names take letters, digits, _ and -. */
function label(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}

function quoted(text: string): string {
  return withoutTemplates(JSON.stringify(text));
}

/**
 * JSON is an expression of Terraform's, and jsonencode gives it to RAM without the blanks that are for the reader:
 * they would count among the 6,144 characters that RAM takes.
 */
function jsonencoded(document: object): string {
  return `jsonencode(${withoutTemplates(JSON.stringify(document, null, 2))})`;
}

/** `$` and `%` before a brace would start a template of Terraform's. */
function withoutTemplates(json: string): string {
  return json.replace(/([$%])\{/g, "$1$1{");
}
