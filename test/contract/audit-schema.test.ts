import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "../../scripts/generate-docs.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("the log's schema and its pages", () => {
  it.each(["audit.schema.json", "docs/audit.md", "docs/zh/audit.md"])(
    "%s is what npm run generate makes",
    (path) => {
      expect(readFileSync(join(ROOT, path), "utf8")).toBe(generatedFiles().get(path));
    },
  );
});
