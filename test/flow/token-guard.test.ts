import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import jwt from "jsonwebtoken";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { REFUSED_TOKENS } from "../../functions/http/token-guard/compose.ts";
import { functionSettings, JWT_SECRET } from "../support/function-settings.ts";
import { stubStsForTests } from "../support/services-for-tests.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

const stub = await stubStsForTests();
const folder = mkdtempSync(join(tmpdir(), "oss-valet-guard-"));
const ACCESS_FILE = join(folder, "access.json");
writeFileSync(ACCESS_FILE, JSON.stringify(ACCESS_WITH_SECRET));
const children: ChildProcessWithoutNullStreams[] = [];
afterEach(async () => {
  await Promise.all(
    children.splice(0).map(async (child) => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly port: number;
  readonly lines: () => readonly Record<string, unknown>[];
}

/** server.ts as a process of its own. */
async function started(change: Readonly<Record<string, string>>): Promise<Started> {
  const server = join(import.meta.dirname, "../../functions/server/server.ts");
  const child = spawn(process.execPath, ["--import", "tsx", server], {
    env: { PATH: process.env["PATH"] ?? "", PORT: "0", ACCESS_FILE, ...functionSettings(stub.host, change) },
  });
  children.push(child);
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`server.ts ended with ${code}`)));
    createInterface(child.stderr).on("line", (line) => {
      const found = /listens on http:\/\/[\d.]+:(\d+)\//.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return {
    port,
    lines: () =>
      log
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

const tokenOf = (secret: string) =>
  jwt.sign({ sub: "alice" }, secret, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });
const GOOD = tokenOf(JWT_SECRET);
const BAD = tokenOf("another secret, of 32 bytes or more, too");

const ask = ({ port }: Started, token: string, address: string, change: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}/credentials`, {
    ...change,
    headers: { Authorization: `Bearer ${token}`, "X-Real-IP": address },
  });

const AT_ONCE = 20;

/** Sends so many refused tokens. Gives the statuses that came. */
async function flood(server: Started, count: number, address: string): Promise<ReadonlySet<number>> {
  const statuses = new Set<number>();
  for (let at = 0; at < count; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - at) }, async () => {
      const response = await ask(server, BAD, address);
      statuses.add(response.status);
      await response.arrayBuffer();
    });
    await Promise.all(some);
  }
  return statuses;
}

describe("server.js behind a proxy that tells the caller's address", () => {
  it("verifies no token of an address that has sent too many refused ones, and of no other", async () => {
    const server = await started({ ADDRESS_LIMIT: "X-Real-IP" });
    expect(await flood(server, REFUSED_TOKENS.requests, "203.0.113.7")).toEqual(new Set([401]));
    const calls = stub.calls.length;
    const response = await ask(server, GOOD, "203.0.113.7");
    expect([response.status, ((await response.json()) as { Code: string }).Code]).toEqual([
      429,
      "TooManyRequests",
    ]);
    const seconds = Number(response.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(REFUSED_TOKENS.seconds);
    expect(stub.calls.length).toBe(calls);
    expect((await ask(server, GOOD, "203.0.113.8")).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);

    // Nothing that comes after fills the log: one warning, and no line for a request.
    const before = server.lines().length;
    expect(await flood(server, 100, "203.0.113.7")).toEqual(new Set([429]));
    expect((await ask(server, GOOD, "203.0.113.9")).status).toBe(200);
    const more = server.lines().slice(before);
    expect(more.filter(({ status }) => status !== 200)).toEqual([]);
    expect(server.lines().filter(({ warning }) => warning !== undefined)).toHaveLength(1);
  });

  it("does not wait for the body of a request that it limits", async () => {
    const server = await started({ ADDRESS_LIMIT: "X-Real-IP" });
    await flood(server, REFUSED_TOKENS.requests, "203.0.113.7");
    const socket = connect(server.port, "127.0.0.1");
    socket.write(
      `POST /credentials HTTP/1.1\r\nHost: a\r\nX-Real-IP: 203.0.113.7\r\nAuthorization: Bearer ${GOOD}\r\nContent-Length: 10000\r\n\r\n{`,
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(String(first)).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(String(first)).toMatch(/\r\nConnection: close\r\n/i);
    socket.destroy();
  });
});

describe("server.js without a word of a proxy", () => {
  it.each([
    ["the peer is loopback, and may be one", {}],
    ["the limit is off", { ADDRESS_LIMIT: "off" }],
    [
      "Function Compute is the peer",
      { ADDRESS_LIMIT: "X-Real-IP", FC_FUNCTION_NAME: "valet", HOST: "127.0.0.1" },
    ],
  ])("limits nobody: %s", async (_case, change) => {
    const server = await started(change);
    expect(await flood(server, REFUSED_TOKENS.requests + 20, "203.0.113.7")).toEqual(new Set([401]));
    expect((await ask(server, GOOD, "203.0.113.7")).status).toBe(200);
  });

  it("does not start with a mistake in the setting", async () => {
    await expect(started({ ADDRESS_LIMIT: "of" })).rejects.toThrow("server.ts ended with 1");
  });
});
