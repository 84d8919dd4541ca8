import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const document = readFileSync(join(ROOT, "docs/threat-model.md"), "utf8").replace(/\n/g, " ");
const proofs = [...document.matchAll(/`([a-z]+\/[\w/-]+)` › \*([^*]+)\*/g)].map(
  ([, file = "", title = ""]) => [`test/${file}.test.ts`, title] as const,
);

const IDS = { J: 27, K: 13, P: 15, S: 9, H: 10 };

describe("docs/threat-model.md", () => {
  it.each(proofs)("%s proves: %s", (file, title) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    const test = readFileSync(join(ROOT, file), "utf8").replaceAll("\\n", " ");
    expect(test).toContain(title);
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
