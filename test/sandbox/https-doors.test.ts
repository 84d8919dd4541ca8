import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { connect, createServer as createTlsServer, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { classicWorld } from "../../sandbox/classic-world.ts";
import { type CertificateAuthority, certificateAuthority } from "../../sandbox/https/authority.ts";
import { certificatesOf } from "../../sandbox/https/certificates.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { deploy } from "../support/fc-function.ts";
import { httpsThroughProxy, requestOn, secured, tunnelTo } from "../support/through-proxy.ts";

const DAY_MS = 86_400_000;

let sandbox: Awaited<ReturnType<typeof startWithHttps>>;
let ca: string;
beforeAll(async () => {
  sandbox = await startWithHttps();
  ca = readFileSync(sandbox.https.caCertificate, "utf8");
});
afterAll(() => sandbox.stop());

function startWithHttps() {
  return startSandbox({
    https: true,
    world: (world) => {
      const scene = classicWorld(world);
      scene.bucket.hosts.push("photos.company.cn");
      return scene;
    },
  });
}

/** TLS to a door, as a client does it that trusts the authority. */
async function tlsTo(url: string, servername?: string): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ca, ...(servername && { servername }) });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket;
}

describe("the doors over TLS", () => {
  it.each(["sts", "oss", "ram", "fc", "issuer"] as const)(
    "%s answers at 127.0.0.1 and localhost",
    async (name) => {
      const url = sandbox.https[name].url.replace("localhost", "127.0.0.1");
      sandbox.world.journal.splice(0);
      for (const servername of ["", "localhost", "examplebucket.localhost"]) {
        const socket = await tlsTo(url, servername);
        await requestOn(socket, { headers: { host: servername || "127.0.0.1" } });
      }
      expect(sandbox.world.journal.map(({ service }) => service)).toEqual([name, name, name]);
    },
  );

  it("refuse a server name that belongs to another service, or to nobody here", async () => {
    for (const name of ["ram.aliyuncs.com", "evil.com", "localhost.evil.com"]) {
      await expect(tlsTo(sandbox.https.sts.url, name)).rejects.toThrow();
    }
  });

  it("let a service know that the request came over TLS, and from where", async () => {
    const code = `exports.handler = async (event) => ({ statusCode: 200, body: JSON.parse(event).requestContext.http.sourceIp });`;
    const { target } = await deploy(code, { roleArn: sandbox.functionRoleArn }, {}, sandbox.world);
    sandbox.deploy([target]);
    const { body } = await requestOn(await tlsTo(sandbox.https.fc.url), { headers: { host: "127.0.0.1" } });
    expect(body).toBe("127.0.0.1");
    await target.stop();
  });

  it("satisfy acs:SecureTransport, which plain HTTP through the proxy does not", async () => {
    const bucket = sandbox.world.buckets.get(sandbox.bucket);
    if (bucket === undefined) throw new Error("no bucket");
    bucket.policy = JSON.stringify({
      Version: "1",
      Statement: [
        {
          Effect: "Allow",
          Principal: ["*"],
          Action: ["oss:PutObject"],
          Resource: [`acs:oss:*:*:${sandbox.bucket}/*`],
          Condition: {
            Bool: { "acs:SecureTransport": ["true"] },
            IpAddress: { "acs:SourceIp": ["127.0.0.1"] },
          },
        },
      ],
    });
    const host = `${sandbox.bucket}.oss-${sandbox.region}.aliyuncs.com`;
    const put = { method: "PUT", path: "/secure.txt", ca, headers: { "content-length": "0" } };
    expect(await httpsThroughProxy(sandbox.https.proxy, host, put)).toMatchObject({ status: 200 });
    const plain = await tunnelTo(sandbox.https.proxy, `${host}:80`);
    expect(await requestOn(plain.socket, { ...put, headers: { host, ...put.headers } })).toMatchObject({
      status: 403,
    });
  });

  it("are cut by a fault, as those without TLS", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "reset" }, times: 1 });
    const socket = await tlsTo(sandbox.https.sts.url);
    await expect(requestOn(socket, { headers: { host: "127.0.0.1" } })).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    sandbox.faults.add({ service: "sts", fault: { kind: "truncated" }, times: 1 });
    const other = await tlsTo(sandbox.https.sts.url);
    await expect(requestOn(other, { headers: { host: "127.0.0.1" } })).rejects.toThrow("aborted");
  });

  it("serve a function's own domain, and no name of Function Compute that is nobody's", async () => {
    const code = `exports.handler = async () => ({ statusCode: 200, body: "it is me" });`;
    const { target } = await deploy(
      code,
      { roleArn: sandbox.functionRoleArn, customDomain: "api.example.com" },
      {},
      sandbox.world,
    );
    sandbox.deploy([target]);
    const { proxy } = sandbox.https;
    expect(await httpsThroughProxy(proxy, "api.example.com", { ca })).toMatchObject({
      status: 200,
      body: "it is me",
    });
    const nobody = await httpsThroughProxy(proxy, "other-abcdefgh.cn-hangzhou.fcapp.run", { ca });
    expect(nobody).toMatchObject({ status: 404, body: expect.stringContaining("FunctionNotFound") });
    const api = await httpsThroughProxy(proxy, "1234567890123456.cn-hangzhou.fc.aliyuncs.com", { ca });
    expect(api.body).not.toContain("it is me");
    await target.stop();
  });

  it("take no ports when one of theirs is taken", async () => {
    // Thirteen ports in a row, of which the last one is taken.
    for (;;) {
      const taken = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => taken.once("listening", resolve));
      const last = (taken.address() as { readonly port: number }).port;
      const started = await startSandbox({ https: true, port: last - 12 }).catch((error: unknown) => error);
      await new Promise((resolve) => taken.close(resolve));
      expect(started).toMatchObject({ code: "EADDRINUSE" });
      if ((started as { readonly port: number }).port !== last) continue;
      const again = await startSandbox({ https: true, port: last - 12 });
      expect(new URL(again.https.issuer.url).port).toBe(String(last));
      await again.stop();
      return;
    }
  });
});

describe("the certificates", () => {
  it("are made for exactly one name", async () => {
    const { socket } = await tunnelTo(sandbox.https.proxy, "sts.cn-hangzhou.aliyuncs.com:443");
    const inside = await secured(socket, { servername: "sts.cn-hangzhou.aliyuncs.com", ca });
    expect(inside.getPeerCertificate().subjectaltname).toBe("DNS:sts.cn-hangzhou.aliyuncs.com");
    inside.destroy();
    const door = await tlsTo(sandbox.https.sts.url);
    expect(door.getPeerCertificate().subjectaltname).toBe("DNS:localhost, IP Address:127.0.0.1");
    door.destroy();
  });

  it("have dates of the laptop's clock, whatever the cloud's clock says", async () => {
    sandbox.clock.advance(3650 * DAY_MS);
    const { socket } = await tunnelTo(sandbox.https.proxy, "sts.us-east-1.aliyuncs.com:443");
    const inside = await secured(socket, { servername: "sts.us-east-1.aliyuncs.com", ca });
    const { valid_from, valid_to } = inside.getPeerCertificate();
    expect(Date.parse(valid_from)).toBeLessThan(Date.now());
    expect(Date.parse(valid_to)).toBeLessThan(Date.now() + 91 * DAY_MS);
    inside.destroy();
  });

  it("are refused by clients for any name that the authority is not for", async () => {
    const authority = await certificateAuthority(["aliyuncs.com"], Date.now());
    expect(authority.mayCertify("sts.aliyuncs.com")).toBe(true);
    expect(authority.mayCertify("evilaliyuncs.com")).toBe(false);
    expect(await handshakeWith(authority, "sts.aliyuncs.com")).toBe("trusted");
    expect(await handshakeWith(authority, "evilaliyuncs.com")).toBe("permitted subtree violation");
    expect(await handshakeWith(authority, "bank.example")).toBe("permitted subtree violation");
  });

  it("are kept, but not for ever more names", async () => {
    const made: string[] = [];
    const authority = await certificateAuthority(["aliyuncs.com"], Date.now());
    const certificates = await certificatesOf({
      ...authority,
      certify: (subject, key) => {
        made.push(subject);
        return authority.certify(subject, key);
      },
    });
    const names = Array.from({ length: 257 }, (_, at) => `b${at}.oss-cn-hangzhou.aliyuncs.com`);
    for (const name of names) await certificates.for(name);
    await certificates.for(names[256] ?? "");
    expect(made).toEqual(names);
    await certificates.for(names[0] ?? "");
    expect(made).toEqual([...names, names[0]]);
  });
});

describe("the authority's key", () => {
  it("cannot be exported, and no file, answer or line has a private key", async () => {
    const generate = vi.spyOn(crypto.subtle, "generateKey");
    const lines: string[] = [];
    const other = await startSandbox({ https: true, say: (line) => lines.push(line) });
    expect(generate.mock.calls.map(([, extractable]) => extractable)).toEqual([false]);
    generate.mockRestore();
    const folder = dirname(other.https.caCertificate);
    expect(readdirSync(folder).sort()).toEqual(["ca.pem", "hosts", "truststore.p12"]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder)) {
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(folder, file), "latin1")).not.toContain("PRIVATE KEY");
    }
    const texts = await Promise.all(
      [
        other.https.proxy,
        other.sts.url,
        other.oss.url,
        other.ram.url,
        other.fc.url,
        other.issuer.url,
        other.control.url,
      ]
        .flatMap((url) => ["/ca.key", "/ca.pem", "/"].map((path) => url + path))
        .map(async (url) => (await fetch(url)).text()),
    );
    expect(texts.join("")).not.toContain("PRIVATE KEY");
    expect(texts.join("")).not.toContain("BEGIN");
    expect(JSON.stringify([other.https, other.world.journal, lines])).not.toMatch(/PRIVATE KEY|BEGIN/);
    await other.stop();
    expect(existsSync(folder)).toBe(false);
  });

  it("is another one in each run", async () => {
    const other = await startWithHttps();
    const certificate = new X509Certificate(readFileSync(other.https.caCertificate));
    await other.stop();
    expect(certificate.verify(new X509Certificate(ca).publicKey)).toBe(false);
  });

  it("is for the cloud, this machine, reserved names and the domains of buckets", () => {
    const der = new X509Certificate(ca).raw.toString("latin1");
    for (const name of ["aliyuncs.com", "fcapp.run", "localhost", "example.com", "photos.company.cn"]) {
      expect(der).toContain(name);
    }
  });
});

/** What a client says to a server that shows the authority's certificate for a name. */
async function handshakeWith(authority: CertificateAuthority, name: string): Promise<string> {
  const { key, cert } = await (await certificatesOf(authority)).for(name);
  const server = createTlsServer({ key, cert }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { readonly port: number };
  const root = `-----BEGIN CERTIFICATE-----\n${authority.certificate.toString("base64")}\n-----END CERTIFICATE-----`;
  const socket = connect({ host: "127.0.0.1", port, servername: name, ca: root });
  const outcome = await new Promise<string>((resolve) => {
    socket.once("secureConnect", () => resolve("trusted"));
    socket.once("error", (error) => resolve(error.message));
  });
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return outcome;
}
