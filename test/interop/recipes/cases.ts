import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appTokenFor, type Stage } from "../../../cli/dev/stage.ts";
import { type Finished, finished, lastLines } from "../commands.ts";
import type { ProgramReport } from "../report.ts";
import { bytesOf } from "./bucket.ts";
import { type Door, openDoor, type Turn } from "./door.ts";
import type { Recipe } from "./recipe.ts";

/** What one run of a program met, and did. */
interface Run extends Finished {
  readonly calls: Door["calls"];
  readonly appToken: string;
  /** What is wrong with what lies in the bucket; empty when every file arrived. */
  readonly missing: readonly string[];
}

interface RecipeCase {
  readonly name: string;
  readonly turn: (call: number, stage: Stage) => Turn;
  readonly endpoint?: "own domain";
  /** Left out for programs that renew at another time. */
  readonly onlyFiveMinutesBefore?: true;
  /** What is wrong; empty when nothing is. */
  readonly faults: (run: Run) => readonly string[];
}

const CREDENTIALS: Turn = {};

/** The sandbox's clock goes on by an hour and a second: whatever was vended before is dead. */
const LONGER_THAN_ANY_CREDENTIALS_MS = 3_601_000;

const CASES: readonly RecipeCase[] = [
  {
    name: "uploads below KeyPrefix, with one call for credentials",
    turn: () => CREDENTIALS,
    faults: (run) => [...arrived(run), ...callsAre(run, 1)],
  },
  {
    name: "the bucket's own domain (OssCname)",
    turn: () => CREDENTIALS,
    endpoint: "own domain",
    faults: (run) => [...arrived(run), ...callsAre(run, 1)],
  },
  {
    name: "renews in time, with one call for all threads",
    // The first answer is over when it comes. Keys that somebody kept would be refused.
    turn: (call, { sandbox }) =>
      call === 0
        ? { lifeSeconds: 0 }
        : { before: () => sandbox.clock.advance(call === 1 ? LONGER_THAN_ANY_CREDENTIALS_MS : 0) },
    faults: (run) => [...arrived(run), ...callsAre(run, 2)],
  },
  {
    name: "goes on with credentials that live while the renewal fails",
    onlyFiveMinutesBefore: true,
    turn: (call) => (call === 0 ? { lifeSeconds: 200 } : { status: 500, code: "ServerError" }),
    faults: (run) => [
      ...arrived(run),
      ...(run.calls.length > 1 ? [] : ["it did not try to renew five minutes before the end"]),
    ],
  },
  {
    name: "401: a new App token, and once more",
    turn: (call) => (call === 0 ? { status: 401, code: "TokenExpired" } : CREDENTIALS),
    faults: (run) => [...arrived(run), ...callsAre(run, 2)],
  },
  {
    name: "401 twice: ends with the code, without the token",
    turn: () => ({ status: 401, code: "InvalidToken" }),
    faults: (run) => [
      ...(run.failure === undefined ? ["it ended with 0"] : []),
      ...callsAre(run, 2),
      ...(textOf(run).includes("InvalidToken") ? [] : [`it did not say InvalidToken: ${lastLines(run, 3)}`]),
      ...(textOf(run).includes(run.appToken) ? ["it printed the App token"] : []),
    ],
  },
  {
    name: "503: waits as Retry-After says",
    turn: (call) => (call === 0 ? { status: 503, code: "StsThrottled", retryAfterSeconds: 1 } : CREDENTIALS),
    faults: (run) => {
      const [first, second] = run.calls;
      const waitedMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
      return [...arrived(run), ...callsAre(run, 2), ...(waitedMs < 1000 ? [`it waited ${waitedMs} ms`] : [])];
    },
  },
];

/** Runs a program of a page once for each thing that it promises. */
export async function recipeReport(recipe: Recipe, stage: Stage): Promise<ProgramReport> {
  const passed: { sdk: string; case: string }[] = [];
  const failed: { sdk: string; case: string; detail: string }[] = [];
  for (const each of CASES) {
    if (each.onlyFiveMinutesBefore === true && recipe.renews !== undefined) continue;
    const faults = each.faults(await runOf(recipe, each, stage));
    const result = { sdk: recipe.title, case: each.name };
    if (faults.length === 0) passed.push(result);
    else failed.push({ ...result, detail: faults.join("\n    ") });
  }
  return { passed, failed };
}

async function runOf(recipe: Recipe, { turn, endpoint }: RecipeCase, stage: Stage): Promise<Run> {
  const { sandbox } = stage;
  const files = new Map(
    ["first.bin", "second.bin", "third.bin"].map((name, at) => [name, randomBytes(300_000 - at)]),
  );
  const folder = mkdtempSync(join(tmpdir(), "oss-valet-recipe-"));
  const byProxy = endpoint !== undefined && recipe.ownDomain === "by proxy";
  const found = recipe.ownDomain === undefined ? "" : (` ${recipe.ownDomain}` as const);
  const appToken = appTokenFor(stage, "alice", { seconds: 7200 });
  const door = await openDoor({
    credentialsUrl: stage.credentialsUrl,
    ossUrl: sandbox.oss.url,
    publicEndpoint:
      recipe.knowsLocalhost === true ? sandbox.oss.url : sandbox.oss.url.replace("localhost", "127.0.0.1"),
    bucket: sandbox.bucket,
    turn: (call) => turn(call, stage),
    endpoint: endpoint === undefined ? "public" : (`${endpoint}${found}` as const),
  });
  try {
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    const { program } = recipe;
    const ended = await finished({
      ...program,
      args: [...program.args, ...[...files.keys()].map((name) => join(folder, name))],
      environment: {
        ...program.environment,
        VALET_URL: door.credentialsUrl,
        APP_TOKEN: appToken,
        ...(byProxy ? { http_proxy: new URL(door.credentialsUrl).origin, no_proxy: "127.0.0.1" } : {}),
      },
    });
    const missing: string[] = [];
    for (const [name, content] of files) {
      const key = `users/alice/${name}`;
      if ((await bytesOf(sandbox, key))?.equals(content) !== true) missing.push(`${key} did not arrive`);
      const lists = endpoint === undefined || recipe.cannotListAtOwnDomain !== true;
      if (lists && !ended.stdout.includes(key)) missing.push(`it did not list ${key}`);
    }
    return { ...ended, calls: door.calls, appToken, missing };
  } finally {
    await door.close();
    sandbox.world.buckets.get(sandbox.bucket)?.objects.clear();
    rmSync(folder, { recursive: true, force: true });
  }
}

function arrived(run: Run): readonly string[] {
  const wrong = run.calls.some(({ authorization }) => authorization !== `Bearer ${run.appToken}`);
  return [
    ...run.missing,
    ...(wrong ? ["a call had no Bearer token, or another one"] : []),
    ...(run.failure === undefined ? [] : [run.failure, ...lastLines(run, 20)]),
  ];
}

function callsAre({ calls }: Run, wanted: number): readonly string[] {
  return calls.length === wanted ? [] : [`it asked for credentials ${calls.length} times, not ${wanted}`];
}

function textOf({ stdout, stderr }: Finished): string {
  return stdout + stderr;
}
