import { type ChildProcess, exec, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { guideTo } from "../../sandbox/guide.ts";
import { type LoopbackServer, loopbackServer } from "../../sandbox/http.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { deploy } from "../support/fc-function.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;

describe("a sandbox in process", () => {
  it("answers at every address, on the loopback interface alone, until it is stopped", async () => {
    const sandbox = await startSandbox();
    const urls = [sandbox.sts, sandbox.oss, sandbox.ram, sandbox.fc, sandbox.issuer, sandbox.control].map(
      ({ url }) => url,
    );
    for (const url of urls) {
      expect(url).toMatch(/^http:\/\/(127\.0\.0\.1|localhost):\d+$/);
      expect((await fetch(url)).status).toBeGreaterThanOrEqual(400);
    }
    await sandbox.stop();
    for (const url of urls) await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("shares nothing with another one", async () => {
    const [one, other] = [await startSandbox(), await startSandbox()];
    try {
      expect(one.accessKeyId).not.toBe(other.accessKeyId);
      expect(one.issuer.jwks()).not.toEqual(other.issuer.jwks());
      one.clock.advance(3_600_000);
      expect(one.clock.nowMs() - other.clock.nowMs()).toBeGreaterThanOrEqual(3_599_000);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });

  it("takes consecutive ports, all or none of them", async () => {
    const taken = await serverBehindFreePort();
    const port = taken.port - 1;
    try {
      await expect(startSandbox({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
      const again = await loopbackServer(port);
      await again.close();
    } finally {
      await taken.close();
    }
  });

  it("has no function until one is deployed, which runs with the function's role", async () => {
    const sandbox = await startSandbox();
    try {
      const response = await fetch(`${sandbox.fc.url}/credentials`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ Code: "FunctionNotFound" });

      const code =
        "exports.handler = async (event, context) => ({ statusCode: 200, body: context.credentials.accessKeyId });";
      const { target } = await deploy(code, { roleArn: sandbox.functionRoleArn }, {}, sandbox.world);
      sandbox.deploy([target]);
      const answer = await fetch(`${sandbox.fc.url}/credentials`);
      const session = sandbox.world.sessions.get(await answer.text());
      expect(session?.role.name).toBe("oss-valet-function");
    } finally {
      await sandbox.stop();
    }
  });
});

describe("npm run sandbox", () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  const run = (...args: readonly string[]) => {
    const child = spawn(process.execPath, ["--import", "tsx", MAIN, "sandbox", ...args], { stdio: "pipe" });
    children.push(child);
    return child;
  };

  it("prints one line of JSON once it answers, and ends on SIGINT with 0", async () => {
    const child = run("--json");
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const printed = JSON.parse(line) as Record<string, string>;
    expect(printed).toMatchObject({
      accountId: "1234567890123456",
      accessKeyId: expect.stringMatching(/^LTAI/),
      accessKeySecret: expect.any(String),
      roleArn: "acs:ram::1234567890123456:role/ramosstest",
      bucket: "examplebucket",
      region: "cn-hangzhou",
    });
    for (const service of ["sts", "oss", "ram", "fc", "issuer", "control"]) {
      expect((await fetch(printed[service] ?? "")).status).toBeGreaterThanOrEqual(400);
    }
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("tells a person lines that work as they stand", async () => {
    const sandbox = await startSandbox();
    try {
      const lines = guideTo(sandbox)
        .split("\n")
        .filter((line) => /^(node|curl) /.test(line));
      const answers = await Promise.all(lines.map((line) => promisify(exec)(line, { cwd: ROOT })));
      expect(answers.map(({ stdout }) => stdout)).toEqual([
        expect.stringMatching(/accessKeyId: 'STS\./),
        "200\n",
        expect.stringMatching(/"access_token":"[\w-]+\.[\w-]+\.[\w-]+"/),
      ]);
    } finally {
      await sandbox.stop();
    }
  });

  it.each([
    [["--seed", "/nowhere/seed.yaml"], /^valet sandbox: --seed \/nowhere\/seed\.yaml cannot be read: ENOENT/],
    [["--jsn"], /unknown option --jsn\. Did you mean --json\?/],
    [["--port", "70000"], /--port is "70000"; write a number from 0 to 65000\n$/],
    [["--seed"], /--seed needs a value: --seed FILE/],
    [["extra"], /unexpected argument "extra"/],
  ])("does not understand %j", async (args, message) => {
    const child = run(...args);
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    expect(await once(child, "close")).toEqual([2, null]);
    expect(stderr).toMatch(message);
  });
});

/** A server whose port has a free one before it. */
async function serverBehindFreePort(): Promise<LoopbackServer> {
  for (;;) {
    const server = await loopbackServer();
    try {
      await (await loopbackServer(server.port - 1)).close();
      return server;
    } catch {
      await server.close();
    }
  }
}
