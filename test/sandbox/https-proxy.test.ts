import { readFileSync } from "node:fs";
import { connect, Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { classicWorld } from "../../sandbox/classic-world.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import {
  httpsThroughProxy,
  plainThroughProxy,
  requestOn,
  secured,
  tunnelTo,
} from "../support/through-proxy.ts";

const said: string[] = [];
let sandbox: Awaited<ReturnType<typeof startWithHttps>>;
let proxy: string;
let ca: string;
beforeAll(async () => {
  sandbox = await startWithHttps();
  proxy = sandbox.https.proxy;
  ca = readFileSync(sandbox.https.caCertificate, "utf8");
});
afterAll(() => sandbox.stop());
beforeEach(() => {
  sandbox.world.journal.splice(0);
  said.splice(0);
});

function startWithHttps() {
  return startSandbox({
    https: true,
    say: (line) => said.push(line),
    world: (world) => {
      const scene = classicWorld(world);
      scene.bucket.hosts.push("photos.example.com");
      return scene;
    },
  });
}

/** Hosts that the sandbox, or the test, opened connections to. */
const connectedTo = new Set<string | undefined>();
beforeEach(() => {
  connectedTo.clear();
  const { connect: open } = Socket.prototype;
  vi.spyOn(Socket.prototype, "connect").mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [first] = args;
    const [options] = (Array.isArray(first) ? first : args) as [{ readonly host?: string }];
    connectedTo.add(options.host);
    return open.apply(this, args as Parameters<typeof open>);
  });
});
afterEach(() => {
  expect(connectedTo).toEqual(new Set(["127.0.0.1"]));
  vi.restoreAllMocks();
});

/** What the journal has of the proxy's refusals. */
function refusals() {
  return sandbox.world.journal
    .filter(({ service }) => service === "proxy")
    .map(({ operation, status, code }) => ({ operation, status, code }));
}

describe("the cloud's names through the proxy", () => {
  it.each([
    ["sts.aliyuncs.com", "sts"],
    ["sts.cn-hangzhou.aliyuncs.com", "sts"],
    ["sts-vpc.ap-southeast-1.aliyuncs.com", "sts"],
    ["ram.aliyuncs.com", "ram"],
    ["oss-cn-hangzhou.aliyuncs.com", "oss"],
    ["examplebucket.oss-cn-hangzhou.aliyuncs.com", "oss"],
    ["any-other-bucket.oss-us-west-1.aliyuncs.com", "oss"],
    ["examplebucket.oss-cn-hangzhou-internal.aliyuncs.com", "oss"],
    ["examplebucket.oss-accelerate.aliyuncs.com", "oss"],
    ["examplebucket.oss-accelerate-overseas.aliyuncs.com", "oss"],
    ["examplebucket.cn-hangzhou.oss.aliyuncs.com", "oss"],
    // A bucket may be called like a service.
    ["sts.oss-cn-hangzhou.aliyuncs.com", "oss"],
    ["photos.example.com", "oss"],
    ["1234567890123456.cn-hangzhou.fc.aliyuncs.com", "fc"],
    ["1234567890123456.cn-hangzhou-internal.fc.aliyuncs.com", "fc"],
    ["fcv3.cn-hangzhou.aliyuncs.com", "fc"],
    ["fc-open.cn-hangzhou.aliyuncs.com", "fc"],
    ["credentials-abcdefgh.cn-hangzhou.fcapp.run", "fc"],
  ])("%s is %s, over https and in plain text", async (host, service) => {
    expect(await httpsThroughProxy(proxy, host, { ca })).toMatchObject({ status: expect.any(Number) });
    expect(await plainThroughProxy(proxy, `http://${host}/`)).toMatchObject({ status: expect.any(Number) });
    expect(sandbox.world.journal.map((entry) => entry.service)).toEqual([service, service]);
  });

  it("takes names in upper case, as DNS does", async () => {
    const { socket } = await tunnelTo(proxy, "STS.Aliyuncs.com:443");
    const inside = await secured(socket, { servername: "sts.aliyuncs.com", ca });
    const { body } = await requestOn(inside, { headers: { host: "STS.aliyuncs.com" } });
    expect(body).toContain("MissingAction");
  });

  it("takes plain HTTP inside a tunnel to port 80", async () => {
    const { socket } = await tunnelTo(proxy, "sts.aliyuncs.com:80");
    const { body } = await requestOn(socket, { headers: { host: "sts.aliyuncs.com" } });
    expect(body).toContain("MissingAction");
  });

  it("serves several requests on one plain connection, each at its own service", async () => {
    const socket = connect(Number(new URL(proxy).port), "127.0.0.1");
    const get = (url: string, host: string) => `GET ${url} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    socket.write(get("http://sts.aliyuncs.com/", "sts.aliyuncs.com"));
    socket.write(get("http://photos.example.com:80/a.jpg", "photos.example.com:80"));
    await vi.waitFor(() => expect(sandbox.world.journal).toHaveLength(2));
    socket.destroy();
    expect(new Set(sandbox.world.journal.map(({ service }) => service))).toEqual(new Set(["sts", "oss"]));
  });
});

const NOT_OURS = [
  ["example.org"],
  ["aliyuncs.com"],
  ["evilaliyuncs.com"],
  ["sts.aliyuncs.com.evil.com"],
  ["sts.evilaliyuncs.com"],
  ["sts.aliyuncs.com."],
  ["xsts.aliyuncs.com"],
  ["a.sts.aliyuncs.com"],
  ["ecs.aliyuncs.com"],
  ["ecs.cn-hangzhou.aliyuncs.com"],
  ["a.b.oss-cn-hangzhou.aliyuncs.com"],
  ["oss-cn-hangzhou.aliyuncs.com.cn"],
  ["oss-cn-hangzhou.aliyuncsxcom"],
  ["fcapp.run"],
  ["cn-hangzhou.fcapp.run"],
  ["www.photos.example.com"],
  ["photos.example.com.evil.com"],
  ["localhost"],
  ["127.0.0.1"],
  ["100.100.100.200"],
  ["0x7f.1"],
  ["xn--sts-.aliyuncs.com"],
  ["sts.aliyuncs.com%00.evil.com"],
] as const;

describe("every other name", () => {
  it.each(NOT_OURS)(
    "%s: 403 for CONNECT, with a sentence, in the journal and at the terminal",
    async (host) => {
      const { status, body } = await tunnelTo(proxy, `${host}:443`);
      expect(status).toBe(403);
      expect(body).toBe(
        `The sandbox's proxy refuses this request: ${host} is not a name of STS, RAM, OSS or FC, nor a bucket's own, and no request leaves this machine.\n`,
      );
      expect(refusals()).toEqual([{ operation: `CONNECT ${host}:443`, status: 403, code: "NotServed" }]);
      expect(said).toEqual([
        expect.stringMatching(/^proxy: refused CONNECT .* no request leaves this machine$/),
      ]);
    },
  );

  it.each(NOT_OURS)("http://%s/: 403 in plain text", async (host) => {
    const { status } = await plainThroughProxy(proxy, `http://${host}/secret?Signature=abc`);
    expect(status).toBe(403);
    expect(refusals()).toEqual([{ operation: `GET http://${host}`, status: 403, code: "NotServed" }]);
  });

  it.each([
    ["sts.aliyuncs.com:8443", "port 8443 is not 443 or 80"],
    ["sts.aliyuncs.com:0443", "port 0443 is not 443 or 80"],
    ["sts.aliyuncs.com", "it is not a host name and a port"],
    ["user@sts.aliyuncs.com:443", "it is not a host name and a port"],
    ["[::1]:443", "it is not a host name and a port"],
  ])("CONNECT %s: 403, %s", async (authority, problem) => {
    expect(await tunnelTo(proxy, authority)).toMatchObject({
      status: 403,
      body: `The sandbox's proxy refuses this request: ${problem}.\n`,
    });
  });

  it.each([
    ["http://sts.aliyuncs.com:8080/", {}, "port 8080 of http is not 80"],
    ["https://sts.aliyuncs.com/", { host: "sts.aliyuncs.com" }, "a proxy gets https with CONNECT"],
    [
      "ftp://sts.aliyuncs.com/",
      { host: "sts.aliyuncs.com" },
      "it is not an address that begins with http://",
    ],
    [
      "http://user:pw@sts.aliyuncs.com/",
      { host: "sts.aliyuncs.com" },
      "it is not an address that begins with http://",
    ],
    ["http://sts.aliyuncs.com/", { host: "evil.com" }, "its Host header names another host"],
    ["http://sts.aliyuncs.com/", { host: "ram.aliyuncs.com" }, "its Host header names another host"],
    ["http://sts.aliyuncs.com/", { host: ["sts.aliyuncs.com", "evil.com"] }, "it needs one Host header"],
    ["/", { host: "127.0.0.1:9006" }, "this is a proxy: set HTTPS_PROXY and HTTP_PROXY to this address"],
  ])("GET %s with %j: 400, %s", async (target, headers, problem) => {
    expect(await plainThroughProxy(proxy, target, { headers })).toMatchObject({
      status: 400,
      body: `The sandbox's proxy refuses this request: ${problem}.\n`,
    });
    expect(sandbox.world.journal.map(({ service }) => service)).toEqual(["proxy"]);
  });

  it("does not say the same refusal twice at the terminal; the journal has both", async () => {
    await tunnelTo(proxy, "telemetry.example.net:443");
    await tunnelTo(proxy, "telemetry.example.net:443");
    expect(said).toHaveLength(1);
    expect(refusals()).toHaveLength(2);
  });

  it("is in the journal of the control API under the service proxy", async () => {
    await tunnelTo(proxy, "example.org:443");
    await plainThroughProxy(proxy, "http://sts.aliyuncs.com/");
    const { hostname, port } = new URL(sandbox.control.url);
    const asked = await requestOn(connect(Number(port), hostname), {
      headers: { host: "127.0.0.1" },
      path: "/journal?service=proxy",
    });
    expect(JSON.parse(asked.body)).toEqual([
      expect.objectContaining({ operation: "CONNECT example.org:443" }),
    ]);
  });

  it("keeps control characters of a client from the terminal", async () => {
    const { socket } = await tunnelTo(proxy, "sts.aliyuncs.com:443");
    await expect(secured(socket, { servername: "evil\u001b[31m.com", ca })).rejects.toThrow();
    expect(said).toEqual(["proxy: refused TLS for evil?[31m.com: the connection is for sts.aliyuncs.com"]);
  });
});

describe("inside a tunnel", () => {
  it.each(["ram.aliyuncs.com", "evil.com"])(
    "refuses TLS for %s in a tunnel to sts.aliyuncs.com",
    async (name) => {
      const { socket } = await tunnelTo(proxy, "sts.aliyuncs.com:443");
      await expect(secured(socket, { servername: name, ca })).rejects.toThrow();
      expect(refusals()).toEqual([{ operation: `TLS for ${name}`, status: 0, code: "NotServed" }]);
    },
  );

  it("shows the certificate of the tunnel's host to a client that sends no server name", async () => {
    const { socket } = await tunnelTo(proxy, "sts.aliyuncs.com:443");
    // An empty name is not sent. Node.js then checks the certificate against the tunnel's host below.
    const inside = await secured(socket, { servername: "", ca }).catch((error: Error) => error);
    expect(inside).toMatchObject({ message: expect.stringMatching(/DNS:sts\.aliyuncs\.com/) });
  });

  it.each([
    ["another service", { host: "ram.aliyuncs.com" }, "/"],
    ["another bucket", { host: "other.oss-cn-hangzhou.aliyuncs.com" }, "/"],
    ["another port", { host: "sts.aliyuncs.com:8443" }, "/"],
    ["two hosts", { host: ["sts.aliyuncs.com", "ram.aliyuncs.com"] }, "/"],
    ["another host in the path", { host: "sts.aliyuncs.com" }, "http://ram.aliyuncs.com/"],
  ])("answers 421 to a request for %s", async (_case, headers, path) => {
    const { socket } = await tunnelTo(proxy, "sts.aliyuncs.com:443");
    const inside = await secured(socket, { servername: "sts.aliyuncs.com", ca });
    expect((await requestOn(inside, { headers, path })).status).toBe(421);
    expect(sandbox.world.journal.map(({ service, status }) => [service, status])).toEqual([["proxy", 421]]);
  });
});
