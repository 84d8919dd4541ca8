import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createSourceFile,
  isLiteralTypeNode,
  isStringLiteral,
  isTypeAliasDeclaration,
  isUnionTypeNode,
  ScriptTarget,
} from "typescript";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "../../scripts/generate-docs.ts";
import {
  MAX_TOKEN_LENGTH,
  REFUSED_PARAMETERS,
  unverifiedAppTokenFrom,
} from "../../shared/domain/token/app-token.ts";
import { appToken, invalid } from "../support/tokens.ts";

const ROOT = join(import.meta.dirname, "../..");
const document = readFileSync(join(ROOT, "docs/errors.md"), "utf8");

/** The texts of a union type of a source file, as the compiler reads it: `type Name = "a" | "b"`. */
function unionIn(path: string, name: string): readonly string[] {
  const source = createSourceFile(path, readFileSync(join(ROOT, path), "utf8"), ScriptTarget.Latest);
  const union = source.statements.find(
    (statement) => isTypeAliasDeclaration(statement) && statement.name.text === name,
  );
  if (union === undefined || !isTypeAliasDeclaration(union) || !isUnionTypeNode(union.type))
    throw new Error(`${path} has no union type ${name}`);
  return union.type.types.map((member) => {
    if (!isLiteralTypeNode(member) || !isStringLiteral(member.literal))
      throw new Error(`${path}: ${name} has a member that is no text`);
    return member.literal.text;
  });
}

describe("docs/errors.md", () => {
  it("is what npm run generate makes of the table in response.ts", () => {
    expect(document).toBe(generatedFiles().get("docs/errors.md"));
  });

  it("is in Chinese too", () => {
    const chinese = readFileSync(join(ROOT, "docs/zh/errors.md"), "utf8");
    expect(chinese).toBe(generatedFiles().get("docs/zh/errors.md"));
    const rows = (text: string) => text.split("\n").filter((line) => /^\| [^|]*0003-0/.test(line)).length;
    expect(rows(chinese)).toBe(rows(document));
  });

  it("explains each code of the client package", () => {
    const codes = unionIn("client/src/valet-error.ts", "ClientErrorCode");
    expect(codes.length).toBeGreaterThan(5);
    const names = document.split("\n").flatMap((line) => (line.split("|")[1] ?? "").split(/[ ,]+/));
    expect(codes.filter((code) => !names.includes(code))).toEqual([]);
  });

  it("has a row for each public code that a refusal can become", () => {
    const codes = unionIn("shared/wire.ts", "ErrorCode");
    expect(codes.length).toBeGreaterThan(10);
    const missing = codes.filter((code) => !document.includes(`| ${code} |`));
    expect(missing).toEqual([]);
  });

  it("says of a token's form what the verifier refuses, under the name that the log has for it", () => {
    const rowOf = (check: string) => document.split("\n").find((line) => line.startsWith(`| \`${check}\` |`));
    for (const name of REFUSED_PARAMETERS) {
      const token = appToken({ header: { [name]: "x" } });
      expect(unverifiedAppTokenFrom(token)).toEqual(invalid("critical-header"));
      expect(rowOf("critical-header")).toContain(`\`${name}\``);
      expect(rowOf("header")).not.toContain(`\`${name}\``);
    }
    expect(rowOf("length")).toContain(`more than ${MAX_TOKEN_LENGTH.toLocaleString("en-US")} characters`);
  });

  it("has a row for each check of a token that the log can name", () => {
    const checks = unionIn("shared/domain/refusal.ts", "TokenCheck");
    expect(checks.length).toBeGreaterThan(15);
    expect(checks.filter((check) => !document.includes(`| \`${check}\` |`))).toEqual([]);
  });
});
