import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { startStage } from "../../scripts/start/stage.ts";
import { walk } from "../../scripts/start/walk.ts";
import { accessFile, OWN_FOLDER } from "../support/valet.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "valet-start-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** The walk with these rules: its lines, and the message with which it fails. */
async function walked(...rules: readonly object[]) {
  const path = join(folder, "access.json");
  writeFileSync(path, JSON.stringify(accessFile({ rules })));
  vi.stubEnv("ACCESS_FILE", path);
  const stage = await startStage({ port: 0, orFree: false, outDir: join(folder, "local") });
  const lines: string[] = [];
  try {
    const failure = await walk(stage, (line) => void lines.push(line)).catch((error: Error) => error.message);
    return { lines, failure };
  } finally {
    await stage.stop();
  }
}

describe("the walk of npm start", () => {
  it("goes through with the rules as delivered", async () => {
    const { lines, failure } = await walked(OWN_FOLDER);
    expect(failure).toBeUndefined();
    expect(lines.at(-1)).toBe("\nThe exchange works: Alice reached her folder and nothing else.");
  });

  const NEEDS =
    "The walk needs a rule that gives each user read, write and list in a folder of her own in examplebucket;";
  it.each<[string, object, string]>([
    [
      "only write",
      { ...OWN_FOLDER, allow: ["write"] },
      "access.yaml gives alice no read and no list in users/alice/",
    ],
    ["another bucket", { ...OWN_FOLDER, bucket: "photos" }, "access.yaml gives alice a folder in photos"],
    [
      "a folder for everybody",
      { ...OWN_FOLDER, prefix: "users/common/" },
      "access.yaml gives alice and bob the same folder, users/common/",
    ],
    ["nothing", { ...OWN_FOLDER, when: { role: "editor" } }, "access.yaml grants {sub: alice} nothing"],
    ["nothing for bob", { ...OWN_FOLDER, when: { sub: "alice" } }, "access.yaml grants {sub: bob} nothing"],
  ])("says what it needs when the rules give %s", async (_what, rule, because) => {
    const { failure } = await walked(rule);
    expect(failure?.split("\n")).toEqual([
      `${because}. ${NEEDS}`,
      "try your rules with `npm run valet -- explain`, or run the endpoint without the walk: `npm start -- --json`",
    ]);
  });

  it("says what OSS refused, and why, when a rule requires TLS, which the local cloud lacks", async () => {
    const { failure } = await walked({ ...OWN_FOLDER, secureTransport: true });
    expect(failure).toMatch(
      /^put users\/alice\/hello\.txt: AccessDenied: .*\nsession policy: no statement allows oss:PutObject/,
    );
  });
});

/** Exit code and standard error of a script that is called so. */
function called(script: string, ...args: readonly string[]): readonly [unknown, string] {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(ROOT, script), ...args], {
    encoding: "utf8",
    cwd: ROOT,
  });
  return [status, stderr];
}

describe("a wrong command line is refused with exit code 2 and the usage, before anything starts", () => {
  it.each([
    [
      "scripts/start.ts",
      ["--once", "--json"],
      "--once stops after the walk, but with --json there is no walk",
    ],
    ["scripts/start.ts", ["--port", "http"], '--port is "http"; write a number from 0 to 65000'],
    ["scripts/start.ts", ["--onec"], "Unknown option '--onec'"],
    ["scripts/build.ts", ["--watch"], "Unknown option '--watch'"],
    ["scripts/build.ts", ["access.yaml"], "Unexpected argument 'access.yaml'"],
    ["scripts/serve.ts", ["--port", "8080"], "PORT=8080 HOST=0.0.0.0 npm run serve"],
    ["test/bench/main.ts", ["--slow"], "Unknown option '--slow'"],
  ])("%s %j", (script, args, said) => {
    const [status, stderr] = called(script, ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)]);
    expect(stderr).toMatch(/^\nnpm (start|run (build|serve|bench))/m);
  });
});

it("npm run sandbox says which port is taken, and what to write", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : undefined;
  expect(called("sandbox/main.ts", "--port", String(port))).toEqual([
    1,
    `sandbox: port ${port} is taken; name another one with -- --port N, or use free ports with -- --port 0\n`,
  ]);
  await new Promise((resolve) => taken.close(resolve));
});
