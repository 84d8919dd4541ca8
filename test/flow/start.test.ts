import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { walk } from "../../cli/dev/walk.ts";
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
  const stage = await startStage({ port: 0, orFree: false });
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
    expect(lines).toContain(
      "   (access.yaml has no rule with upload: npm start has added one for forms/{sub}/)",
    );
    expect(lines).toContain("   post  forms/alice/from-a-form.txt  →  200");
  });

  const PHOTOS = {
    name: "photos",
    allow: ["upload"],
    prefix: "photos/{sub}/",
    upload: { maxBytes: 5, contentTypes: ["image/*"], overwrite: true },
  };
  it("posts a form as the operator's own rule with upload allows it, and is refused for another key", async () => {
    const { lines, failure } = await walked(OWN_FOLDER, PHOTOS);
    expect(failure).toBeUndefined();
    expect(lines.filter((line) => line.includes("npm start has added"))).toEqual([]);
    expect(lines).toContain('     ["content-length-range",0,5]');
    expect(lines).toContain('     ["eq","$content-type","image/png"]');
    const posted = lines.indexOf("   post  photos/alice/from-a-form.txt  →  200");
    expect(lines.slice(posted, posted + 4)).toEqual([
      "   post  photos/alice/from-a-form.txt  →  200",
      "   post  photos/alice/from-a-form.txt.exe, with the same form",
      '      AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq","$key","photos/alice/from-a-form.txt"]',
      "   STS was not called: the function signs with the keys of its own role",
    ]);
  });

  it.each<[string, object, string]>([
    [
      "upload for others only",
      { ...PHOTOS, when: { role: "editor" } },
      "   403 AccessDenied: no rule with upload is for alice, so she gets no form",
    ],
    [
      "a folder where the one for forms would be",
      { name: "blanks", when: { role: "editor" }, allow: ["read"], prefix: "forms/shared/" },
      "   access.yaml has no rule with upload, and no room for one more: /uploads refuses everybody (403)",
    ],
  ])("goes on without a form when the rules have %s", async (_what, rule, said) => {
    const { lines, failure } = await walked(OWN_FOLDER, rule);
    expect([failure, lines.filter((line) => line === said)]).toEqual([undefined, [said]]);
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

describe("two runs in one checkout", () => {
  it("have a bundle each: the first starts its next instance after the second has built and ended", async () => {
    const first = await startStage({ port: 0, orFree: false });
    onTestFinished(() => first.stop());
    expect(await statusOf(first)).toBe(200);
    const second = await startStage({ port: 0, orFree: false });
    expect(await statusOf(second)).toBe(200);
    await second.stop();
    // Ten requests at once need nine new instances.
    const statuses = await Promise.all(Array.from({ length: 10 }, () => statusOf(first)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect([existsSync(first.codeDir), existsSync(second.codeDir)]).toEqual([true, false]);
  });
});

async function statusOf(stage: Stage): Promise<number> {
  const token = appTokenFor(stage, "alice", { seconds: 600 });
  const { status } = await fetch(stage.credentialsUrl, { headers: { Authorization: `Bearer ${token}` } });
  return status;
}

it("npm start uses the ports from the first one on: the services, and the page behind them", async () => {
  const first = await freePorts(8);
  const stage = await startStage({ port: first, orFree: false });
  onTestFinished(() => stage.stop());
  expect([stage.credentialsUrl, stage.sandbox.issuer.url, stage.pageUrl]).toEqual([
    `http://127.0.0.1:${first + 3}/credentials`,
    `http://127.0.0.1:${first + 4}`,
    `http://127.0.0.1:${first + 7}`,
  ]);
});

/** The first of `count` ports in a row that nobody listens on. */
async function freePorts(count: number): Promise<number> {
  for (let first = 20_000; first < 60_000; first += count) {
    const servers = await Promise.all(Array.from({ length: count }, (_, at) => listening(first + at)));
    const opened = servers.filter((server) => server !== undefined);
    await Promise.all(opened.map((server) => new Promise((closed) => server.close(closed))));
    if (opened.length === count) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

async function listening(port: number) {
  const server = createServer();
  const outcome = new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  return (await outcome) ? server : undefined;
}

it("npm start prints how to get another user's token: with the audience of access.yaml", async () => {
  const path = join(folder, "audience.json");
  const content = accessFile({ rules: [OWN_FOLDER] }) as { readonly issuers: readonly object[] };
  writeFileSync(
    path,
    JSON.stringify({ ...content, issuers: [{ ...content.issuers[0], audience: "it's/mine & yours" }] }),
  );
  const run = startOf("--access", path, "--quiet", "--port", "0");
  await expect.poll(run.stdout, { timeout: 30_000 }).toContain("Another user's token: ");
  const [, command = "", url = ""] =
    /Another user's token: (curl -s -d '[^']*' (\S+))/.exec(run.stdout()) ?? [];
  expect(url).toMatch(/\/token$/);
  const { stdout } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  const { access_token: token } = JSON.parse(stdout) as { readonly access_token: string };
  const [, endpoint = ""] = /The endpoint: (\S+)/.exec(run.stdout()) ?? [];
  const answer = await fetch(endpoint, { headers: { Authorization: `Bearer ${token}` } });
  expect(await answer.json()).toMatchObject({ StatusCode: "200", KeyPrefix: "users/bob/" });
  expect(await endedBy(run.child, "SIGTERM")).toBe(0);
});

describe("npm start -- --json", () => {
  it("writes the function's log to standard error, serves it by RequestId, and removes its folder at SIGTERM", async () => {
    const run = await started("--json", "--port", "0");
    const { credentials, uploads, control, code } = JSON.parse(run.stdout()) as Record<string, string>;
    expect(readdirSync(String(code)).sort()).toEqual(["credentials", "uploads"]);
    expect(uploads).toBe(String(credentials).replace(/credentials$/, "uploads"));
    const { token, answer } = await refusedRequest(String(credentials));

    const served = (await (
      await fetch(`${control}/log?requestId=${answer.RequestId}&last=20`)
    ).json()) as readonly Record<string, unknown>[];
    const entry = {
      requestId: answer.RequestId,
      status: 401,
      refusal: { code: "TOKEN_INVALID", check: "shape" },
    };
    expect(served).toEqual([
      expect.objectContaining({ text: `FC Invoke Start RequestId: ${answer.RequestId}` }),
      {
        timeMs: expect.any(Number),
        function: "oss-valet",
        requestId: answer.RequestId,
        json: expect.objectContaining(entry),
      },
      expect.objectContaining({ text: `FC Invoke End RequestId: ${answer.RequestId}` }),
    ]);
    const lines = run.stderr().trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining(entry)]);
    expect(JSON.stringify(served) + run.stderr()).not.toContain(token);

    expect(await endedBy(run.child, "SIGTERM")).toBe(0);
    expect(existsSync(String(code))).toBe(false);
  });

  it("says nothing of the log with --quiet, and still serves it", async () => {
    const run = await started("--json", "--quiet", "--port", "0");
    const { credentials, control } = JSON.parse(run.stdout()) as Record<string, string>;
    const { answer } = await refusedRequest(String(credentials));
    expect(await (await fetch(`${control}/log?function=oss-valet&last=2`)).json()).toMatchObject([
      { json: { requestId: answer.RequestId, code: "InvalidToken" } },
      { text: `FC Invoke End RequestId: ${answer.RequestId}` },
    ]);
    expect(await (await fetch(`${control}/log?function=another`)).json()).toEqual({
      error: "function: must be one of oss-valet, oss-valet-uploads",
    });
    expect(await endedBy(run.child, "SIGINT")).toBe(0);
    expect(run.stderr()).toBe("");
  });

  it("removes its folder when a signal comes before it is ready", async () => {
    const { child } = startOf("--json", "--port", "0");
    await expect.poll(() => foldersOf(child), { timeout: 20_000, interval: 5 }).toHaveLength(1);
    expect(await endedBy(child, "SIGTERM")).toBe(143);
    expect(foldersOf(child)).toEqual([]);
  });
});

it("npm start shows the log between the steps of its walk, and removes its folder", () => {
  const run = spawnSync(
    process.execPath,
    ["--import", "tsx", "cli/main.ts", "dev", "--once", "--port", "0"],
    {
      encoding: "utf8",
      cwd: ROOT,
    },
  );
  expect([run.status, run.stderr]).toEqual([0, ""]);
  expect(run.stdout.split("\n").filter((line) => line.startsWith("[log]"))).toEqual([
    expect.stringMatching(/^\[log\] 200 Success {2}GET \/credentials {2}\d+ ms {2}session alice-/),
    expect.stringMatching(/^\[log\] 200 Success {2}GET \/credentials {2}\d+ ms {2}session bob-/),
    expect.stringMatching(/^\[log\] 200 Success {2}POST \/uploads {2}\d+ ms {2}session alice-.* count 1, /),
    expect.stringContaining("because TOKEN_MISSING, RequestId "),
    expect.stringContaining("because TOKEN_EXPIRED, RequestId "),
  ]);
  expect(foldersOf(run)).toEqual([]);
});

interface Run {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

function startOf(...args: readonly string[]): Run {
  const child = spawn(process.execPath, ["--import", "tsx", "cli/main.ts", "dev", ...args], { cwd: ROOT });
  onTestFinished(() => void child.kill("SIGKILL"));
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (chunk: Buffer) => {
      written[name] += chunk.toString("utf8");
    });
  return { child, stdout: () => written.stdout, stderr: () => written.stderr };
}

/** A run that is ready. */
async function started(...args: readonly string[]): Promise<Run> {
  const run = startOf(...args);
  await expect.poll(run.stdout, { timeout: 20_000 }).toContain("\n");
  return run;
}

/** A request with a text that is no token: the function's answer. */
async function refusedRequest(
  url: string,
): Promise<{ readonly token: string; readonly answer: { readonly RequestId: string } }> {
  const token = "this-text-is-no-token";
  const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  return { token, answer: (await response.json()) as { readonly RequestId: string } };
}

async function endedBy(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const exit = once(child, "exit");
  child.kill(signal);
  return (await exit)[0];
}

function foldersOf({ pid }: { readonly pid?: number | undefined }): readonly string[] {
  const parent = join(ROOT, "dist/local");
  return existsSync(parent) ? readdirSync(parent).filter((name) => name.includes(`-${pid}-`)) : [];
}

/** Exit code and standard error of a script that is called so. */
function called(script: string, ...args: readonly string[]): readonly [unknown, string] {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(ROOT, script), ...args], {
    encoding: "utf8",
    cwd: ROOT,
  });
  return [status, stderr];
}

describe("a wrong command line is refused with exit code 2, before anything starts", () => {
  it.each([
    ["cli/main.ts", ["dev", "--once", "--json"], "but with --json there is no walk; write one of them"],
    ["cli/main.ts", ["dev", "--port", "http"], '--port is "http"; write a number from 0 to 65000'],
    ["cli/main.ts", ["dev", "--onec"], "unknown option --onec. Did you mean --once?\n"],
    ["cli/main.ts", ["build", "--watch"], "unknown option --watch"],
    ["cli/main.ts", ["build", "access.yaml"], 'unexpected argument "access.yaml"'],
    ["cli/main.ts", ["serve", "--port", "8080"], "unknown option --port"],
    ["test/bench/main.ts", ["--slow"], "Unknown option '--slow'"],
  ])("%s %j", (script, args, said) => {
    const [status, stderr] = called(script, ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)]);
  });
});

it("npm run sandbox says which port is taken, and what to write", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : undefined;
  expect(called("cli/main.ts", "sandbox", "--port", String(port))).toEqual([
    1,
    `sandbox: port ${port} is taken; name another one with --port N, or use free ports with --port 0\n`,
  ]);
  await new Promise((resolve) => taken.close(resolve));
});
