import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCloud, startCloudUnderRealNames } from "./cloud.ts";
import { type Command, type Finished, finished, lastLines } from "./commands.ts";
import type { Language } from "./language.ts";
import { BUILD_SECONDS, DOWNLOAD_SECONDS } from "./languages.ts";
import { recipeReport } from "./recipes/cases.ts";
import { writeFiles } from "./recipes/recipe.ts";
import { judged, type ProgramReport } from "./report.ts";

/** What became of one language. */
export type Outcome =
  | { readonly name: string; readonly skipped: string }
  | { readonly name: string; readonly seconds: number; readonly report: ProgramReport };

/**
 * Gets the packages, compiles, and runs the programs against a cloud of their own. Skipped is a language whose toolchain
 * is missing, whose packages cannot be downloaded, or which takes too long to compile here.
 */
export async function runLanguage(language: Language): Promise<Outcome> {
  const { name } = language;
  const startedMs = Date.now();
  const toolchain = await finished(language.toolchain);
  if (toolchain.failure !== undefined) return { name, skipped: `no toolchain: ${explained(toolchain, 1)}` };

  const notGot = await downloadFailure(language);
  if (notGot !== undefined) return { name, skipped: `no packages: ${explained(notGot, 3)}` };

  for (const recipe of language.recipes) writeFiles(recipe);
  const builds = [...language.build, ...language.recipes.flatMap(({ build }) => build)];
  const notBuilt = await firstFailure(builds, BUILD_SECONDS);
  if (notBuilt?.late === true) return { name, skipped: `too slow here: ${explained(notBuilt, 0)}` };
  const report =
    notBuilt === undefined ? await programReport(language) : failedReport(name, "it is built", notBuilt);
  return { name, seconds: Math.round((Date.now() - startedMs) / 1000), report };
}

/** Downloads, unless an earlier run did. */
async function downloadFailure({ home, download }: Language): Promise<Finished | undefined> {
  const marker = join(home, "downloaded");
  if (existsSync(marker)) return undefined;
  const failure = await firstFailure(download, DOWNLOAD_SECONDS);
  if (failure === undefined) writeFileSync(marker, "");
  return failure;
}

/** Runs the commands one after the other, as long as they succeed. They have so many seconds together. */
async function firstFailure(commands: readonly Command[], seconds: number): Promise<Finished | undefined> {
  const endMs = Date.now() + seconds * 1000;
  for (const each of commands) {
    const left = Math.max(1, Math.round((endMs - Date.now()) / 1000));
    const ended = await finished({ ...each, seconds: left });
    if (ended.failure !== undefined) return ended;
  }
  return undefined;
}

async function programReport(language: Language): Promise<ProgramReport> {
  const cloud = await startCloud();
  const underRealNames = await startCloudUnderRealNames();
  try {
    const reports = [
      ...(await reportsOf(language.name, language.programs, { INTEROP_STAGE: cloud.described })),
      ...(await reportsOf(language.name, language.underRealNames, underRealNames.environment)),
    ];
    for (const recipe of language.recipes) reports.push(await recipeReport(recipe, cloud.stage));
    return {
      passed: reports.flatMap(({ passed }) => passed),
      failed: reports.flatMap(({ failed }) => failed),
    };
  } finally {
    await Promise.all([cloud.stop(), underRealNames.stop()]);
  }
}

async function reportsOf(
  name: string,
  programs: readonly Command[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly ProgramReport[]> {
  const reports: ProgramReport[] = [];
  for (const program of programs) {
    const ended = await finished({ ...program, environment });
    reports.push(judged(name, ended.stdout.split("\n")));
    // A program that reports failed cases exits with 0.
    if (ended.failure !== undefined) reports.push(failedReport(name, "the program ends", ended));
  }
  return reports;
}

function failedReport(name: string, what: string, ended: Finished): ProgramReport {
  return { passed: [], failed: [{ sdk: name, case: what, detail: explained(ended, 40) }] };
}

function explained(ended: Finished, lines: number): string {
  return [ended.failure, ...lastLines(ended, lines)].join("\n    ");
}
