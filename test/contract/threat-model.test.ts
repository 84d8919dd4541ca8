import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createSourceFile,
  type Expression,
  forEachChild,
  isArrayLiteralExpression,
  isCallExpression,
  isIdentifier,
  isPropertyAccessExpression,
  isStringLiteralLike,
  type Node,
  ScriptTarget,
} from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const document = readFileSync(join(ROOT, "docs/threat-model.md"), "utf8").replace(/\n/g, " ");
const proofs = [...document.matchAll(/`([a-z]+\/[\w/-]+)` › \*([^*]+)\*/g)].map(
  ([, file = "", title = ""]) => [`test/${file}.test.ts`, title] as const,
);

const IDS = { J: 27, K: 13, P: 15, S: 9, H: 12, C: 8, F: 9 };

describe("docs/threat-model.md", () => {
  it.each(proofs)("%s proves: %s", (file, title) => {
    expect(titlesIn(readFileSync(join(ROOT, file), "utf8"))).toContain(title);
  });

  it("takes a title from a call alone, not from a comment, a value or another call", () => {
    const source = `
      // it("in a comment", () => {});
      const value = "in a value";
      expect("in another call").toBe(value);
      describe("a describe", () => { it("an it", () => {}); });
      describe.each([["a case", 1], ["another", "no name"]])("a describe.each", () => { it.skipIf(value === "")("an it.skipIf", () => {}); });
      test(\`a template\`, () => {});
      it.skip("skipped", () => {});`;
    expect(titlesIn(source)).toEqual([
      "a describe",
      "an it",
      "a describe.each",
      "a case",
      "another",
      "an it.skipIf",
      "a template",
    ]);
  });

  it("has a row with a proof for each attack of the catalogue", () => {
    const ids = Object.entries(IDS).flatMap(([letter, last]) =>
      Array.from({ length: last }, (_, index) => `${letter}${index + 1}`),
    );
    const rows = readFileSync(join(ROOT, "docs/threat-model.md"), "utf8").split("\n");
    const unproven = ids.filter(
      (id) => !rows.some((row) => row.startsWith(`| ${id} |`) && row.includes("` › *")),
    );
    expect(unproven).toEqual([]);
  });

  it("names controls that are there", () => {
    const files = [...document.matchAll(/\b(?:shared|functions|cli)\/[\w/-]+\.ts\b/g)].map(([path]) => path);
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it("says the figures of the access rules as they are", () => {
    const { properties } = JSON.parse(readFileSync(join(ROOT, "access.schema.json"), "utf8"));
    const issuer = properties.issuers.items.properties;
    const { maxAge, maxStale } = issuer.jwksCache.properties;
    const figure = (value: number) => value.toLocaleString("en-US");
    expect(document).toContain(`\`jwksCache.maxAge\` (${figure(maxAge.default)} s)`);
    expect(document).toContain(`\`jwksCache.maxStale\` (${figure(maxStale.default)} s)`);
    expect(document).toContain(`plus \`clockTolerance\` (${figure(issuer.clockTolerance.default)} s)`);
    const { duration } = properties.session.properties;
    expect(document).toContain(`default ${figure(duration.default)}, minimum ${figure(duration.minimum)}.**`);
  });
});

/**
 * The titles of a test file's calls of it, test and describe, and the first text of each row of it.each([...]): %s in the
 * title stands for it. What is skipped is no proof.
 */
function titlesIn(text: string): readonly string[] {
  const titles: string[] = [];
  visit(createSourceFile("a.test.ts", text, ScriptTarget.Latest));
  return titles.map((title) => title.replaceAll("\n", " "));

  function visit(node: Node): void {
    if (isCallExpression(node)) {
      const [title] = node.arguments;
      if (title !== undefined && isStringLiteralLike(title) && declaresTests(node.expression)) {
        titles.push(title.text, ...caseNamesIn(node.expression));
      }
    }
    forEachChild(node, visit);
  }
}

/** it, test, describe; it.each(...), describe.skipIf(...) and the like; not it.skip or it.todo. */
function declaresTests(callee: Expression): boolean {
  if (isIdentifier(callee)) return ["it", "test", "describe"].includes(callee.text);
  if (!isCallExpression(callee) || !isPropertyAccessExpression(callee.expression)) return false;
  const { expression, name } = callee.expression;
  return ["each", "skipIf", "runIf"].includes(name.text) && declaresTests(expression);
}

function caseNamesIn(callee: Expression): readonly string[] {
  const [table] = isCallExpression(callee) ? callee.arguments : [];
  if (table === undefined || !isArrayLiteralExpression(table)) return [];
  return table.elements.flatMap((row) => {
    const [name] = isArrayLiteralExpression(row) ? row.elements : [row];
    return name !== undefined && isStringLiteralLike(name) ? [name.text] : [];
  });
}
