import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { printerFor } from "../../../../cli/sidecar/printed.ts";
import { valet } from "../../../../cli/valet.ts";

const folder = mkdtempSync(join(tmpdir(), "valet-sidecar-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ENDPOINT = ["--endpoint", "https://sts.example.com/credentials"];
const TOKEN = ["--app-token-command", "./sign-in"];

/** Standard output must stay empty: a program may read it. */
async function wrong(...args: readonly string[]): Promise<string> {
  const errors: string[] = [];
  const outs: string[] = [];
  const code = await valet(["sidecar", ...args], {
    environment: {},
    out: (text) => void outs.push(text),
    error: (text) => void errors.push(text),
    ask: undefined,
    question: undefined,
    colour: false,
    nowMs: Date.now,
    wait: async () => undefined,
  });
  expect([code, outs]).toEqual([2, []]);
  return errors.join("\n");
}

describe("sidecar, called wrongly, says what to write", () => {
  it.each([
    [[], "needs --endpoint URL, e.g. --endpoint https://sts.example.com/credentials"],
    [
      ["--endpoint", "sts.example.com"],
      '"sts.example.com" is not a URL; write the endpoint: https://sts.example.com/credentials',
    ],
    [
      ["--endpoint", "http://sts.example.com/credentials"],
      "--endpoint: write https:// and a host (http:// only for a loopback address)",
    ],
    [
      ENDPOINT,
      "needs the App token: write --app-token-command 'COMMAND' or --app-token-file FILE. A list of processes shows options to everybody, so no option takes the token itself",
    ],
    [[...ENDPOINT, "--app-token", "a.b.c"], "unknown option --app-token. Did you mean --app-token-file?"],
    [
      [...ENDPOINT, ...TOKEN, "--app-token-file", "token"],
      "takes one of --app-token-command and --app-token-file, not both",
    ],
    [
      [...ENDPOINT, "--app-token-command", " "],
      "--app-token-command is empty; write a command that prints the App token",
    ],
    [[...ENDPOINT, "--app-token-file", ""], "--app-token-file is empty; write the path of a file"],
    [
      [...ENDPOINT, "--app-token-file", "/none/token"],
      "--app-token-file /none/token cannot be read (ENOENT): write the path of a file",
    ],
    [
      [...ENDPOINT, ...TOKEN, "--port", "65536"],
      '--port is "65536"; write a number from 1 to 65535, or 0 for a free port',
    ],
    [
      [...ENDPOINT, ...TOKEN, "--port", "0.0.0.0:80"],
      '--port is "0.0.0.0:80"; write a number from 1 to 65535, or 0 for a free port',
    ],
    [[...ENDPOINT, ...TOKEN, "--print", "aliyun"], '--print is "aliyun"; write aliyun-cli or env'],
    [
      [...ENDPOINT, ...TOKEN, "--print", "env", "--json"],
      "takes either --print or --json: --print serves nothing, so there is no address",
    ],
    [[...ENDPOINT, ...TOKEN, "--prefix", "photos"], '--prefix must end in "/"; write "photos/"'],
    [[...ENDPOINT, ...TOKEN, "--permissions", "reed"], '--permissions is "reed"; write read'],
    [
      [...ENDPOINT, ...TOKEN, "--duration", "60"],
      "--duration must be a whole number of seconds, 900 or more",
    ],
  ])("%j", async (args, message) => {
    expect(await wrong(...args)).toBe(`valet sidecar: ${message}`);
  });

  it("a port that another program has", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const port = (other.address() as { readonly port: number }).port;
    try {
      expect(await wrong(...ENDPOINT, ...TOKEN, "--port", String(port))).toBe(
        `valet sidecar: --port ${port} is taken; write another one, or 0 for a free one`,
      );
    } finally {
      other.close();
    }
  });

  it("and warns of a token that other users may read", async () => {
    const file = join(folder, "token");
    writeFileSync(file, "a.b.c");
    chmodSync(file, 0o644);
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { readonly port: number };
    try {
      expect(await wrong(...ENDPOINT, "--app-token-file", file, "--port", String(port))).toContain(
        `warning: other users of this machine may read the App token: chmod 600 ${file}\n`,
      );
    } finally {
      other.close();
    }
  });
});

describe("--print", () => {
  const CREDENTIALS = {
    accessKeyId: "STS.key",
    accessKeySecret: "it's $secret",
    securityToken: 'to"ken',
  } as Parameters<ReturnType<typeof printerFor>>[0];

  it("aliyun-cli is a profile with the keys of aliyun-cli, in one line", () => {
    const text = printerFor("aliyun-cli")(CREDENTIALS);
    expect(text).not.toContain("\n");
    expect(JSON.parse(text)).toEqual({
      mode: "StsToken",
      access_key_id: "STS.key",
      access_key_secret: "it's $secret",
      sts_token: 'to"ken',
    });
  });

  it("env is lines for a shell, in which nothing is special", () => {
    expect(printerFor("env")(CREDENTIALS).split("\n")).toEqual([
      "export ALIBABA_CLOUD_ACCESS_KEY_ID='STS.key'",
      "export ALIBABA_CLOUD_ACCESS_KEY_SECRET='it'\\''s $secret'",
      "export ALIBABA_CLOUD_SECURITY_TOKEN='to\"ken'",
      "export OSS_ACCESS_KEY_ID='STS.key'",
      "export OSS_ACCESS_KEY_SECRET='it'\\''s $secret'",
      "export OSS_SESSION_TOKEN='to\"ken'",
    ]);
  });

  it.each(["constructor", "__proto__", ""])("%j is no form", (form) => {
    expect(() => printerFor(form)).toThrow(`--print is ${JSON.stringify(form)}; write aliyun-cli or env`);
  });
});
