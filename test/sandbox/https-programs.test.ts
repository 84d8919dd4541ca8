import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { guideTo, sandboxLine } from "../../sandbox/guide.ts";
import { environmentsFor } from "../../sandbox/https/environment.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { addBucket } from "../../sandbox/world.ts";
import { requestOn, secured } from "../support/through-proxy.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;

let sandbox: Awaited<ReturnType<typeof startWithHttps>>;
const startWithHttps = () => startSandbox({ https: true });
beforeAll(async () => {
  sandbox = await startWithHttps();
});
afterAll(() => sandbox.stop());
beforeEach(() => void sandbox.world.journal.splice(0));

/** Runs a Node.js program, CommonJS, with the variables that the sandbox prints for Node.js. Returns what it prints. */
async function output(program: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], ...environmentsFor(sandbox.https)["Node.js"], ...environment },
  });
  return stdout;
}

describe("a Node.js program that is written for production", () => {
  it("assumes the role, writes, reads and shares an object, with three variables", async () => {
    const program = `
      const { default: Sts, AssumeRoleRequest } = require("@alicloud/sts20150401");
      const { $OpenApiUtil } = require("@alicloud/openapi-core");
      const OSS = require("ali-oss");
      (async () => {
        const sts = new Sts(new $OpenApiUtil.Config({
          accessKeyId: process.env.KEY_ID, accessKeySecret: process.env.KEY_SECRET, endpoint: "sts.cn-hangzhou.aliyuncs.com",
        }));
        const request = new AssumeRoleRequest({ roleArn: process.env.ROLE_ARN, roleSessionName: "alice" });
        const { accessKeyId, accessKeySecret, securityToken } = (await sts.assumeRole(request)).body.credentials;
        const store = new OSS({
          region: "oss-cn-hangzhou", bucket: "examplebucket", secure: true, authorizationV4: true,
          accessKeyId, accessKeySecret, stsToken: securityToken,
        });
        await store.put("hello.txt", Buffer.from("hello"));
        const { content } = await store.get("hello.txt");
        const shared = await fetch(store.signatureUrl("hello.txt"));
        console.log(String(content), shared.url.split("?")[0], shared.status);
      })();`;
    const { accessKeyId, accessKeySecret, roleArn } = sandbox;
    const printed = await output(program, {
      KEY_ID: accessKeyId,
      KEY_SECRET: accessKeySecret,
      ROLE_ARN: roleArn,
    });
    expect(printed).toBe("hello https://examplebucket.oss-cn-hangzhou.aliyuncs.com/hello.txt 200\n");
    expect(sandbox.world.journal.map(({ operation }) => operation)).toEqual([
      "AssumeRole",
      "PutObject",
      "GetObject",
      "GetObject",
    ]);
  });

  it("reaches nobody else, not even an address", async () => {
    const program = `
      const outcome = (url) => fetch(url).then(({ status }) => status, ({ cause }) => cause.code);
      Promise.all(["https://example.org/", "http://example.org/", "https://192.0.2.7/"].map(outcome)).then(console.log);`;
    expect(await output(program)).toBe("[ 'ECONNRESET', 403, 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' ]\n");
    expect(
      new Set(sandbox.world.journal.map(({ service, operation }) => `${service}: ${operation}`)),
    ).toEqual(
      new Set([
        "proxy: TLS for example.org",
        "proxy: GET http://example.org",
        "proxy: TLS for no server name",
      ]),
    );
  });

  it("does not take a name that begins with 127 for this machine", async () => {
    const program = `
      require("node:dns").lookup = (host, options, done) => done(new Error("looked up " + host));
      fetch("http://127.example.org/").then(({ status }) => console.log(status), ({ cause }) => console.log(cause.message));`;
    expect(await output(program)).toBe("403\n");
    expect(sandbox.world.journal).toMatchObject([
      { service: "proxy", operation: "GET http://127.example.org" },
    ]);
  });

  it("still reaches this machine, and what NO_PROXY names", async () => {
    const program = `
      const net = require("node:net");
      const dns = require("node:dns");
      const asked = [];
      dns.lookup = (host, options, done) => { asked.push(host); done(new Error("no network")); };
      (async () => {
        const { status } = await fetch(process.env.CONTROL + "/clock");
        for (const host of ["direct.example.org", "a.direct.example.org", "x.other.example.org"]) {
          await new Promise((resolve) => net.connect(443, host).once("error", resolve));
        }
        console.log(status, asked.join(" "));
      })();`;
    const printed = await output(program, {
      CONTROL: sandbox.control.url,
      NO_PROXY: "direct.example.org,.other.example.org",
    });
    expect(printed).toBe("200 direct.example.org a.direct.example.org x.other.example.org\n");
  });
});

describe("SOCKS, for Java", () => {
  it("connects to a name of the cloud", async () => {
    const { answer, socket } = await socksTo(byName("sts.aliyuncs.com", 443));
    expect(answer).toBe("connected");
    const inside = await secured(socket, { servername: "sts.aliyuncs.com", ca: ca() });
    expect((await requestOn(inside, { headers: { host: "sts.aliyuncs.com" } })).body).toContain(
      "MissingAction",
    );
  });

  it("takes the host from TLS or from the Host header when the client has an address of the hosts file", async () => {
    const placeholder = sandbox.https.hostsFile;
    expect(readFileSync(placeholder, "utf8")).toContain("\n192.0.2.1 sts.cn-hangzhou.aliyuncs.com\n");
    const secure = await socksTo(byAddress([192, 0, 2, 1], 443));
    const inside = await secured(secure.socket, { servername: "ram.aliyuncs.com", ca: ca() });
    expect((await requestOn(inside, { headers: { host: "ram.aliyuncs.com" } })).body).toContain(
      "MissingAction",
    );
    const plain = await socksTo(byAddress([192, 0, 2, 1], 80));
    const { body } = await requestOn(plain.socket, { headers: { host: "sts.aliyuncs.com" } });
    expect(body).toContain("MissingAction");
    expect(sandbox.world.journal.map(({ service }) => service)).toEqual(["ram", "sts"]);
  });

  it.each([
    ["another name", byName("example.org", 443), "SOCKS to example.org:443"],
    ["a longer name", byName("sts.aliyuncs.com.evil.com", 443), "SOCKS to sts.aliyuncs.com.evil.com:443"],
    ["another port", byName("sts.aliyuncs.com", 22), "SOCKS to sts.aliyuncs.com:22"],
    ["an address", byAddress([100, 100, 100, 200], 80), "SOCKS to 100.100.100.200:80"],
    ["another port of the hosts file's address", byAddress([192, 0, 2, 1], 22), "SOCKS to 192.0.2.1:22"],
    [
      "an IPv6 address",
      Buffer.from([5, 1, 0, 4, ...Array<number>(15).fill(0), 1, 1, 187]),
      "SOCKS to an IPv6 address:443",
    ],
  ])("refuses %s", async (_case, request, operation) => {
    expect(await socksTo(request)).toMatchObject({ answer: "refused" });
    expect(sandbox.world.journal.map((entry) => [entry.service, entry.operation])).toEqual([
      ["proxy", operation],
    ]);
  });

  it("cuts a client that wants anything but a connection", async () => {
    expect(await socksTo(Buffer.from([5, 2, 0, 1, 127, 0, 0, 1, 0, 80]))).toMatchObject({ answer: "cut" });
    expect(await socksTo(Buffer.from([4, 1, 0, 1]))).toMatchObject({ answer: "cut" });
  });

  it("has the buckets of the world in the hosts file, later ones too", async () => {
    const names = () => readFileSync(sandbox.https.hostsFile, "utf8").split("\n");
    expect(names()).toContain("192.0.2.1 examplebucket.oss-cn-hangzhou.aliyuncs.com");
    expect(names()).toContain("127.0.0.1 localhost");
    addBucket(sandbox.world, { name: "later-bucket", ownerId: sandbox.accountId, region: "ap-southeast-1" });
    await fetch(sandbox.oss.url.replace("localhost", "127.0.0.1"));
    await vi.waitFor(() =>
      expect(names()).toContain("192.0.2.1 later-bucket.oss-ap-southeast-1.aliyuncs.com"),
    );
  });

  it("is what the variable of Java says, beside the trust store", () => {
    const { proxy, trustStore, hostsFile } = sandbox.https;
    const { port } = new URL(proxy);
    expect(environmentsFor(sandbox.https)["Java"]).toEqual({
      JAVA_TOOL_OPTIONS: [
        `-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=${port}`,
        `-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=${port}`,
        `-DsocksProxyHost=127.0.0.1 -DsocksProxyPort=${port} -Djdk.net.hosts.file=${hostsFile}`,
        `-Djavax.net.ssl.trustStore=${trustStore} -Djavax.net.ssl.trustStorePassword=changeit`,
      ].join(" "),
    });
  });
});

describe("npm run sandbox -- --https", () => {
  it("prints one line of JSON with what --https adds, and removes its files on SIGTERM", async () => {
    const child = spawn(process.execPath, ["--import", "tsx", MAIN, "sandbox", "--https", "--json"], {
      stdio: "pipe",
    });
    let complaints = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const printed = JSON.parse(line) as Record<string, string>;
      const local = expect.stringMatching(/^https:\/\/(127\.0\.0\.1|localhost):\d+$/);
      expect(printed).toMatchObject({
        sts: expect.stringMatching(/^http:/),
        https: { sts: local, oss: local, ram: local, fc: local, issuer: local },
        proxy: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        trustStorePassword: "changeit",
        environment: { HTTPS_PROXY: printed["proxy"], NO_PROXY: "127.0.0.1,localhost" },
      });
      const files = [printed["caCertificate"], printed["trustStore"], printed["hostsFile"]] as string[];
      expect(files.map((file) => existsSync(file))).toEqual([true, true, true]);
      await fetch(printed["proxy"] ?? "");
      await vi.waitFor(() => expect(complaints).toMatch(/^proxy: refused GET \/: this is a proxy/));
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
      expect(files.map((file) => existsSync(file))).toEqual([false, false, false]);
      expect(line + complaints).not.toMatch(/PRIVATE KEY|BEGIN/);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("tells a person the variables of each language, and never to trust the certificate system-wide", () => {
    const told = guideTo(sandbox);
    for (const [language, environment] of Object.entries(environmentsFor(sandbox.https))) {
      const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
      expect(told).toContain(`# ${language}\n${lines.join("\n")}\n`);
    }
    expect(told).toContain("never add it to your system");
  });

  it("leaves the line and the text as they are without it", async () => {
    const plain = await startSandbox();
    expect(Object.keys(sandboxLine(plain))).toEqual([
      ...["sts", "oss", "ram", "fc", "issuer", "control", "sls"],
      ...["accountId", "accessKeyId", "accessKeySecret", "roleArn", "bucket", "region"],
    ]);
    expect(guideTo(plain)).not.toContain("export ");
    await plain.stop();
  });
});

function ca(): string {
  return readFileSync(sandbox.https.caCertificate, "utf8");
}

/** A CONNECT of SOCKS 5 by name. */
function byName(host: string, port: number): Buffer {
  return Buffer.concat([
    Buffer.from([5, 1, 0, 3, host.length]),
    Buffer.from(host),
    Buffer.from([port >> 8, port & 255]),
  ]);
}

function byAddress(address: readonly number[], port: number): Buffer {
  return Buffer.from([5, 1, 0, 1, ...address, port >> 8, port & 255]);
}

/** What a SOCKS client gets for its request. */
async function socksTo(
  request: Buffer,
): Promise<{ readonly answer: "connected" | "refused" | "cut"; readonly socket: Socket }> {
  const socket = connect(Number(new URL(sandbox.https.proxy).port), "127.0.0.1");
  // "No authentication" and "user name and password", as Java sends it.
  socket.write(Buffer.from([5, 2, 0, 2]));
  const greeting = await bytesOf(socket, 2);
  expect(greeting).toEqual(Buffer.from([5, 0]));
  socket.write(request);
  const reply = await bytesOf(socket, 10);
  return { answer: reply === undefined ? "cut" : reply[1] === 0 ? "connected" : "refused", socket };
}

async function bytesOf(socket: Socket, count: number): Promise<Buffer | undefined> {
  for (;;) {
    const bytes: Buffer | null = socket.read(count);
    if (bytes !== null) return bytes.length === count ? bytes : undefined;
    if (socket.destroyed || socket.readableEnded) return undefined;
    await Promise.race([once(socket, "readable"), once(socket, "close")]);
  }
}
