import { once } from "node:events";
import { Agent, createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type GracefulStop, gracefulStop } from "../../../../functions/http/graceful-stop.ts";
import { answer, onUnparsed } from "../../../../functions/http/node-http.ts";

let server: Server;
let stop: GracefulStop;
let port: number;
/** Lets the answers go that wait. */
let letAnswer: () => void;
let mayAnswer: Promise<void>;
const agents: Agent[] = [];

beforeEach(async () => {
  mayAnswer = Promise.resolve();
  letAnswer = () => undefined;
  server = createServer((incoming, outgoing) => {
    void stop.during(incoming, outgoing, async () => {
      const body = await incoming.toArray().catch(() => undefined);
      await mayAnswer;
      if (body === undefined) outgoing.destroy();
      else answer(incoming, outgoing, { status: 200, headers: {}, body: "whole" }, stop.connection());
    });
  });
  onUnparsed(server, async () => ({ status: 400, headers: {}, body: "refused" }));
  server.keepAliveTimeout = 0;
  stop = gracefulStop(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
  for (const agent of agents.splice(0)) agent.destroy();
  server.close();
  server.closeAllConnections();
});

describe("a server that stops", () => {
  it("answers the request of a connection that had none at that moment, and closes the connection", async () => {
    const agent = agentOf();
    expect(await ask(agent)).toMatchObject({ connection: "keep-alive" });
    const stopped = begin();
    await portCloses();
    expect(await ask(agent)).toEqual({ text: "whole", connection: "close", reused: true });
    expect(await stopped).toBe(0);
  });

  it("takes no new connection, and waits for requests under way", async () => {
    holdAnswers();
    const asked = ask(agentOf());
    await once(server, "request");
    const onStop = vi.fn();
    const stopped = begin().then(onStop);
    await portCloses();
    expect(onStop).not.toHaveBeenCalled();
    letAnswer();
    expect(await asked).toMatchObject({ text: "whole", connection: "close" });
    await stopped;
  });

  it("waits for the work of a request whose client has gone: its line is not written yet", async () => {
    holdAnswers();
    const socket = await opened();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const [, outgoing] = await once(server, "request");
    socket.destroy();
    await once(outgoing, "close");
    const onStop = vi.fn();
    const stopped = begin().then(onStop);
    await portCloses();
    expect(onStop).not.toHaveBeenCalled();
    letAnswer();
    await stopped;
  });

  it("ends connections without a request after 2 s, and not before", async () => {
    const socket = await opened();
    const stopped = begin();
    await portCloses();
    vi.advanceTimersByTime(1_999);
    expect(socket.readableEnded).toBe(false);
    const end = once(socket.resume(), "end");
    vi.advanceTimersByTime(1);
    await end;
    expect(await stopped).toBe(0);
  });

  it("refuses after 4 s what has not arrived completely, body or head", async () => {
    const [body, head] = [await opened(), await opened()];
    body.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{");
    await once(server, "request");
    head.write("GET / HTTP/1.1\r\nHost:");
    const texts = [textOf(body), textOf(head)];
    const stopped = begin();
    await portCloses();
    vi.advanceTimersByTime(4_000);
    for (const text of await Promise.all(texts))
      expect(text).toMatch(/^HTTP\/1\.1 400 .*Connection: close.*refused$/s);
    await stopped;
  });

  it("cuts after 8 s what still waits", async () => {
    holdAnswers();
    const asked = ask(agentOf()).catch((error: NodeJS.ErrnoException) => error.code);
    await once(server, "request");
    const stopped = begin();
    await portCloses();
    vi.advanceTimersByTime(8_000);
    expect(await asked).toBe("ECONNRESET");
    vi.advanceTimersByTime(100);
    expect(await stopped).toBe(0);
  });

  it("closes the service after the last answer, and waits a second for it at most", async () => {
    holdAnswers();
    const asked = ask(agentOf());
    await once(server, "request");
    const close = vi.fn(() => new Promise<void>(() => undefined));
    const stopped = stop.begin(close, written());
    await portCloses();
    expect(close).not.toHaveBeenCalled();
    letAnswer();
    await asked;
    await expect.poll(() => close.mock.calls.length).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(await stopped).toBe(0);
  });

  it("waits until its log is written", async () => {
    const held: (() => void)[] = [];
    const log = new Writable({ write: (_chunk, _encoding, done) => void held.push(done) });
    log.write("a line\n");
    const onStop = vi.fn();
    const stopped = stop.begin(async () => undefined, log).then(onStop);
    await portCloses();
    expect(onStop).not.toHaveBeenCalled();
    held.shift()?.();
    await expect.poll(() => held.length).toBe(1);
    held.shift()?.();
    await stopped;
    expect(onStop).toHaveBeenCalledWith(0);
  });

  it("tells how much of its log nobody has read", async () => {
    const log = new Writable({ write: () => undefined });
    log.write("a line\n");
    const stopped = stop.begin(async () => undefined, log);
    await expect.poll(() => vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(9_500);
    expect(await stopped).toBe(7);
  });
});

function begin(): Promise<number> {
  return stop.begin(async () => undefined, written());
}

function written(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

function holdAnswers(): void {
  mayAnswer = new Promise((resolve) => {
    letAnswer = resolve;
  });
}

function agentOf(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

async function ask(agent: Agent) {
  const asked = httpRequest({ agent, port, host: "127.0.0.1" }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  return { text, connection: response.headers.connection, reused: asked.reusedSocket };
}

async function opened(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await Promise.all([once(socket, "connect"), once(server, "connection")]);
  return socket;
}

async function textOf(socket: Socket): Promise<string> {
  return (await socket.setEncoding("utf8").toArray()).join("");
}

/** Resolves when new connections are refused; one that comes before is taken. */
async function portCloses(): Promise<void> {
  for (;;) {
    const code = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(undefined);
      });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    if (code === "ECONNREFUSED") return;
  }
}
