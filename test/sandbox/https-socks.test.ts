import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { connectionServer } from "../../sandbox/https/connections.ts";
import { readSocksRequest, type SocksRequest } from "../../sandbox/https/socks.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";

const startWithHttps = () => startSandbox({ https: true });
let sandbox: Awaited<ReturnType<typeof startWithHttps>>;
beforeAll(async () => {
  sandbox = await startWithHttps();
});
afterAll(() => sandbox.stop());

const GREETING = Buffer.from([5, 1, 0]);
const HOST = "sts.aliyuncs.com";
const REQUEST = Buffer.from([5, 1, 0, 3, HOST.length, ...Buffer.from(HOST), 0, 80]);
const PLAIN_REQUEST = Buffer.from(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
const GREETED = "0500";
const CONNECTED = "05000001000000000000";

async function connected(port = Number(new URL(sandbox.https.proxy).port)): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** Sends each byte alone. The server runs in this process and reads in between. */
async function sendInPieces(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a SOCKS handshake", () => {
  it("may come byte by byte", async () => {
    const socket = await connected();
    const answer = text(socket.setEncoding("latin1"));
    await sendInPieces(socket, Buffer.concat([GREETING, REQUEST, PLAIN_REQUEST]));
    expect(hexOf(await answer)).toMatch(new RegExp(`^${GREETED}${CONNECTED}${hexOf("HTTP/1.1 ")}`));
  });

  it("may come in one piece with the request that follows", async () => {
    const socket = await connected();
    const answer = text(socket.setEncoding("latin1"));
    socket.write(Buffer.concat([GREETING, REQUEST, PLAIN_REQUEST]));
    expect(hexOf(await answer)).toMatch(new RegExp(`^${GREETED}${CONNECTED}${hexOf("HTTP/1.1 ")}`));
  });

  it.each([1, 2, 4, 8, 12])("that stops after %d bytes holds up nobody", async (count) => {
    const socket = await connected();
    await sendInPieces(socket, Buffer.concat([GREETING, REQUEST]).subarray(0, count));
    expect((await fetch(`${sandbox.control.url}/clock`)).status).toBe(200);
    expect(socket.readableEnded).toBe(false);
    socket.destroy();
  });

  it.each([1, 2, 4, 8, 12])("is over when the client ends after %d bytes", async (count) => {
    const socket = await connected();
    socket.resume();
    await sendInPieces(socket, Buffer.concat([GREETING, REQUEST]).subarray(0, count));
    socket.end();
    await once(socket, "close");
  });

  it("is over when the client resets the connection", async () => {
    const { socket, outcome } = await halfAHandshake({ timeoutMs: 60_000 });
    socket.resetAndDestroy();
    expect(await outcome).toBeUndefined();
  });

  it("is over, and the connection closed, when it takes too long", async () => {
    const { socket, outcome } = await halfAHandshake({ timeoutMs: 50 });
    await once(socket.resume(), "close");
    expect(await outcome).toBeUndefined();
  });

  it("has no deadline once it is done", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { socket, outcome } = await halfAHandshake({ timeoutMs: 60_000 });
    expect(vi.getTimerCount()).toBe(1);
    socket.write(Buffer.concat([GREETING.subarray(1), REQUEST]));
    expect(await outcome).toMatchObject({ host: HOST, port: 80 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** A client that has sent one byte, and what the server reads from it. */
async function halfAHandshake({ timeoutMs }: { readonly timeoutMs: number }) {
  const accepted = new EventEmitter();
  const server = await connectionServer(0, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => accepted.emit("read", { request: readSocksRequest(socket, timeoutMs) }));
  });
  onTestFinished(() => server.close());
  const socket = await connected(server.port);
  socket.write(GREETING.subarray(0, 1));
  const [{ request }] = (await once(accepted, "read")) as [{ request: Promise<SocksRequest | undefined> }];
  return { socket, outcome: request };
}

function hexOf(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("hex");
}
