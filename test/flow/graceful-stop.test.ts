import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../cli/build/build.ts";
import { tokenIssuer } from "../../sandbox/idp/issuer.ts";
import { linesOf, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { type StubSts, startStubSts } from "../support/stub-sts.ts";
import { openTcpDoor } from "../support/tcp-door.ts";
import { ACCESS_WITH_SECRET, LOGIN } from "../support/valet.ts";

const SECRET = "kY3vQ9xT7bN2mW5rL8pZ4cH6jD1fG0sA";
const codeDir = mkdtempSync(join(tmpdir(), "oss-valet-stop-"));
let tokenFor: (user: string) => string;
let sts: StubSts;
let server: ServerProcess;

beforeAll(async () => {
  await build({ outDir: codeDir, content: ACCESS_WITH_SECRET });
  const issuer = tokenIssuer({ url: LOGIN.issuer, audience: LOGIN.audience });
  tokenFor = (sub) => issuer.token({ sub }, { algorithm: "HS256", secret: SECRET });
});
afterAll(() => rmSync(codeDir, { recursive: true }));

beforeEach(async () => {
  sts = await startStubSts();
  server = await started();
});
afterEach(async () => {
  server.signal("SIGKILL");
  server.stdout.resume();
  await Promise.all([server.ended, sts.close()]);
});

function started(): Promise<ServerProcess> {
  return startServerProcess({
    codeDir,
    environment: {
      OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss-client",
      OSS_BUCKET: "examplebucket",
      OSS_REGION: "cn-hangzhou",
      STS_ENDPOINT: `http://${sts.host}`,
      JWT_SECRET: SECRET,
      ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIexample",
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret",
    },
  });
}

describe("server.js, after SIGTERM", { timeout: 60_000 }, () => {
  it("answers every request of its connections, closes each with an answer, and writes every line, however slowly it is read", async () => {
    const answers: { status: number; connection: string | undefined }[] = [];
    let isStopping = false;
    const clients = Array.from({ length: 40 }, async (_, client) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let request = 0; ; request += 1) {
        const answer = await ask(agent, `user-${client}-${request % 7}`, request % 3 === 0 ? "POST" : "GET");
        answers.push(answer);
        if (!isStopping && answers.length >= 400) {
          isStopping = true;
          server.signal("SIGTERM");
        }
        if (answer.connection === "close") break;
      }
      agent.destroy();
    });
    await Promise.all(clients);
    // 503: on a busy machine, STS had no time.
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    // More than the pipe holds: the rest waits in the process until now.
    const lines = linesOf(server);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(lines().length).toBe(answers.length);
    expect(new Set(lines().map(({ requestId }) => requestId)).size).toBe(answers.length);
    expect(server.errors()).toMatch(/^oss-valet listens on [^\n]+\n$/);
  });

  it("loses no request in a rolling restart behind a balancer of connections", async () => {
    const balancer = await openTcpDoor(server.port);
    const servers = [{ server, lines: linesOf(server) }];
    let answers = 0;
    let isOver = false;
    const clients = Array.from({ length: 20 }, async (_, client) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!isOver) {
        // Rejects where a connection is refused or reset.
        const { status } = await ask(agent, `user-${client % 4}`, "GET", balancer.port);
        expect([200, 503]).toContain(status);
        answers += 1;
      }
      agent.destroy();
    });
    const restarts = (async () => {
      for (let restart = 1; restart <= 2; restart += 1) {
        const last = servers.at(-1)?.server;
        const next = await started();
        servers.push({ server: next, lines: linesOf(next) });
        balancer.leadTo(next.port);
        last?.signal("SIGTERM");
        expect(await last?.ended).toEqual({ code: 0, signal: null });
      }
      isOver = true;
    })();
    await Promise.all([...clients, restarts]);
    servers.at(-1)?.server.signal("SIGTERM");
    await servers.at(-1)?.server.ended;
    await balancer.close();
    const lines = servers.map((one) => one.lines().length);
    expect(Math.min(...lines)).toBeGreaterThan(0);
    expect(lines.reduce((sum, count) => sum + count)).toBe(answers);
  });

  it("finishes a request that waits for STS, and takes no new connection meanwhile", async () => {
    sts.answer({ fault: "hang" });
    const asked = ask(new Agent({ keepAlive: true }), "alice");
    await expect.poll(() => sts.calls.length).toBe(1);
    server.signal("SIGTERM");
    await expect.poll(() => refusal(server.port)).toBe("ECONNREFUSED");
    const lines = linesOf(server);
    // After the time that STS has.
    expect(await asked).toMatchObject({ status: 503, connection: "close" });
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(lines()).toMatchObject([{ status: 503 }]);
  });

  it("answers a request that comes on a connection which had none at that moment", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await ask(agent, "alice")).toMatchObject({ status: 200, connection: "keep-alive" });
    server.signal("SIGTERM");
    await expect.poll(() => refusal(server.port)).toBe("ECONNREFUSED");
    expect(await ask(agent, "alice")).toMatchObject({ status: 200, connection: "close", reused: true });
    server.stdout.resume();
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it("closes connections without a request, used or not, with FIN", async () => {
    const sockets = [await opened(server.port), await opened(server.port)] as const;
    sockets[1].write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(sockets[1], "data");
    const ends = sockets.map((socket) => once(socket.resume(), "end"));
    server.signal("SIGTERM");
    await Promise.all(ends);
    server.stdout.resume();
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it("refuses requests that do not arrive completely, with an answer and a line", async () => {
    const [body, head] = [await opened(server.port), await opened(server.port)];
    body.write("POST /credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{");
    head.write("GET /credentials HTTP/1.1\r\nHost:");
    const answers = [textOf(body), textOf(head)];
    server.signal("SIGTERM");
    const lines = linesOf(server);
    for (const text of await Promise.all(answers))
      expect(text).toMatch(/^HTTP\/1\.1 400 .*Connection: close.*did not arrive completely in time/s);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(lines()).toMatchObject([{ status: 400 }, { status: 400 }]);
  });

  it("ends at once after a second signal", async () => {
    sts.answer({ fault: "hang" });
    const lost = ask(new Agent(), "alice").catch((error: NodeJS.ErrnoException) => error.code);
    await expect.poll(() => sts.calls.length).toBe(1);
    server.signal("SIGTERM");
    await expect.poll(() => refusal(server.port)).toBe("ECONNREFUSED");
    server.signal("SIGTERM");
    server.stdout.resume();
    expect(await server.ended).toEqual({ code: 143, signal: null });
    expect(await lost).toBe("ECONNRESET");
  });

  it("ends with code 1, and says why, when nobody reads its log", async () => {
    const socket = await opened(server.port);
    const requests = 2_000;
    socket.end("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(requests));
    expect((await textOf(socket)).match(/HTTP\/1\.1 200 /g)).toHaveLength(requests);
    server.signal("SIGTERM");
    await expect
      .poll(() => server.errors())
      .toMatch(/oss-valet stops: nobody read the last \d+ bytes of its log on standard output\n$/);
    server.stdout.resume();
    expect(await server.ended).toEqual({ code: 1, signal: null });
  });
});

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
  readonly reused: boolean;
}

/** Rejects for an answer that is not whole. */
async function ask(agent: Agent, user: string, method = "GET", port = server.port): Promise<Answer> {
  const asked = httpRequest({
    agent,
    port,
    host: "127.0.0.1",
    path: "/credentials",
    method,
    headers: { authorization: `Bearer ${tokenFor(user)}` },
  }).end(method === "POST" ? "{}" : undefined);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  await answer.toArray();
  if (!answer.complete) throw new Error("the answer is not whole");
  return {
    status: answer.statusCode ?? 0,
    connection: answer.headers.connection,
    reused: asked.reusedSocket,
  };
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

async function textOf(socket: Socket): Promise<string> {
  return (await socket.setEncoding("utf8").toArray()).join("");
}

/** Why a new connection is refused; undefined: it is not. */
function refusal(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
  });
}
