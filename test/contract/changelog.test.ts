import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gte } from "semver";
import { describe, expect, it } from "vitest";
import { AREAS, CHANGE_KINDS, type ChangeEntry, parseChangelog } from "../../cli/shared/changelog.ts";

const ROOT = join(import.meta.dirname, "../..");
const fileOf = (path: string) => readFileSync(join(ROOT, path), "utf8");

const text = fileOf("CHANGELOG.md");
const read = parseChangelog(text);
const changelog = read.ok ? read.changelog : { unreleased: [], releases: [] };
/** The oldest first. */
const inOrder: readonly (readonly ChangeEntry[])[] = [
  ...[...changelog.releases].reverse().map(({ entries }) => entries),
  changelog.unreleased,
];

describe("CHANGELOG.md", () => {
  it("is read by the program", () => {
    expect(read.ok ? [] : read.problems).toEqual([]);
    expect(inOrder.flat().length).toBeGreaterThan(100);
  });

  it("names each area and heading in its head", () => {
    const head = text.slice(0, text.indexOf("\n## ")).replaceAll(/\s+/g, " ");
    expect(head).toContain(`The areas: ${AREAS.join(", ")}.`);
    for (const kind of CHANGE_KINDS) expect(head).toMatch(new RegExp(`headings: [^.]*\\b${kind}\\b`));
  });

  it("has no entry of another form beside those that are read", () => {
    const body = text.slice(text.indexOf("\n## "));
    expect(body.split("\n").filter((line) => line.startsWith("- "))).toHaveLength(inOrder.flat().length);
  });

  it("names settings that docs/settings.md has, or that a later entry removes", () => {
    const documented = fileOf("docs/settings.md");
    const unknown = inOrder.flatMap((entries, index) =>
      entries
        .filter(({ area }) => area === "settings")
        .flatMap(({ names, line }) => names.map((name) => ({ name, line })))
        .filter(({ name }) => !documented.includes(`\`${name}\``))
        .filter(
          ({ name }) =>
            !inOrder
              .slice(index)
              .flat()
              .some(({ kind, names }) => (kind === "Removed" || kind === "Breaking") && names.includes(name)),
        ),
    );
    expect(unknown).toEqual([]);
  });

  it("has no release above the version of package.json", () => {
    const { version } = JSON.parse(fileOf("package.json")) as { readonly version: string };
    expect(gte(version, changelog.releases[0]?.version ?? "0.0.0")).toBe(true);
  });
});
