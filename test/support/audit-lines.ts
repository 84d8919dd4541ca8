import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";

const schema: object = JSON.parse(readFileSync(join(import.meta.dirname, "../../audit.schema.json"), "utf8"));
const ajv = new Ajv({ allErrors: true });
const fits = ajv.compile(schema);

/** What is wrong with a line of the log, by audit.schema.json; an empty list when it fits. */
export function problemsOfAuditLine(line: unknown): readonly string[] {
  if (fits(line)) return [];
  return (fits.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(" ").trim(),
  );
}

/** Throws where a line of the log does not fit audit.schema.json. */
export function expectAuditLine(line: unknown): void {
  const problems = problemsOfAuditLine(line);
  if (problems.length === 0) return;
  throw new Error(
    `a log line does not fit audit.schema.json: ${problems.join("; ")}\n${JSON.stringify(line)}`,
  );
}

/** The lines of a function's output that are JSON objects, each of which must fit audit.schema.json. */
export function auditLinesIn(output: string): readonly Readonly<Record<string, unknown>>[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((text) => {
      const line = JSON.parse(text) as Record<string, unknown>;
      expectAuditLine(line);
      return line;
    });
}
