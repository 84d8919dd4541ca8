import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type ChangeEntry, parseChangelog } from "../../cli/shared/changelog.ts";
import { publicSurface } from "../../scripts/docs/public-surface.ts";
import { recordedNext, type Surface, surfaceProblems } from "../../scripts/docs/surface-changes.ts";
import { recordedSurface } from "../../scripts/generate-docs.ts";

const ROOT = join(import.meta.dirname, "../..");

let current: Surface;

beforeAll(async () => {
  current = await publicSurface(ROOT);
});

function unreleased(): readonly ChangeEntry[] {
  const read = parseChangelog(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
  if (!read.ok) throw new Error(read.problems.join("\n"));
  return read.changelog.unreleased;
}

function entry(kind: ChangeEntry["kind"], area: ChangeEntry["area"], ...names: string[]): ChangeEntry {
  return { kind, area, names, text: "x", line: 1 };
}

/** The surface without one name. */
function without(area: string, name: string): Surface {
  expect(Object.keys(current[area] ?? {})).toContain(name);
  const { [name]: _gone, ...rest } = current[area] ?? {};
  return { ...current, [area]: rest };
}

function withName(area: string, name: string, required: boolean): Surface {
  return { ...current, [area]: { ...current[area], [name]: required } };
}

describe("the public surface, test/contract/public-surface.json", () => {
  it("lost no name, and demands no new one, that CHANGELOG.md does not announce", () => {
    expect(surfaceProblems(recordedSurface(), current, unreleased())).toEqual([]);
  });

  it("has each name of today; npm run generate writes it", () => {
    expect(recordedSurface()).toEqual(recordedNext(recordedSurface(), current, unreleased()));
  });

  // One of each area: where the reader of an area finds nothing, its names are not protected.
  it.each([
    ["http", 'body ErrorCode "TokenExpired"', "TokenExpired"],
    ["http", "body CredentialsBody.KeyPrefix", "KeyPrefix"],
    ["access.yaml", "rules[].prefix", "prefix"],
    ["access.yaml", "rules[].upload.maxBytes", "maxBytes"],
    ["settings", "RATE_LIMIT", "RATE_LIMIT"],
    ["log", "request.tokenId", "tokenId"],
    ["client", ". createCredentials", "createCredentials"],
    ["client", "./upload UploadOptions.onProgress", "onProgress"],
    ["client", './upload UploadState "failed"', "failed"],
    ["commands", "doctor --strict", "doctor --strict"],
    ["commands", "provision apply", "provision apply"],
    ["sandbox", "./sandbox SandboxOptions.https", "https"],
  ] as const)("%s: says that %j disappeared, until an entry names it", (area, name, announced) => {
    const now = without(area, name);
    expect(surfaceProblems(current, now, [])).toEqual([
      `${area}: ${name} disappeared; bring it back, or name it (\`${announced}\`) in an entry **${area}** below ### Breaking or ### Removed in CHANGELOG.md`,
    ]);
    expect(surfaceProblems(current, now, [entry("Removed", area, announced)])).toEqual([]);
    expect(surfaceProblems(current, now, [entry("Breaking", area, announced)])).toEqual([]);
    expect(surfaceProblems(current, now, [entry("Changed", area, announced)])).toHaveLength(1);
    expect(surfaceProblems(current, now, [entry("Removed", "docs", announced)])).toHaveLength(1);
    expect(surfaceProblems(current, now, [entry("Removed", area, "another")])).toHaveLength(1);
  });

  it.each([
    ["settings", "NEW_SECRET", "NEW_SECRET"],
    ["access.yaml", "rules[].owner", "owner"],
    ["client", ". CredentialsOptions.appId", "appId"],
  ] as const)("%s: says that %j must be written now, until an entry names it", (area, name, announced) => {
    const now = withName(area, name, true);
    expect(surfaceProblems(current, now, [])).toEqual([
      `${area}: ${name} must be written now; let it be left out, or name it (\`${announced}\`) in an entry **${area}** below ### Breaking in CHANGELOG.md`,
    ]);
    expect(surfaceProblems(current, now, [entry("Breaking", area, announced)])).toEqual([]);
    expect(surfaceProblems(current, withName(area, name, false), [])).toEqual([]);
    // Nor is the duty recorded by npm run generate, which would end the test's complaint.
    expect(recordedNext(current, now, [])).toEqual(current);
  });

  it("lets a new member have required members of its own", () => {
    const access = { ...current["access.yaml"], "rules[].archive": false, "rules[].archive.days": true };
    expect(surfaceProblems(current, { ...current, "access.yaml": access }, [])).toEqual([]);
  });

  it("lets a duty that was optional be announced", () => {
    const now = withName("settings", "RATE_LIMIT", true);
    expect(surfaceProblems(current, now, [])).toHaveLength(1);
    expect(surfaceProblems(current, now, [entry("Breaking", "settings", "RATE_LIMIT")])).toEqual([]);
  });

  it("keeps what disappeared in the record until it is announced", () => {
    const now = without("settings", "RATE_LIMIT");
    expect(recordedNext(current, now, [])).toEqual(current);
    expect(recordedNext(current, now, [entry("Removed", "settings", "RATE_LIMIT")])).toEqual(now);
  });
});
