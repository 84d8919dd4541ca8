import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { build } from "../../cli/build/command.ts";
import { doctor } from "../../cli/doctor/command.ts";
import { projectFiles } from "../../cli/init/project.ts";
import { smoke } from "../../cli/smoke/command.ts";
import { test as valetTest } from "../../cli/test/command.ts";
import { AUDIENCE, CI_PROVIDER, CI_ROLE, MAX_SESSION_SECONDS } from "../../scripts/ops/ci.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "ci-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly needs?: string;
  readonly if?: string;
  readonly environment?: unknown;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: { readonly pull_request: unknown; readonly push: { readonly branches: readonly string[] } };
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency: { readonly group: string; readonly "cancel-in-progress": string };
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: { readonly check: Job; readonly deploy: Job };
}

const TEXT =
  projectFiles({
    name: "my-app",
    issuer: "https://login.example.com/",
    audience: "photo-app",
    bucket: "photos-prod",
    region: "ap-southeast-1",
    jwks: "https://login.example.com/.well-known/jwks.json",
    algorithms: ["RS256"],
    ossValet: "0.1.0",
  }).get(".github/workflows/deploy.yml") ?? "";
const WORKFLOW = parse(TEXT) as Workflow;
const { check, deploy } = WORKFLOW.jobs;
const STEPS = [...check.steps, ...deploy.steps];

const runs = ({ steps }: Job): readonly string[] =>
  steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
const step = (name: string): Step => {
  const found = deploy.steps.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no step ${name}`);
  return found;
};

describe("the workflow of a project", () => {
  it("checks pull requests and main, and deploys main alone, when an account is named", () => {
    expect(Object.keys(WORKFLOW.on)).toEqual(["pull_request", "push"]);
    expect(WORKFLOW.on.push.branches).toEqual(["main"]);
    expect(check.if).toBeUndefined();
    expect(deploy.needs).toBe("check");
    expect(deploy.if).toBe("github.event_name == 'push' && vars.ALIBABA_CLOUD_ACCOUNT_ID != ''");
  });

  it("has the bucket and the region of the project, and GitHub's own expressions", () => {
    expect(WORKFLOW.env).toEqual({ OSS_BUCKET: "photos-prod", OSS_REGION: "ap-southeast-1" });
    expect(WORKFLOW.concurrency.group).toBe(`deploy-\${{ github.ref }}`);
    expect(WORKFLOW.concurrency["cancel-in-progress"]).toBe(`\${{ github.event_name == 'pull_request' }}`);
    expect(TEXT.replace(/\$\{\{ [^{}]+ \}\}/g, "")).not.toMatch(/\{\{|\}\}/);
  });

  it("gives a pull request no token of GitHub for the cloud, and no secret", () => {
    expect(WORKFLOW.permissions).toEqual({ contents: "read" });
    expect(check.permissions).toBeUndefined();
    expect(JSON.stringify([check, WORKFLOW.env])).not.toContain("secrets.");
    expect(deploy.permissions).toEqual({ contents: "read", "id-token": "write" });
  });

  it("stores no long-lived key, and prints no secret", () => {
    const secrets = [...TEXT.matchAll(/^[^#\n]*secrets\.(\w+)/gm)].map(([, name]) => name);
    expect(secrets).toEqual(["SMOKE_TOKEN", "SMOKE_EXPIRED_TOKEN", "SMOKE_OTHER_AUDIENCE_TOKEN"]);
    expect(STEPS.map(({ run = "" }) => run).join("\n")).not.toMatch(/\$\{\{|set -x|printenv|\benv\b\s*$/m);
  });

  it("takes each action by a version, and keeps no key of the repository", () => {
    const used = STEPS.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    expect(used.filter((one) => !/^[\w-]+\/[\w-]+@v\d+(\.\d+\.\d+)?$/.test(one))).toEqual([]);
    for (const { uses = "", with: inputs } of STEPS)
      if (uses.startsWith("actions/checkout@")) expect(inputs).toEqual({ "persist-credentials": false });
    expect(TEXT).toContain("Pin each action by its commit");
  });

  it("builds with the Node.js of the functions' runtime", () => {
    const { resources } = parse(readFileSync(join(ROOT, "s.yaml"), "utf8")) as {
      readonly resources: { readonly credentials: { readonly props: { readonly runtime: string } } };
    };
    const versions = STEPS.filter(({ uses = "" }) => uses.startsWith("actions/setup-node@"));
    expect(versions.map(({ with: inputs }) => inputs)).toEqual([
      { "node-version": 20, cache: "npm" },
      { "node-version": 20, cache: "npm" },
    ]);
    expect(resources.credentials.props.runtime).toBe("nodejs20");
  });

  it("runs what it must, in this order", () => {
    expect(runs(check)).toEqual(["npm ci", "npx valet test", "npx valet build"]);
    expect(runs(deploy).map((run) => run.trim().split("\n").at(-1))).toEqual([
      "npm ci",
      "npx s deploy -a ci_serverless_devs_key -y",
      "npx valet doctor",
      'npx valet smoke "$VALET_URL"',
    ]);
  });

  it("calls only commands that exist, with what they take", () => {
    const commands = new Map([build, doctor, smoke, valetTest].map((one) => [one.name, one]));
    const called = STEPS.flatMap(({ run = "" }) => [...run.matchAll(/npx valet (\w+)(.*)$/gm)]);
    expect(called.map(([, name]) => name)).toEqual(["test", "build", "doctor", "smoke"]);
    for (const [, name = "", rest = ""] of called) {
      const command = commands.get(name);
      expect(command, name).toBeDefined();
      expect(rest.trim() === "" ? 0 : 1).toBe(Object.keys(command?.arguments ?? {}).length);
    }
    const settings = Object.keys(step("Smoke").env ?? {}).filter((name) => name.startsWith("SMOKE_"));
    const help = JSON.stringify(smoke);
    expect(settings.filter((name) => !help.includes(name))).toEqual([]);
  });

  it("asks for the role and the provider that ops/ makes, with the audience that the role wants", () => {
    const { with: inputs } = step("Temporary keys of the deploy role");
    // Source: aliyun/configure-aliyun-credentials-action v1.0.7, action.yml.
    expect(inputs).toEqual({
      "role-to-assume": `acs:ram::\${{ vars.ALIBABA_CLOUD_ACCOUNT_ID }}:role/${CI_ROLE}`,
      "oidc-provider-arn": `acs:ram::\${{ vars.ALIBABA_CLOUD_ACCOUNT_ID }}:oidc-provider/${CI_PROVIDER}`,
      audience: AUDIENCE,
      "role-session-name": CI_ROLE,
      "role-session-expiration": 1800,
    });
    expect(1800).toBeLessThanOrEqual(MAX_SESSION_SECONDS);
    // An environment would change the token's sub, which the trust policy compares.
    expect(deploy.environment).toBeUndefined();
  });
});

/** The step's own script, with a command of the name `npx` that says how it was called. */
function ran(script: string, environment: Readonly<Record<string, string>>, npx: string, cwd = folder) {
  const bin = mkdtempSync(join(folder, "bin-"));
  writeFileSync(join(bin, "npx"), `#!/bin/sh\n${npx}\n`);
  chmodSync(join(bin, "npx"), 0o755);
  const { PATH = "" } = process.env;
  return spawnSync("bash", ["-e", "-c", script], {
    cwd,
    encoding: "utf8",
    env: {
      PATH: `${bin}:${PATH}`,
      HOME: folder,
      serverless_devs_config_home: folder,
      NODE_ENV: "test",
      ...environment,
    },
  });
}

describe("its step Deploy", () => {
  const keys = {
    ALIBABA_CLOUD_ACCOUNT_ID: "1234567890123456",
    ALIBABA_CLOUD_ACCESS_KEY_ID: "STS.example",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'a"b\\c',
    ALIBABA_CLOUD_SECURITY_TOKEN: "token+/==",
  };

  it("hands all four values of the session to `s`, and prints none", () => {
    const { run = "" } = step("Deploy");
    const seen = join(folder, "alias.json");
    const { status, stdout } = ran(run, keys, `printf %s "$ci_serverless_devs_key" > ${seen}; echo "$@"`);
    expect(status).toBe(0);
    expect(stdout).toBe("s deploy -a ci_serverless_devs_key -y\n");
    expect(JSON.parse(readFileSync(seen, "utf8"))).toEqual({
      AccountID: keys.ALIBABA_CLOUD_ACCOUNT_ID,
      AccessKeyID: keys.ALIBABA_CLOUD_ACCESS_KEY_ID,
      AccessKeySecret: keys.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
      SecurityToken: keys.ALIBABA_CLOUD_SECURITY_TOKEN,
    });
  });

  it("the real `s` takes the account from that alias", () => {
    const { run = "" } = step("Deploy");
    const s = join(ROOT, "node_modules/.bin/s");
    const { status, stdout } = ran(
      run,
      { ...keys, OSS_BUCKET: "photos-prod" },
      `exec ${s} preview -t ${join(ROOT, "s.yaml")} -a "$4" -o json`,
      ROOT,
    );
    expect(status).toBe(0);
    expect(stdout).toContain(`acs:ram::${keys.ALIBABA_CLOUD_ACCOUNT_ID}:role/oss-valet-function`);
    expect(stdout).not.toContain(keys.ALIBABA_CLOUD_SECURITY_TOKEN);
  });
});

describe("its step Smoke", () => {
  const { run = "" } = step("Smoke");
  const echo = 'echo "npx $@ with $SMOKE_TOKEN"';

  it.each([
    [{ VALET_URL: "", SMOKE_TOKEN: "eyJ" }],
    [{ VALET_URL: "https://sts.example.com", SMOKE_TOKEN: "" }],
  ])("says that it was skipped with %j", (environment) => {
    const { status, stdout } = ran(run, environment, echo);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^::warning title=smoke was skipped::.*VALET_URL.*SMOKE_TOKEN/);
    expect(stdout).not.toContain("npx");
  });

  it("tries the deployment with the token", () => {
    const { stdout } = ran(run, { VALET_URL: "https://sts.example.com", SMOKE_TOKEN: "eyJa" }, echo);
    expect(stdout).toBe("npx valet smoke https://sts.example.com with eyJa\n");
  });

  it("fails when smoke fails, or when nobody can sign in", () => {
    const environment = { VALET_URL: "https://sts.example.com", SMOKE_TOKEN: "eyJa" };
    expect(ran(run, environment, "exit 1").status).toBe(1);
    expect(ran(run, environment, echo, projectWithSignIn("exit 3")).status).toBe(3);
  });

  it("prefers a fresh token of the project's own sign-in, and masks it in the log", () => {
    const { stdout } = ran(
      run,
      { VALET_URL: "https://sts.example.com", SMOKE_TOKEN: "old" },
      echo,
      projectWithSignIn("echo fresh"),
    );
    expect(stdout).toBe("::add-mask::fresh\nnpx valet smoke https://sts.example.com with fresh\n");
  });
});

function projectWithSignIn(script: string): string {
  const project = mkdtempSync(join(folder, "project-"));
  mkdirSync(join(project, ".github"));
  writeFileSync(join(project, ".github/sign-in.sh"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(project, ".github/sign-in.sh"), 0o755);
  return project;
}
