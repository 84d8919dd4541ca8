import { compare, gt, inc, valid } from "semver";
import { sentenceOf } from "../../shared/domain/problem.ts";
import { nearest } from "../../shared/domain/rules/nearest.ts";

/** The headings below a release, the most urgent first. */
export const CHANGE_KINDS = [
  "Breaking",
  "Removed",
  "Security",
  "Deprecated",
  "Changed",
  "Fixed",
  "Added",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** What a change concerns. `docs` and `project` are about the repository: they change nothing in a deployment. */
export const AREAS = [
  "http",
  "access.yaml",
  "settings",
  "roles",
  "log",
  "client",
  "commands",
  "function",
  "deployment",
  "sandbox",
  "docs",
  "project",
] as const;
export type Area = (typeof AREAS)[number];

/** One change: `- **settings** \`RATE_LIMIT\`: how often one user may ask`. */
export interface ChangeEntry {
  readonly kind: ChangeKind;
  readonly area: Area;
  /** What it has in the files of a project: settings, members of access.yaml, commands, fields. May be empty. */
  readonly names: readonly string[];
  /** One line of Markdown, without area and names. */
  readonly text: string;
  /** Where it begins in the file, from 1. */
  readonly line: number;
}

export interface Release {
  /** Semantic version. */
  readonly version: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly entries: readonly ChangeEntry[];
}

/** CHANGELOG.md, read. */
export interface Changelog {
  readonly unreleased: readonly ChangeEntry[];
  /** The newest first. */
  readonly releases: readonly Release[];
}

/** `problems`: each with file and line, e.g. `CHANGELOG.md:12 "Add" is no heading of changes; write ### Added`. */
export type ChangelogResult =
  | { readonly ok: true; readonly changelog: Changelog }
  | { readonly ok: false; readonly problems: readonly string[] };

const RELEASE_FORM = "write ## [Unreleased], or ## [1.2.3] - 2026-11-28";
const ENTRY_FORM = "write - **area** `NAME`, `NAME`: what changed";

/** `- **area** \`NAME\`, \`NAME\`: text`, its lines joined. */
const ENTRY = /^- \*\*(?<area>[^*]+)\*\*(?<names>(?: `[^`]+`(?:, `[^`]+`)*)?): (?<text>\S.*)$/;
const UNRELEASED = "## [Unreleased]";
const RELEASE_HEADING = /^## \[(?<version>[^\]]+)\] - (?<date>\d{4}-\d{2}-\d{2})$/;

/**
 * Reads a changelog of the form that the head of CHANGELOG.md describes. It reads strictly: an entry that is not understood would
 * be one that nobody hears of. `name`: the file's name in problems.
 */
export function parseChangelog(text: string, name = "CHANGELOG.md"): ChangelogResult {
  const problems: string[] = [];
  const unreleased: ChangeEntry[] = [];
  const releases: { version: string; date: string; entries: ChangeEntry[] }[] = [];
  const problem = (line: number, is: string, fix: string): void => {
    problems.push(sentenceOf({ where: `${name}:${line}`, is, fix }));
  };
  let entries: ChangeEntry[] | undefined;
  let kind: ChangeKind | undefined;
  let seen = new Set<string>();
  for (const { text: block, line } of blocksOf(text)) {
    if (block.startsWith("## ")) {
      kind = undefined;
      seen = new Set();
      if (block === UNRELEASED) {
        if (entries !== undefined)
          problem(line, "has Unreleased after another release", "move it to the top, and write it once");
        entries = unreleased;
      } else {
        const release = releaseFrom(block);
        if ("is" in release) problem(line, release.is, release.fix);
        entries = [];
        if ("is" in release) continue;
        const newer = releases.at(-1);
        if (newer !== undefined && compare(newer.version, release.version) <= 0)
          problem(line, `has ${release.version} below ${newer.version}`, "put the newest release first");
        releases.push({ ...release, entries });
      }
    } else if (entries === undefined) {
      // The head, which is for people.
    } else if (block.startsWith("### ")) {
      const heading = block.slice(4);
      kind = CHANGE_KINDS.find((one) => one === heading);
      if (kind === undefined)
        problem(line, `has the heading "${heading}"`, `write one of ${CHANGE_KINDS.join(", ")}`);
      else if (seen.has(heading))
        problem(line, `has ${heading} twice in one release`, "write all its entries below the first");
      seen.add(heading);
    } else if (block.startsWith("- ")) {
      const entry = entryFrom(block);
      if ("is" in entry) problem(line, entry.is, entry.fix);
      else if (seen.size === 0)
        problem(line, "has an entry without a heading", "write ### Added or another one above it");
      else if (kind !== undefined) entries.push({ kind, ...entry, line });
    } else problem(line, `has "${shortened(block)}", which is no entry`, ENTRY_FORM);
  }
  if (entries === undefined) problem(1, "has no release", RELEASE_FORM);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, changelog: { unreleased, releases } };
}

/** Whether a change belongs to the package, and not to the repository around it. */
export function isOfPackage({ area }: ChangeEntry): boolean {
  return area !== "docs" && area !== "project";
}

/**
 * The version that the unreleased changes ask for; undefined where there are none. docs/versions.md has the rule: Breaking and Removed
 * make a major version, Added, Changed and Deprecated a minor one, Fixed and Security a patch. Before 1.0.0 a breaking
 * change makes a minor version. Changes of documents and of the repository alone make a patch. The first version is 0.1.0.
 */
export function nextVersion({ unreleased, releases }: Changelog): string | undefined {
  const [newest] = releases;
  if (unreleased.length === 0) return undefined;
  if (newest === undefined) return "0.1.0";
  const kinds = new Set(unreleased.filter(isOfPackage).map(({ kind }) => kind));
  const has = (...some: readonly ChangeKind[]): boolean => some.some((kind) => kinds.has(kind));
  const step = has("Breaking", "Removed")
    ? newest.version.startsWith("0.")
      ? "minor"
      : "major"
    : has("Added", "Changed", "Deprecated")
      ? "minor"
      : "patch";
  return inc(newest.version, step) ?? undefined;
}

/**
 * The text of the changelog with everything that was unreleased below a heading of its own, and `Unreleased` empty above it.
 * `date`: YYYY-MM-DD. A problem: there is nothing to release, or the version is not above the newest one.
 */
export function releasedChangelog(
  text: string,
  { version, date }: { readonly version: string; readonly date: string },
):
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly string[] } {
  const read = parseChangelog(text);
  if (!read.ok) return read;
  const { unreleased, releases } = read.changelog;
  const heading = releaseFrom(`## [${version}] - ${date}`);
  if ("is" in heading) return refused(heading.is, heading.fix);
  if (unreleased.length === 0)
    return refused("has no entries below Unreleased", "write what changed before you release it");
  const [newest] = releases;
  if (newest !== undefined && !gt(version, newest.version))
    return refused(`has ${newest.version} already`, `release ${nextVersion(read.changelog) ?? ""}`);
  return { ok: true, text: text.replace(UNRELEASED, () => `${UNRELEASED}\n\n## [${version}] - ${date}`) };
}

/** What changed after the version `from`, up to this changelog's newest, the newest first. The unreleased too: they are in the code. */
export function changesSince({ unreleased, releases }: Changelog, from: string): readonly ChangeEntry[] {
  return [
    ...unreleased,
    ...releases.filter(({ version }) => gt(version, from)).flatMap(({ entries }) => entries),
  ];
}

/** Headings, entries with the lines that continue them, and any other line that is not blank. */
function blocksOf(text: string): readonly { readonly text: string; readonly line: number }[] {
  const blocks: { text: string; line: number }[] = [];
  let open = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const last = blocks.at(-1);
    if (line.trim() === "") open = false;
    else if (open && last !== undefined && line.startsWith("  ")) last.text += ` ${line.trim()}`;
    else {
      blocks.push({ text: line.trimEnd(), line: index + 1 });
      open = line.startsWith("- ");
    }
  }
  return blocks;
}

function releaseFrom(
  heading: string,
): { readonly version: string; readonly date: string } | { readonly is: string; readonly fix: string } {
  const { version = "", date = "" } = RELEASE_HEADING.exec(heading)?.groups ?? {};
  if (version === "") return { is: `has the heading "${shortened(heading)}"`, fix: RELEASE_FORM };
  if (valid(version) !== version)
    return { is: `has the version "${version}"`, fix: "write a semantic version such as 1.2.3" };
  if (Number.isNaN(Date.parse(date)) || new Date(date).toISOString().slice(0, 10) !== date)
    return { is: `has the date "${date}"`, fix: "write a day that exists, as 2026-11-28" };
  return { version, date };
}

function entryFrom(
  block: string,
): Pick<ChangeEntry, "area" | "names" | "text"> | { readonly is: string; readonly fix: string } {
  const { area: written = "", names = "", text = "" } = ENTRY.exec(block)?.groups ?? {};
  if (written === "") return { is: `has "${shortened(block)}"`, fix: ENTRY_FORM };
  const area = AREAS.find((one) => one === written);
  if (area === undefined) {
    const near = nearest(written, AREAS);
    return {
      is: `has the area "${written}"`,
      fix: near === undefined ? `write one of ${AREAS.join(", ")}` : `write ${near}`,
    };
  }
  return { area, names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name), text };
}

function refused(is: string, fix: string): { readonly ok: false; readonly problems: readonly string[] } {
  return { ok: false, problems: [sentenceOf({ where: "CHANGELOG.md", is, fix })] };
}

/** Characters of a line that a message quotes. Ours. */
const QUOTED_LENGTH = 60;

function shortened(line: string): string {
  return line.length <= QUOTED_LENGTH ? line : `${line.slice(0, QUOTED_LENGTH)}…`;
}
