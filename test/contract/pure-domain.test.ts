import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const domain = join(import.meta.dirname, "../../shared/domain");

const files = readdirSync(domain, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);

it.each(files)("shared/domain/%s reads no clock, no chance and no environment", (file) => {
  const code = readFileSync(join(domain, file), "utf8");
  expect(
    code.match(
      /\b(Date\.now|new Date|performance\.|Math\.random|randomBytes|process\.|globalThis|setTimeout|fetch\()/g,
    ),
  ).toBeNull();
});
