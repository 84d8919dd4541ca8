import { describe, expect, it } from "vitest";
import {
  type Changelog,
  changesSince,
  nextVersion,
  parseChangelog,
  releasedChangelog,
} from "../../../cli/shared/changelog.ts";

const TEXT = `# Changelog

For people: - **nothing** of this head is read.

## [Unreleased]

### Breaking
- **settings** \`OLD_NAME\`, \`NEW_NAME\`: \`NEW_NAME\` takes its place.
  Write it: with a colon.

### Added
- **client**: one more.

## [0.2.0] - 2026-11-28

### Fixed
- **http** \`/credentials\`,
  \`/uploads\`: both.

## [0.1.0] - 2026-10-01

### Added
- **docs**: a page.
`;

function changelogOf(text: string): Changelog {
  const read = parseChangelog(text);
  if (!read.ok) throw new Error(read.problems.join("\n"));
  return read.changelog;
}

function problemsOf(text: string): readonly string[] {
  const read = parseChangelog(text);
  return read.ok ? [] : read.problems;
}

/** A changelog with one released version and these unreleased entries. */
function unreleasedAfter(version: string, ...entries: readonly string[]): Changelog {
  return changelogOf(`## [Unreleased]\n${entries.join("\n")}\n\n## [${version}] - 2026-11-28\n`);
}

describe("CHANGELOG.md, read by a program", () => {
  it("has releases with versions, dates and entries", () => {
    expect(changelogOf(TEXT)).toEqual({
      unreleased: [
        {
          kind: "Breaking",
          area: "settings",
          names: ["OLD_NAME", "NEW_NAME"],
          text: "`NEW_NAME` takes its place. Write it: with a colon.",
          line: 8,
        },
        { kind: "Added", area: "client", names: [], text: "one more.", line: 12 },
      ],
      releases: [
        {
          version: "0.2.0",
          date: "2026-11-28",
          entries: [
            { kind: "Fixed", area: "http", names: ["/credentials", "/uploads"], text: "both.", line: 17 },
          ],
        },
        {
          version: "0.1.0",
          date: "2026-10-01",
          entries: [{ kind: "Added", area: "docs", names: [], text: "a page.", line: 23 }],
        },
      ],
    });
  });

  it.each([
    ["- **settings**: x.", "- settings: x.", 'CHANGELOG.md:3 has "- settings: x."; write - **area** `NAME`'],
    ["- **settings**: x.", "- **setings**: x.", 'CHANGELOG.md:3 has the area "setings"; write settings'],
    ["- **settings**: x.", "- **weather**: x.", 'CHANGELOG.md:3 has the area "weather"; write one of http,'],
    ["- **settings**: x.", "- **settings**:", 'CHANGELOG.md:3 has "- **settings**:"; write'],
    ["- **settings**: x.", "- **settings** NAME: x.", 'CHANGELOG.md:3 has "- **settings** NAME: x."; write'],
    ["- **settings**: x.", "A sentence.", 'CHANGELOG.md:3 has "A sentence.", which is no entry; write'],
    ["### Added", "### Add", 'CHANGELOG.md:2 has the heading "Add"; write one of Breaking,'],
    ["### Added\n", "", "CHANGELOG.md:2 has an entry without a heading; write ### Added"],
    ["### Added", "### Added\n### Added", "CHANGELOG.md:3 has Added twice in one release; write"],
    ["## [Unreleased]", "## Unreleased", 'CHANGELOG.md:1 has the heading "## Unreleased"; write ## [Unrel'],
    ["## [Unreleased]", "## [0.1]  - 2026-11-28", 'CHANGELOG.md:1 has the heading "## [0.1]  - 2026-11-28"'],
    ["## [Unreleased]", "## [0.1] - 2026-11-28", 'CHANGELOG.md:1 has the version "0.1"; write a semantic'],
    ["## [Unreleased]", "## [0.3.0] - 2026-02-30", 'CHANGELOG.md:1 has the date "2026-02-30"; write a day'],
    ["## [Unreleased]", "## [0.1.0] - 2026-11-28", "CHANGELOG.md:5 has 0.2.0 below 0.1.0; put the newest"],
    ["## [Unreleased]", "## [0.2.0] - 2026-11-28", "CHANGELOG.md:5 has 0.2.0 below 0.2.0; put the newest"],
    ["## [0.2.0] - 2026-11-28", "## [Unreleased]", "CHANGELOG.md:5 has Unreleased after another release"],
  ])("refuses %j written as %j", (right, wrong, problem) => {
    const text = "## [Unreleased]\n### Added\n- **settings**: x.\n\n## [0.2.0] - 2026-11-28\n";
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text.replace(right, wrong))).toEqual([expect.stringContaining(problem)]);
  });

  it("refuses a file without a release, and tells every problem at once", () => {
    expect(problemsOf("# Changelog\n")).toEqual([
      "CHANGELOG.md:1 has no release; write ## [Unreleased], or ## [1.2.3] - 2026-11-28",
    ]);
    expect(problemsOf("## [Unreleased]\n### Add\n- x\n- y\n")).toHaveLength(3);
  });
});

describe("the next version", () => {
  it.each([
    ["0.3.1", "### Breaking\n- **settings** `A`: x.", "0.4.0"],
    ["0.3.1", "### Removed\n- **settings** `A`: x.", "0.4.0"],
    ["0.3.1", "### Added\n- **settings** `A`: x.", "0.4.0"],
    ["0.3.1", "### Security\n- **http**: x.\n### Fixed\n- **http**: x.", "0.3.2"],
    ["1.3.1", "### Breaking\n- **settings** `A`: x.\n### Fixed\n- **http**: x.", "2.0.0"],
    ["1.3.1", "### Removed\n- **settings** `A`: x.", "2.0.0"],
    ["1.3.1", "### Added\n- **http**: x.", "1.4.0"],
    ["1.3.1", "### Changed\n- **http**: x.", "1.4.0"],
    ["1.3.1", "### Deprecated\n- **http**: x.", "1.4.0"],
    ["1.3.1", "### Fixed\n- **http**: x.", "1.3.2"],
    ["1.3.1", "### Added\n- **docs**: x.\n- **project**: x.", "1.3.2"],
    ["1.4.0-rc.1", "### Added\n- **http**: x.", "1.4.0"],
  ])("after %s, with %j, is %s", (newest, entries, next) => {
    expect(nextVersion(unreleasedAfter(newest, entries))).toBe(next);
  });

  it("is none without changes, and 0.1.0 for the first release", () => {
    expect(nextVersion(unreleasedAfter("0.3.1"))).toBeUndefined();
    expect(nextVersion(changelogOf("## [Unreleased]\n### Added\n- **http**: x.\n"))).toBe("0.1.0");
  });
});

describe("a release", () => {
  it("takes what was unreleased, and nothing else", () => {
    const cut = releasedChangelog(TEXT, { version: "0.3.0", date: "2026-12-01" });
    if (!cut.ok) throw new Error(cut.problems.join("\n"));
    const [before, now] = [changelogOf(TEXT), changelogOf(cut.text)];
    const [newest, ...older] = now.releases;
    expect(now.unreleased).toEqual([]);
    expect(newest?.version).toBe("0.3.0");
    expect(newest?.date).toBe("2026-12-01");
    expect(newest?.entries.map((entry) => ({ ...entry, line: entry.line - 2 }))).toEqual(before.unreleased);
    expect(older.map(({ version }) => version)).toEqual(["0.2.0", "0.1.0"]);
    expect(cut.text).toContain(
      "For people: - **nothing** of this head is read.\n\n## [Unreleased]\n\n## [0.3.0]",
    );
  });

  it.each([
    [TEXT, "0.2.0", "2026-12-01", "CHANGELOG.md has 0.2.0 already; release 0.3.0"],
    [TEXT, "0.3", "2026-12-01", 'CHANGELOG.md has the version "0.3"; write a semantic version such as 1.2.3'],
    [
      TEXT,
      "0.3.0",
      "1.12.2026",
      'CHANGELOG.md has the heading "## [0.3.0] - 1.12.2026"; write ## [Unreleased]',
    ],
    ["## [Unreleased]\n", "0.3.0", "2026-12-01", "CHANGELOG.md has no entries below Unreleased; write what"],
    ["## Unreleased\n", "0.3.0", "2026-12-01", 'CHANGELOG.md:1 has the heading "## Unreleased"; write'],
  ])("is refused: %#", (text, version, date, problem) => {
    expect(releasedChangelog(text, { version, date })).toEqual({
      ok: false,
      problems: [expect.stringContaining(problem)],
    });
  });
});

it("the changes since a version are those of later releases, and the unreleased", () => {
  const texts = (from: string) => changesSince(changelogOf(TEXT), from).map(({ text }) => text);
  expect(texts("0.2.0")).toEqual(["`NEW_NAME` takes its place. Write it: with a colon.", "one more."]);
  expect(texts("0.1.0")).toHaveLength(3);
  expect(texts("0.0.9")).toHaveLength(4);
});
