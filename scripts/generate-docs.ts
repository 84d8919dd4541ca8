import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseChangelog } from "../cli/shared/changelog.ts";
import { accessRulesSchema } from "../shared/domain/rules/access-file.ts";
import { applicationFiles } from "./application/files.ts";
import { auditSchema, auditTable } from "./docs/audit.ts";
import { chineseAuditTable } from "./docs/audit-zh.ts";
import { errorsDocument } from "./docs/errors.ts";
import { chineseErrorsDocument } from "./docs/errors-zh.ts";
import { actionTable, fieldTables } from "./docs/fields.ts";
import { CHINESE_WORDS } from "./docs/fields-zh.ts";
import { publicSurface } from "./docs/public-surface.ts";
import { recordedNext, type Surface } from "./docs/surface-changes.ts";
import { rosText } from "./ops/as-ros.ts";
import { terraformText } from "./ops/as-terraform.ts";
import { ciRosText, ciTerraformText } from "./ops/ci.ts";
import { RUNBOOKS } from "./ops/runbook.ts";
import { dashboardText, indexText } from "./ops/sls-files.ts";

const ROOT = join(import.meta.dirname, "..");

/** The generated files, made from the code and the examples: path → text. A contract test compares them with the files. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schema = accessRulesSchema();
  const examples = exampleNames().map((name) => [`example ${name}`, exampleBlock(name)] as const);
  return new Map([
    ["access.schema.json", `${JSON.stringify(schema, null, 2)}\n`],
    ["docs/errors.md", errorsDocument()],
    ["docs/zh/errors.md", chineseErrorsDocument()],
    ["audit.schema.json", `${JSON.stringify(auditSchema(), null, 2)}\n`],
    withParts(
      "docs/access-rules.md",
      new Map([["fields", fieldTables(schema)], ["actions", actionTable()], ...examples]),
    ),
    withParts(
      "docs/zh/access-rules.md",
      new Map([
        ["fields", fieldTables(schema, CHINESE_WORDS)],
        ["actions", actionTable(CHINESE_WORDS)],
        ...examples,
      ]),
    ),
    withParts("docs/audit.md", new Map([["fields", auditTable()]])),
    withParts("docs/zh/audit.md", new Map([["fields", chineseAuditTable()]])),
    ["ops/sls/index.json", indexText()],
    ["ops/sls/dashboard.json", dashboardText()],
    ["ops/terraform/oss-valet-log.tf.json", terraformText()],
    ["ops/ros/oss-valet-log.yaml", rosText()],
    ["ops/terraform/ci/ci.tf.json", ciTerraformText()],
    ["ops/ros/oss-valet-ci.yaml", ciRosText()],
    ...RUNBOOKS.map(({ path, part, text }) => withParts(path, new Map([[part, text]]))),
  ]);
}

/** The names that docs/versions.md promises to keep. */
export const SURFACE = "test/contract/public-surface.json";

/** The text of {@link SURFACE} with what is new, and without what CHANGELOG.md says is gone. A contract test compares it with the file. */
export async function surfaceText(): Promise<string> {
  const changelog = parseChangelog(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
  if (!changelog.ok) throw new Error(changelog.problems.join("\n"));
  const recorded = recordedSurface();
  const next = recordedNext(recorded, await publicSurface(ROOT), changelog.changelog.unreleased);
  return `${JSON.stringify(next, null, 2)}\n`;
}

/** What {@link SURFACE} has. */
export function recordedSurface(): Surface {
  return JSON.parse(readFileSync(join(ROOT, SURFACE), "utf8")) as Surface;
}

const EXAMPLES = join(ROOT, "examples/access");

function exampleNames(): readonly string[] {
  return readdirSync(EXAMPLES)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length));
}

/** The example without the parts that most examples share: the schema's line, and a single issuer. */
function exampleBlock(name: string): string {
  const text = readFileSync(join(EXAMPLES, `${name}.yaml`), "utf8");
  const issuers = text.slice(text.indexOf("issuers:"), text.indexOf("rules:"));
  const several = issuers.split("  - name:").length > 2;
  const shown = text.slice(text.indexOf(several ? "issuers:" : "rules:"));
  return `\`\`\`yaml\n${shown.trimEnd()}\n\`\`\`\n`;
}

/** A document whose parts are generated, by their names. */
function withParts(path: string, parts: ReadonlyMap<string, string>): readonly [path: string, text: string] {
  const written = readFileSync(join(ROOT, path), "utf8");
  return [path, [...parts].reduce((document, [name, part]) => withPart(path, document, name, part), written)];
}

/** Puts a text between `<!-- generated: name -->` and `<!-- end: name -->`. Throws when they are missing. */
function withPart(path: string, document: string, name: string, part: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [before, rest] = splitOnce(path, document, begin);
  const [, after] = splitOnce(path, rest, end);
  return `${before}${begin}\n\n${part}\n${end}${after}`;
}

function splitOnce(path: string, text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at);
  if (index < 0) throw new Error(`${path} lacks ${at}`);
  return [text.slice(0, index), text.slice(index + at.length)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const application = [...(await applicationFiles())].map(
    ([path, text]) => [`application/${path}`, text] as const,
  );
  rmSync(join(ROOT, "application"), { recursive: true, force: true });
  for (const [path, text] of [...generatedFiles(), ...application]) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  writeFileSync(join(ROOT, SURFACE), await surfaceText());
}
