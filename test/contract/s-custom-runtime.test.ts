import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { build } from "../../cli/build/build.ts";
import { configFrom } from "../../functions/credentials/config.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { openSession } from "../../sandbox/sts/session.ts";
import type { DownloadsBody } from "../../shared/wire.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string) => parse(readFileSync(join(ROOT, name), "utf8"), { merge: true });
const FILE = read("s-custom-runtime.yaml");
const BUILT_IN = read("s.yaml").resources;
const PROPS = FILE.resources.credentials.props;

const codeDir = mkdtempSync(join(tmpdir(), "oss-valet-web-"));
let sandbox: Sandbox;
let web: { readonly url: string; stop(): Promise<number | null> };

beforeAll(async () => {
  sandbox = await startSandbox();
  await build({ outDir: codeDir, content: access() });
  web = await started(codeDir);
});

afterAll(async () => {
  await web?.stop();
  await sandbox?.stop();
  rmSync(codeDir, { recursive: true, force: true });
});

describe.each(["credentials", "uploads"])("s-custom-runtime.yaml, %s", (name) => {
  const PROPS = FILE.resources[name].props;

  it("is s.yaml but for what makes it a web function", () => {
    expect(FILE.extend).toBe("./s.yaml");
    expect(Object.keys(FILE.resources)).toEqual(Object.keys(BUILT_IN));
    expect(Object.keys(FILE.resources[name])).toEqual(["props"]);
    expect(Object.keys(PROPS)).toEqual([
      "functionName",
      "runtime",
      "customRuntimeConfig",
      "instanceConcurrency",
      "concurrencyConfig",
    ]);
    expect(PROPS.functionName).not.toBe(BUILT_IN[name].props.functionName);
  });

  it("starts a file of the build, with an absolute path to the image's Node", () => {
    expect(PROPS.runtime).toBe("custom.debian10");
    expect(PROPS.customRuntimeConfig.command).toEqual(["/var/fc/lang/nodejs20/bin/node"]);
    expect(PROPS.customRuntimeConfig.args).toEqual(["server.js"]);
  });

  it("serves on the port and at every address, as FC wants it, where no setting says otherwise", () => {
    const inFc = configFrom({ ...SETTINGS, FC_FUNCTION_NAME: PROPS.functionName }, read("access.yaml"), {
      secretKeysFrom: unused,
      publicKeysFrom: unused,
    });
    expect([inFc.host, inFc.port]).toEqual(["0.0.0.0", PROPS.customRuntimeConfig.port]);
  });

  it("stays within FC's 200 requests an instance, and serves more at a time than s.yaml", () => {
    expect(PROPS.instanceConcurrency).toBeLessThanOrEqual(200);
    const atATime = PROPS.instanceConcurrency * PROPS.concurrencyConfig.reservedConcurrency;
    expect(atATime).toBeGreaterThan(BUILT_IN[name].props.concurrencyConfig.reservedConcurrency);
  });
});

describe("what it starts", () => {
  it("answers the health check within its time, without a call to anybody", async () => {
    const { httpGetUrl, timeoutSeconds } = PROPS.customRuntimeConfig.healthCheckConfig;
    const before = sandbox.world.journal.length;
    const response = await fetch(`${web.url}${httpGetUrl}`, {
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    expect([response.status, await response.json()]).toMatchObject([200, { Status: "ok" }]);
    expect(sandbox.world.journal).toHaveLength(before);
  });

  it("vends to a hundred users at a time, each their own folder, with the credentials that FC hands out", async () => {
    const users = Array.from({ length: PROPS.instanceConcurrency }, (_, index) => `user-${index}`);
    const answers = await Promise.all(users.map((sub) => asked(sub, roleHeaders())));
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 200));
    expect(answers.map(({ body }) => body["KeyPrefix"])).toEqual(users.map((sub) => `users/${sub}/`));
    expect(new Set(answers.map(({ body }) => body["AccessKeyId"]))).toHaveProperty("size", users.length);
    for (const { body } of answers) {
      const policy = sandbox.world.sessions.get(String(body["AccessKeyId"]))?.policy;
      expect(policy).toContain(`/${String(body["KeyPrefix"])}*`);
    }
  });

  it("repeats FC's request id, so that FC's log and the audit line meet", async () => {
    const { body } = await asked("alice", { ...roleHeaders(), "x-fc-request-id": "1-6922f0a1-0c9f4a1d" });
    expect(body["RequestId"]).toBe("1-6922f0a1-0c9f4a1d");
  });

  it("leaves forms to the function with a role for them, which signs with the keys that come with each request", async () => {
    expect((await fetch(`${web.url}/uploads`, { method: "POST" })).status).toBe(404);

    const folder = mkdtempSync(join(tmpdir(), "oss-valet-uploads-web-"));
    await build({ outDir: folder, content: access(), function: "uploads" });
    const uploads = await started(folder, { FC_FUNCTION_NAME: FILE.resources.uploads.props.functionName });
    const key = "users/alice/a.txt";
    const asked = (headers: Readonly<Record<string, string>>) =>
      fetch(`${uploads.url}/downloads`, {
        method: "POST",
        headers: { ...headers, Authorization: `Bearer ${sandbox.issuer.token({ sub: "alice" })}` },
        body: JSON.stringify({ keys: [key] }),
      });
    const keys = roleHeaders("oss-valet-uploads");
    const { Downloads: downloads } = (await (await asked(keys)).json()) as DownloadsBody;
    const url = new URL(String(downloads[0]?.Url));
    expect(url.searchParams.get("x-oss-credential")).toContain(`${keys["x-fc-access-key-id"]}/`);
    // The URL is good: OSS looks for the object, and there is none.
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${uploads.url}/credentials`)).status).toBe(404);
    expect(await uploads.stop()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  it("lets an idle connection live through a freeze", async () => {
    const response = await fetch(`${web.url}/healthz`);
    // "timeout=5" here would be Node's default: the first POST after a freeze would meet a closed socket (502).
    expect(response.headers.get("keep-alive")).toBeNull();
    expect(response.headers.get("connection")).toBe("keep-alive");
  });

  it("ends in order when FC stops the instance", async () => {
    const another = await started(codeDir);
    expect((await fetch(`${another.url}/healthz`)).status).toBe(200);
    expect(await another.stop()).toBe(0);
  });
});

const SETTINGS = {
  OSS_ROLE_ARN: "acs:ram::1234567890123456:role/ramosstest",
  OSS_BUCKET: "examplebucket",
  OSS_REGION: "cn-hangzhou",
};

function access(): object {
  const { issuer } = sandbox;
  return {
    issuers: [{ name: "login", issuer: issuer.url, audience: issuer.audience, jwks: issuer.jwksUrl }],
    rules: [{ name: "own folder", allow: ["read", "write"], prefix: "users/{sub}/" }],
  };
}

function unused(): never {
  throw new Error("no issuer has a fixed key");
}

/** The command of the file, with this machine's Node, as FC would start it; on loopback alone. */
async function started(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<typeof web> {
  const child = spawn(process.execPath, PROPS.customRuntimeConfig.args, {
    cwd: folder,
    env: {
      ...SETTINGS,
      OSS_ENDPOINT: sandbox.oss.url,
      OSS_ROLE_ARN: sandbox.roleArn,
      STS_ENDPOINT: sandbox.sts.url,
      FC_FUNCTION_NAME: PROPS.functionName,
      FC_SERVER_PORT: "0",
      HOST: "127.0.0.1",
      ...environment,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (address === undefined) reject(new Error(line));
      else resolve(address);
    });
  });
  return {
    url,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** What FC adds to each request of a function with a role. */
function roleHeaders(name = "oss-valet-function"): Readonly<Record<string, string>> {
  const role = sandbox.world.accounts.get(sandbox.accountId)?.roles.get(name);
  if (role === undefined) throw new Error("the sandbox has no such role");
  const session = openSession(sandbox.world, {
    accountId: sandbox.accountId,
    role,
    name: "fc",
    policy: undefined,
    sourceIdentity: undefined,
    durationSeconds: 36 * 3600,
  });
  return {
    "x-fc-access-key-id": session.accessKeyId,
    "x-fc-access-key-secret": session.accessKeySecret,
    "x-fc-security-token": session.securityToken,
  };
}

async function asked(sub: string, headers: Readonly<Record<string, string>>) {
  const response = await fetch(`${web.url}/credentials`, {
    headers: { ...headers, Authorization: `Bearer ${sandbox.issuer.token({ sub })}` },
  });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}
