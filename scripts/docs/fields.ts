import { OBJECT_LEVEL_ACTIONS } from "../../shared/domain/ram/oss-actions.ts";
import { LIST_ACTION, OBJECT_ACTIONS, PERMISSIONS } from "../../shared/domain/ram/ram-policy.ts";
import type { JsonSchema } from "../../shared/domain/rules/shape.ts";

/** One table for each group of access.yaml, from its schema: field, accepted values, default, meaning. */
export function fieldTables(schema: JsonSchema): string {
  return GROUPS.map(({ title, path }) => {
    const group = path.reduce(stepInto, schema);
    const required = new Set(listOf(group["required"]));
    const rows = Object.entries(objectOf(group["properties"])).map(([name, field]) => {
      const { description, default: fallback } = objectOf(field);
      return `| \`${name}\` | ${takenBy(objectOf(field))} | ${required.has(name) ? "**needed**" : defaultText(fallback)} | ${escaped(String(description))} |`;
    });
    return `### ${title}\n\n| field | accepts | default | meaning |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  }).join("\n");
}

/** The table permission → RAM actions, and the further actions that `actions` accepts. */
export function actionTable(): string {
  const own = new Set(Object.values(OBJECT_ACTIONS).flat());
  const rows = PERMISSIONS.map((permission) =>
    permission === "list"
      ? `| \`list\` | ${LIST_ACTION} | the bucket, only with \`oss:Prefix\` like \`prefix*\` |`
      : `| \`${permission}\` | ${OBJECT_ACTIONS[permission].join(", ")} | \`bucket/prefix*\` |`,
  );
  const further = OBJECT_LEVEL_ACTIONS.filter((action) => !own.has(action));
  return `| permission | RAM actions | on |\n|---|---|---|\n${rows.join("\n")}\n\n\`actions\` accepts these further actions, each on \`bucket/prefix*\`: ${further.join(", ")}.\n`;
}

const GROUPS: readonly { readonly title: string; readonly path: readonly string[] }[] = [
  { title: "The file", path: [] },
  { title: "`issuers`: who may vouch for a user", path: ["issuers"] },
  { title: "`jwksCache` of an issuer", path: ["issuers", "jwksCache"] },
  { title: "`session`: the lifetime of credentials", path: ["session"] },
  { title: "`rules`: who may reach what", path: ["rules"] },
  { title: "`deny`: users and tokens to refuse, even if a rule grants access", path: ["deny"] },
  { title: "`tests`: promises about the rules", path: ["tests"] },
];

function stepInto(schema: JsonSchema, name: string): JsonSchema {
  const field = objectOf(objectOf(schema["properties"])[name]);
  return field["type"] === "array" ? objectOf(field["items"]) : field;
}

function takenBy(field: JsonSchema): string {
  const { type, minimum, maximum, items, additionalProperties } = field;
  if (field["const"] !== undefined) return `\`${String(field["const"])}\``;
  if (field["enum"] !== undefined) {
    const values = listOf(field["enum"]);
    return values.length > 12 ? "the actions above" : values.map(code).join(", ");
  }
  if (field["anyOf"] !== undefined && type === undefined) {
    const kinds = listOf(field["anyOf"]).map((kind) => takenBy(objectOf(kind)));
    return kinds.every((kind) => kind !== "") ? kinds.join(", or ") : "";
  }
  if (type === "null") return "`null`";
  if (type === "integer") return `${Number(minimum)} to ${Number(maximum)}`;
  if (type === "array") return `list of ${takenBy(objectOf(items))}`;
  if (type === "object") {
    if (field["properties"] !== undefined) return "fields, below";
    const value = takenBy(objectOf(additionalProperties));
    return value === "" ? "names and values" : `names, each with ${value}`;
  }
  if (Array.isArray(type)) return type.map((kind) => (kind === "string" ? "text" : String(kind))).join(", ");
  return type === "string" ? "text" : "";
}

function defaultText(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "–";
  return typeof value === "object" && value !== null
    ? Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([name, part]) => code(`${name}: ${String(part)}`))
        .join(", ")
    : code(value);
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}

function objectOf(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
