import { OBJECT_LEVEL_ACTIONS } from "../../shared/domain/ram/oss-actions.ts";
import { LIST_ACTION, OBJECT_ACTIONS, PERMISSIONS } from "../../shared/domain/ram/ram-policy.ts";
import type { JsonSchema } from "../../shared/domain/rules/shape.ts";

/** The words of the tables, in one language. */
export interface FieldWords {
  readonly titles: Readonly<Record<GroupName, string>>;
  /** The columns field, accepts, default, meaning. */
  readonly head: string;
  readonly needed: string;
  readonly actionsAbove: string;
  readonly fieldsBelow: string;
  readonly namesAndValues: string;
  readonly text: string;
  readonly comma: string;
  readonly kinds: Readonly<Record<string, string>>;
  readonly range: (minimum: number, maximum: number) => string;
  readonly listOf: (kind: string) => string;
  readonly namesWith: (kind: string) => string;
  readonly oneOf: (kinds: readonly string[]) => string;
  /** What the field at a path such as `rules.prefix` means; `description` is the schema's own. */
  readonly meaning: (path: string, description: string) => string;
  readonly actionHead: string;
  readonly listOn: string;
  readonly furtherActions: (actions: string) => string;
}

/** One table for each group of access.yaml, from its schema: field, accepted values, default, meaning. */
export function fieldTables(schema: JsonSchema, words: FieldWords = ENGLISH): string {
  return fieldGroups(schema)
    .map(({ title, path, group }) => {
      const required = new Set(listOf(group["required"]));
      const rows = Object.entries(objectOf(group["properties"])).map(([name, field]) => {
        const { description, default: fallback } = objectOf(field);
        const meaning = words.meaning([...path, name].join("."), String(description));
        return `| \`${name}\` | ${takenBy(objectOf(field), words)} | ${required.has(name) ? words.needed : defaultText(fallback)} | ${escaped(meaning)} |`;
      });
      return `### ${words.titles[title]}\n\n${words.head}\n|---|---|---|---|\n${rows.join("\n")}\n`;
    })
    .join("\n");
}

/** The table permission → RAM actions, and the further actions that `actions` accepts. */
export function actionTable(words: FieldWords = ENGLISH): string {
  const own = new Set(Object.values(OBJECT_ACTIONS).flat());
  const rows = PERMISSIONS.map((permission) =>
    permission === "list"
      ? `| \`list\` | ${LIST_ACTION} | ${words.listOn} |`
      : `| \`${permission}\` | ${OBJECT_ACTIONS[permission].join(words.comma)} | \`bucket/prefix*\` |`,
  );
  const further = OBJECT_LEVEL_ACTIONS.filter((action) => !own.has(action)).join(words.comma);
  return `${words.actionHead}\n|---|---|---|\n${rows.join("\n")}\n\n${words.furtherActions(further)}\n`;
}

/** The paths of all fields in the tables, such as `rules.prefix`. */
export function fieldPaths(schema: JsonSchema): readonly string[] {
  return fieldGroups(schema).flatMap(({ path, group }) =>
    Object.keys(objectOf(group["properties"])).map((name) => [...path, name].join(".")),
  );
}

const ENGLISH: FieldWords = {
  titles: {
    file: "The file",
    issuers: "`issuers`: who may vouch for a user",
    jwksCache: "`jwksCache` of an issuer",
    session: "`session`: the lifetime of credentials",
    rules: "`rules`: who may reach what",
    deny: "`deny`: users and tokens to refuse, even if a rule grants access",
    tests: "`tests`: promises about the rules",
  },
  head: "| field | accepts | default | meaning |",
  needed: "**needed**",
  actionsAbove: "the actions above",
  fieldsBelow: "fields, below",
  namesAndValues: "names and values",
  text: "text",
  comma: ", ",
  kinds: {},
  range: (minimum, maximum) => `${minimum} to ${maximum}`,
  listOf: (kind) => `list of ${kind}`,
  namesWith: (kind) => `names, each with ${kind}`,
  oneOf: (kinds) => kinds.join(", or "),
  meaning: (_path, description) => description,
  actionHead: "| permission | RAM actions | on |",
  listOn: "the bucket, only with `oss:Prefix` like `prefix*`",
  furtherActions: (actions) =>
    `\`actions\` accepts these further actions, each on \`bucket/prefix*\`: ${actions}.`,
};

type GroupName = "file" | "issuers" | "jwksCache" | "session" | "rules" | "deny" | "tests";

const GROUPS: readonly { readonly title: GroupName; readonly path: readonly string[] }[] = [
  { title: "file", path: [] },
  { title: "issuers", path: ["issuers"] },
  { title: "jwksCache", path: ["issuers", "jwksCache"] },
  { title: "session", path: ["session"] },
  { title: "rules", path: ["rules"] },
  { title: "deny", path: ["deny"] },
  { title: "tests", path: ["tests"] },
];

function fieldGroups(schema: JsonSchema) {
  return GROUPS.map(({ title, path }) => ({ title, path, group: path.reduce(stepInto, schema) }));
}

function stepInto(schema: JsonSchema, name: string): JsonSchema {
  const field = objectOf(objectOf(schema["properties"])[name]);
  return field["type"] === "array" ? objectOf(field["items"]) : field;
}

function takenBy(field: JsonSchema, words: FieldWords): string {
  const { type, minimum, maximum, items, additionalProperties } = field;
  if (field["const"] !== undefined) return `\`${String(field["const"])}\``;
  if (field["enum"] !== undefined) {
    const values = listOf(field["enum"]);
    return values.length > 12 ? words.actionsAbove : values.map(code).join(words.comma);
  }
  if (field["anyOf"] !== undefined && type === undefined) {
    const kinds = listOf(field["anyOf"]).map((kind) => takenBy(objectOf(kind), words));
    return kinds.every((kind) => kind !== "") ? words.oneOf(kinds) : "";
  }
  if (type === "null") return "`null`";
  if (type === "integer") return words.range(Number(minimum), Number(maximum));
  if (type === "array") return words.listOf(takenBy(objectOf(items), words));
  if (type === "object") {
    if (field["properties"] !== undefined) return words.fieldsBelow;
    const value = takenBy(objectOf(additionalProperties), words);
    return value === "" ? words.namesAndValues : words.namesWith(value);
  }
  if (Array.isArray(type)) return type.map((kind) => kindOf(String(kind), words)).join(words.comma);
  return type === "string" ? words.text : "";
}

function kindOf(kind: string, { text, kinds }: FieldWords): string {
  return kind === "string" ? text : (kinds[kind] ?? kind);
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
