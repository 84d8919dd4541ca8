import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { fcEvent } from "../support/fc-events.ts";
import { SOON } from "../support/fc-function.ts";

const ROOT = join(import.meta.dirname, "../..");
/** A folder with a built devsapp/fc3 (publish.yaml, package.json, dist/): it comes from no package registry. */
const COMPONENT = process.env["FC3_COMPONENT"];
/** Milliseconds: a start of `s` takes two seconds, and `npm run build` as long again. */
const TIMEOUT = 60_000;

/** What a developer has: the project, a home of `s`, a docker in PATH, and `npm start` in another window. */
const project = mkdtempSync(join(tmpdir(), "oss-valet-s-local-"));
let stage: Stage;

beforeAll(async () => {
  const sYaml = readFileSync(join(ROOT, "s.yaml"), "utf8");
  writeFileSync(
    join(project, "s.yaml"),
    sYaml.replaceAll("component: fc3@0.1.22", `component: ${COMPONENT ?? "fc3@0.1.22"}`),
  );
  copyFileSync(join(ROOT, "s.local.yaml"), join(project, "s.local.yaml"));
  for (const folder of ["bin", "home", "dist"]) mkdirSync(join(project, folder));
  symlinkSync(join(ROOT, "scripts/docker-stand-in.mjs"), join(project, "bin/docker"));
  // The project's own build, into this folder.
  writeFileSync(join(project, "package.json"), JSON.stringify({ scripts: { build: "node build.mjs" } }));
  writeFileSync(
    join(project, "build.mjs"),
    `import { register } from ${JSON.stringify(import.meta.resolve("tsx/esm/api"))};
     register();
     const { buildOrExplain } = await import(${JSON.stringify(pathToFileURL(join(ROOT, "cli/build/explained.ts")))});
     process.exitCode = (await buildOrExplain({ outDir: ${JSON.stringify(join(project, "dist/credentials"))} })) ? 0 : 1;`,
  );
  stage = await startStage({ port: 0, orFree: true });
});
afterAll(async () => {
  await stage.stop();
  rmSync(project, { recursive: true, force: true });
});

function environment(): NodeJS.ProcessEnv {
  const { sandbox } = stage;
  return {
    PATH: `${join(project, "bin")}:${process.env["PATH"]}`,
    HOME: join(project, "home"),
    serverless_devs_config_home: join(project, "home"),
    // Switches off what `s` reports of its runs, and its look for updates.
    NODE_ENV: "test",
    OSS_BUCKET: sandbox.bucket,
    STS_ENDPOINT: sandbox.sts.url,
    OSS_ENDPOINT: sandbox.oss.url,
    CODE_DIR: stage.codeDir,
    AccountID: sandbox.accountId,
    AccessKeyID: sandbox.accessKeyId,
    AccessKeySecret: sandbox.accessKeySecret,
  };
}

/** Runs the unmodified `s`, and gives all that it printed. Rejects where its exit code is not 0. */
async function s(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(join(ROOT, "node_modules/.bin/s"), args, {
    cwd: project,
    env: { ...environment(), ...more },
  });
  return stdout + stderr;
}

function token(): string {
  return appTokenFor(stage, "alice", { seconds: 600 });
}

/** `-f` takes a regular file only. */
function eventFile(bearer: string): string {
  const path = join(project, "event.json");
  writeFileSync(path, JSON.stringify(fcEvent({ headers: { Authorization: `Bearer ${bearer}` } })));
  return path;
}

/** What the function returned; `s` prints it as a line of its own. */
function answerIn(output: string): { readonly statusCode: number; readonly body: Record<string, unknown> } {
  const line = /^\{"statusCode".*$/m.exec(output)?.[0];
  if (line === undefined) throw new Error(`the function's answer is missing:\n${output}`);
  const { statusCode, body } = JSON.parse(line) as { readonly statusCode: number; readonly body: string };
  return { statusCode, body: JSON.parse(body) };
}

it("s.local.yaml is s.yaml on the services, the role and the bundle of npm start", async () => {
  const output = await s(["preview", "-t", "s.local.yaml", "-o", "json"]);
  const rendered = JSON.parse(output.slice(output.indexOf("\n{"), output.lastIndexOf("\n}") + 2)) as {
    readonly resources: Readonly<
      Record<
        "credentials" | "uploads",
        {
          readonly actions: Record<string, unknown>;
          readonly props: Record<string, unknown> & {
            readonly environmentVariables: Readonly<Record<string, string>>;
          };
        }
      >
    >;
  };
  const { actions, props } = rendered.resources.credentials;
  expect(actions["pre-local"]).toEqual([]);
  const code = join(stage.codeDir, "credentials");
  expect(props).toMatchObject({ runtime: "nodejs20", handler: "index.handler", code });
  const { OSS_ROLE_ARN, ...variables } = props.environmentVariables;
  expect(OSS_ROLE_ARN?.toLowerCase()).toBe(stage.sandbox.roleArn.toLowerCase());
  expect(variables).toEqual({
    OSS_BUCKET: stage.sandbox.bucket,
    OSS_REGION: stage.sandbox.region,
    STS_ENDPOINT: stage.sandbox.sts.url,
    OSS_ENDPOINT: stage.sandbox.oss.url,
  });
  const { uploads } = rendered.resources;
  expect(uploads.actions["pre-local"]).toEqual([]);
  expect(uploads.props["code"]).toBe(join(stage.codeDir, "uploads"));
  expect(uploads.props.environmentVariables).toEqual({
    OSS_BUCKET: stage.sandbox.bucket,
    OSS_REGION: stage.sandbox.region,
    OSS_ENDPOINT: stage.sandbox.oss.url,
  });
});

describe.skipIf(COMPONENT === undefined || process.platform === "win32")(
  "s local, with the fc3 component in the folder that FC3_COMPONENT names (skipped where it names none)",
  { timeout: TIMEOUT },
  () => {
    it.each(["s.yaml", "s.local.yaml"])("s verify: %s is in the component's schema", async (template) => {
      expect(await s(["verify", "-t", template])).toContain("passed");
    });

    it("s verify would have found a mistake", async () => {
      const text = readFileSync(join(project, "s.yaml"), "utf8");
      writeFileSync(join(project, "wrong.yaml"), text.replace("memorySize: 512", "memorySize: 500"));
      await expect(s(["verify", "-t", "wrong.yaml"])).rejects.toMatchObject({
        stdout: expect.stringContaining("memorySize"),
      });
    });

    it("s local invoke: a user's token becomes credentials, signed for with the developer's key", async () => {
      const output = await s([
        "credentials",
        "local",
        "invoke",
        "-t",
        "s.local.yaml",
        "-f",
        eventFile(token()),
      ]);
      expect(answerIn(output)).toMatchObject({
        statusCode: 200,
        body: {
          AccessKeyId: expect.stringMatching(/^STS\./),
          SecurityToken: expect.any(String),
          KeyPrefix: "users/alice/",
          OssEndpoint: stage.sandbox.oss.url,
        },
      });
      expect(output).toMatch(/Billed Duration: \d+ ms +Memory Size: 512 MB +Max Memory Used: [1-9]\d* MB/);
    });

    it("s local invoke: a refusal is printed, and the exit code is 0 all the same", async () => {
      const output = await s([
        "credentials",
        "local",
        "invoke",
        "-t",
        "s.local.yaml",
        "-f",
        eventFile(`${token()}x`),
      ]);
      expect(answerIn(output)).toMatchObject({ statusCode: 401, body: { Code: "InvalidToken" } });
    });

    it("s local invoke of s.yaml builds first, with the rules of ACCESS_FILE", async () => {
      const issuer = "https://login.of-another-file.example.com/";
      const accessFile = join(project, "another.yaml");
      writeFileSync(
        accessFile,
        readFileSync(join(ROOT, "access.yaml"), "utf8").replace("https://login.example.com/", issuer),
      );
      const output = await s(["credentials", "local", "invoke", "-e", "{}"], { ACCESS_FILE: accessFile });
      expect(readFileSync(join(project, "dist/credentials/index.code.js"), "utf8")).toContain(issuer);
      expect(answerIn(output)).toMatchObject({ statusCode: 400, body: { Code: "InvalidRequest" } });
    });

    it("s local start: the function over HTTP, until s ends", async () => {
      const { origin, output, stop } = await started();
      const answers = await fetch(`${origin}/credentials`, {
        headers: { authorization: `Bearer ${token()}` },
      });
      expect(await answers.json()).toMatchObject({
        AccessKeyId: expect.stringMatching(/^STS\./),
        Expiration: expect.any(String),
        KeyPrefix: "users/alice/",
      });
      const narrowed = await fetch(`${origin}/credentials?permissions=read&format=ali-oss`, {
        headers: { authorization: `Bearer ${token()}` },
      });
      expect([narrowed.status, await narrowed.json()]).toMatchObject([
        200,
        { accessKeyId: expect.stringMatching(/^STS\./) },
      ]);
      expect((await fetch(`${origin}/credentials`)).status).toBe(401);
      expect((await fetch(`${origin}/credentials`, { method: "OPTIONS" })).status).toBe(204);
      expect(await (await fetch(`${origin}/healthz`)).json()).toMatchObject({ Status: "ok" });
      expect(output()).toContain('"sessionName":"alice-');

      const container = /--name (\S+)/.exec(output())?.[1] ?? "";
      expect(await containers()).toContain(container);
      stop();
      await expect.poll(containers, SOON).not.toContain(container);
    });
  },
);

interface Started {
  /** e.g. http://localhost:9001: fc3 takes the first free port from 9000 on, and the next one to it. */
  readonly origin: string;
  readonly output: () => string;
  readonly stop: () => void;
}

async function started(): Promise<Started> {
  const process: ChildProcess = spawn(
    join(ROOT, "node_modules/.bin/s"),
    ["credentials", "local", "start", "-t", "s.local.yaml"],
    { cwd: project, env: environment() },
  );
  const stop = () => void process.kill("SIGINT");
  onTestFinished(stop);
  let output = "";
  for (const stream of [process.stdout, process.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const port = () => /HTTP request to localhost:(\d+)/.exec(output)?.[1];
  await expect.poll(port, { timeout: 30_000 }).toBeDefined();
  return { origin: `http://localhost:${port()}`, output: () => output, stop };
}

async function containers(): Promise<string> {
  const { stdout } = await promisify(execFile)(join(project, "bin/docker"), ["ps"], { env: environment() });
  return stdout;
}
