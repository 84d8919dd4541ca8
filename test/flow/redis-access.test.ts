import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateAuthority } from "../../sandbox/https/authority.ts";
import { certificatesOf } from "../../sandbox/https/certificates.ts";
import { pemOf } from "../../sandbox/https/pem.ts";
import { outputWithRedisStore } from "../support/redis-program.ts";
import { REDIS_SERVER_PATH, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { eventually, nothingFrom, notUsed, redisStores, WHEN } from "../support/redis-stores.ts";

const stores = redisStores();
let server: RedisServer;

describe.skipIf(REDIS_SERVER_PATH === undefined)("a Redis that lets nobody in", () => {
  beforeAll(async () => {
    server = await startRedisServer({ password: "right" });
  });
  afterAll(() => server.kill());

  it.each([
    ["a wrong password", ":wrong@", "", "WRONGPASS"],
    ["an unknown user", "valet:right@", "", "WRONGPASS"],
    ["no password", "", "", "NOAUTH"],
    ["a database that it has not", ":right@", "/99", "ERR"],
  ])("with %s is not used, and nothing is stored", async (_case, who, database, why) => {
    const store = stores.at(server.port, { url: `redis://${who}127.0.0.1:${server.port}${database}` });
    await store.take("a", WHEN);
    await eventually(() => expect(stores.warnings).toEqual([notUsed(why)]));
    await nothingFrom(store);
    expect(await server.admin.dbsize()).toBe(0);
  });

  it("with the right password is used", async () => {
    const store = stores.at(server.port, { url: `redis://:right@127.0.0.1:${server.port}` });
    expect(await store.take("a", WHEN)).toBeDefined();
    await server.admin.flushall();
  });
});

describe.skipIf(REDIS_SERVER_PATH === undefined)("over TLS", () => {
  let ours: Authority;
  let folder: string;
  beforeAll(async () => {
    ours = await authority();
    folder = mkdtempSync(join(tmpdir(), "oss-valet-redis-tls-"));
    const files = {
      key: join(folder, "key.pem"),
      cert: join(folder, "cert.pem"),
      ca: join(folder, "ca.pem"),
    };
    writeFileSync(files.key, ours.server.key);
    writeFileSync(files.cert, ours.server.cert);
    writeFileSync(files.ca, ours.ca);
    server = await startRedisServer({ tls: files, password: "right" });
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  it("is used when NODE_EXTRA_CA_CERTS names its authority, by name and by address", async () => {
    for (const host of ["localhost", "127.0.0.1"]) {
      expect(await seenBy(`rediss://:right@${host}:${server.port}`)).toEqual({ isUsed: true, warnings: [] });
    }
  });

  it.each([
    ["without TLS", () => `redis://:right@127.0.0.1:${server.port}`],
    ["while its authority is unknown", () => `rediss://:right@localhost:${server.port}`],
  ])("is not used %s", async (_case, url) => {
    await server.admin.flushall();
    const store = stores.at(server.port, { url: url() });
    await eventually(() => expect(stores.warnings).toHaveLength(1));
    await nothingFrom(store);
    expect(await server.admin.dbsize()).toBe(0);
  });

  it.each([
    [
      "signed by an unknown authority",
      async () => (await authority()).server,
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ],
    ["of another host", async () => ours.otherHost, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("sends nothing to a server with a certificate %s", async (_case, certificate, why) => {
    const got: Buffer[] = [];
    const impostor = createTlsServer(await certificate(), (socket) => {
      socket.on("error", () => undefined).on("data", (bytes) => got.push(bytes));
    });
    impostor.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
    expect(await seenBy(`rediss://:s3cret@127.0.0.1:${portOf(impostor)}`)).toEqual({
      isUsed: false,
      warnings: [notUsed(why)],
    });
    await closed(impostor);
    expect(got).toEqual([]);
  });

  /** In a process that trusts our authority: Node reads the variable when it starts. */
  async function seenBy(url: string): Promise<unknown> {
    const { stdout } = await outputWithRedisStore(
      `const warnings: string[] = [];
      const store = redisStore({ url: "${url}", onWarning: (line) => warnings.push(line), patienceMs: 60_000 });
      const isUsed = (await store.take("a", { nowMs: 1, lockMs: 1_000_000 })) !== undefined;
      while (!isUsed && warnings.length === 0) await new Promise(setImmediate);
      console.log(JSON.stringify({ isUsed, warnings }));`,
      { NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
    );
    return JSON.parse(stdout);
  }
});

interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** An authority for this machine, a server's certificate, and one that is for another host. PEM. */
interface Authority {
  readonly ca: string;
  readonly server: Pair;
  readonly otherHost: Pair;
}

async function authority(): Promise<Authority> {
  const root = await certificateAuthority(["localhost", "redis.example.com"], Date.now());
  const certificates = await certificatesOf(root);
  const pair = async (host: string) => {
    const { key, cert } = await certificates.for(host);
    return { key, cert };
  };
  return {
    ca: pemOf(root.certificate),
    server: await pair("localhost"),
    otherHost: await pair("redis.example.com"),
  };
}

describe("what the operator is told", () => {
  it.each([
    ["-ERR unknown command 'auth', with args beginning with: 's3cret' \r\n", "ERR"],
    ["-s3cret is wrong\r\n", "the connection ended"],
    ["this is not Redis, s3cret\r\n", "the connection ended"],
  ])("quotes nothing of %j", async (answer, why) => {
    const impostor = await serverThatAnswers(answer);
    stores.at(portOf(impostor), { url: `redis://:s3cret@127.0.0.1:${portOf(impostor)}` });
    await eventually(() => expect(stores.warnings).toEqual([notUsed(why)]));
    await closed(impostor);
  });
});

async function serverThatAnswers(answer: string): Promise<Server> {
  const impostor = createServer((socket) => {
    socket.on("error", () => undefined).on("data", () => socket.write(answer));
  });
  await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
  return impostor;
}

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function closed(listening: Server): Promise<void> {
  return new Promise((resolve) => listening.close(() => resolve()));
}
