import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";

/** CommonJS: its default export is a member for TypeScript, and the class itself for some loaders. */
const { default: Credential, Config } = createRequire(import.meta.url)(
  "@alicloud/credentials",
) as typeof import("@alicloud/credentials");

const folder = mkdtempSync(join(tmpdir(), "valet-sidecar-flow-"));
const TOKEN_FILE = join(folder, "app-token");

let stage: Stage;
const running: ChildProcess[] = [];

beforeAll(async () => {
  stage = await startStage({ port: 0, orFree: true });
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  stage.sandbox.faults.clear();
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await stage.stop();
});

type Sdk = InstanceType<typeof Credential>;

interface Running {
  readonly uri: string;
  readonly child: ChildProcess;
  /** What it has said on standard error. */
  readonly said: () => string;
}

function commandLine(...args: readonly string[]): string[] {
  return ["--import", "tsx", "cli/main.ts", "sidecar", "--endpoint", stage.credentialsUrl, ...args];
}

async function started(...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, commandLine("--json", ...args), {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { credentialsUri, ...rest } = JSON.parse(line) as { readonly credentialsUri: string };
  expect(rest).toEqual({});
  return { uri: credentialsUri, child, said: () => said };
}

function tokenInFile(user: string, seconds = 3600): readonly string[] {
  writeFileSync(TOKEN_FILE, `${appTokenFor(stage, user, { seconds })}\n`);
  chmodSync(TOKEN_FILE, 0o600);
  return ["--app-token-file", TOKEN_FILE];
}

function vends(): number {
  return stage.sandbox.world.journal.filter(({ service }) => service === "sts").length;
}

async function keysOf(credential: Sdk): Promise<string> {
  return (await credential.getCredential()).accessKeyId ?? "";
}

function sdkAt(uri: string): Sdk {
  return new Credential(new Config({ type: "credentials_uri", credentialsURI: uri }));
}

describe("the sidecar", () => {
  it("gives the SDK for Node.js the user's credentials, and vends once for 50 uses at once and one after another", async () => {
    const before = vends();
    const { uri } = await started(...tokenInFile("alice"));
    const clients = Array.from({ length: 25 }, () => sdkAt(uri));
    const keys = await Promise.all(clients.map(keysOf));
    for (const client of clients) keys.push(await keysOf(client));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^STS\./);
    expect(vends() - before).toBe(1);
  });

  it("asks only for what the options say", async () => {
    const { uri, said } = await started(
      ...tokenInFile("alice"),
      ...["--prefix", "users/alice/photos/", "--permissions", "read", "--duration", "900"],
    );
    const before = stage.sandbox.clock.nowMs();
    const { Expiration } = (await (await fetch(uri)).json()) as { readonly Expiration: string };
    expect(Date.parse(Expiration) - before).toBeGreaterThan(890_000);
    expect(Date.parse(Expiration) - before).toBeLessThanOrEqual(905_000);
    await expect.poll(said).toContain("new credentials: users/alice/photos/ (read)");
    expect(said()).toContain("warning: the credentials live for 900 s");
  });

  it("reads the token's file again: a token that has expired is replaced without a restart", async () => {
    const { uri, said } = await started(...tokenInFile("alice", -60));
    const refused = await fetch(uri);
    expect([refused.status, await refused.json()]).toEqual([
      401,
      {
        StatusCode: "401",
        Code: "TokenExpired",
        Message: "The App token has expired.",
        RequestId: expect.any(String),
      },
    ]);
    tokenInFile("alice");
    expect((await fetch(uri)).status).toBe(200);
    expect(said()).not.toContain(new URL(uri).pathname.slice(1));
  });

  it("asks the command once more after a 401, and the command knows", async () => {
    const [good, expired] = [3600, -60].map((seconds) => appTokenFor(stage, "alice", { seconds }));
    const line = `if [ "$OSS_VALET_TOKEN_REFUSED" = 1 ]; then echo ${good}; else echo ${expired}; fi`;
    const { uri } = await started("--app-token-command", line);
    expect((await fetch(uri)).status).toBe(200);
  });

  it("tells an SDK of an error without a secret in it", async () => {
    const { uri } = await started("--app-token-command", "echo not a token; exit 7");
    const failure = await keysOf(sdkAt(uri)).catch((error: Error) => error.message);
    expect(failure).toContain("AppTokenFailed");
    expect(failure).toContain("the command of --app-token-command ended with exit code 7");
    expect(failure).not.toContain("not a token");
  });

  it.each(["SIGTERM", "SIGINT"] as const)("stops on %s, with exit code 0", async (signal) => {
    const { child, uri } = await started(...tokenInFile("alice"));
    expect((await fetch(uri)).status).toBe(200);
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([0, null]);
    await expect(fetch(uri)).rejects.toThrow("fetch failed");
  });

  it("stops at once while it waits to try again", async () => {
    stage.sandbox.faults.add({ service: "sts", fault: { kind: "throttle" } });
    // A user for whom the function has kept no credentials.
    const { child, said } = await started(...tokenInFile("carol"));
    await expect.poll(said).toContain("StsThrottled");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("--print", () => {
  it("gives aliyun-cli's External mode one line of JSON, and nothing else on standard output", async () => {
    const { code, out } = await printed(...tokenInFile("alice"), "--print", "aliyun-cli");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      mode: "StsToken",
      access_key_id: expect.stringMatching(/^STS\./),
      access_key_secret: expect.any(String),
      sts_token: expect.any(String),
    });
  });

  it("prints nothing and ends with 1 when the function refuses", async () => {
    const { code, out, said } = await printed(...tokenInFile("alice", -60), "--print", "env");
    expect([code, out]).toEqual([1, ""]);
    expect(said).toContain("valet sidecar: TokenExpired: The App token has expired.");
  });
});

async function printed(...args: readonly string[]) {
  const child = spawn(process.execPath, commandLine(...args), { stdio: ["ignore", "pipe", "pipe"] });
  const texts = { out: "", said: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    texts.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    texts.said += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, ...texts };
}
