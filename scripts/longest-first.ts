import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders with the longest files, the longest first. Measured on 28 November 2026: up to a minute each. */
const LONG = ["test/browser/", "test/flow/"];

/**
 * The order of the test files: the long ones at the start, so that no core waits for one at the end, and the files that
 * share a process one after the other. vitest's own order counts within each part.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted
      .map((file, index) => ({ file, rank: [rankOf(file), index] as const }))
      .sort((one, other) => one.rank[0] - other.rank[0] || one.rank[1] - other.rank[1])
      .map(({ file }) => file);
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  if (project.config.isolate === false) return LONG.length + 1;
  const long = LONG.findIndex((folder) => moduleId.includes(`/${folder}`));
  return long < 0 ? LONG.length : long;
}
