import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpResponse } from "../../../../functions/http/http.ts";
import { httpRequestFrom, onUnparsed, unparsedRequest } from "../../../../functions/http/node-http.ts";

const failure = (code: string) => Object.assign(new Error("secret text"), { code });

describe("a request that Node's parser cannot read", () => {
  it.each([
    ["HPE_INVALID_METHOD", "is not valid HTTP/1.1; check the request line, the headers and Content-Length"],
    ["ERR_HTTP_REQUEST_TIMEOUT", "did not arrive completely in time; send it again"],
  ])("%s makes it an invalid request; nothing of it is quoted", (code, problem) => {
    expect(unparsedRequest(failure(code), "1-req")).toEqual({
      method: "",
      path: "",
      query: [],
      headers: new Map(),
      body: Buffer.alloc(0),
      sourceIp: undefined,
      requestId: "1-req",
      unreadable: { code: "REQUEST_INVALID", field: "The request", problem },
    });
  });

  it.each(["HPE_HEADER_OVERFLOW", "HPE_CHUNK_EXTENSIONS_OVERFLOW"])("%s is too large", (code) => {
    expect(unparsedRequest(failure(code), "1-req").unreadable).toEqual({ code: "REQUEST_TOO_LARGE" });
  });
});

describe("a request that Node has parsed", () => {
  /** As it is read; the connection ends with it. */
  async function read(head: string) {
    const server = createServer({ requireHostHeader: false });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const incoming = new Promise<IncomingMessage>((resolve) => {
      server.on("request", resolve).on("checkExpectation", resolve);
    });
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(`${head}\r\n\r\n`);
    const request = await httpRequestFrom(await incoming, { requestId: "1-req", sourceIp: "192.0.2.1" });
    socket.destroy();
    server.close();
    return request;
  }

  it("keeps each value of a header, and decodes the query", async () => {
    const head = "GET /credentials?prefix=a%2Fb+c/&format=&x HTTP/1.1\r\nHost: x\r\nAccept: a\r\nACCEPT: b";
    expect(await read(head)).toEqual({
      method: "GET",
      path: "/credentials",
      query: [
        ["prefix", "a/b c/"],
        ["format", ""],
        ["x", ""],
      ],
      headers: new Map([
        ["host", ["x"]],
        ["accept", ["a", "b"]],
      ]),
      body: Buffer.alloc(0),
      sourceIp: "192.0.2.1",
      requestId: "1-req",
      unreadable: undefined,
    });
  });

  const UTF8 = "is not valid percent-encoded UTF-8; write a literal % as %25";
  it.each([
    ["a % before no digits", "GET /?prefix=users/alice/%zz/ HTTP/1.1\r\nHost: x", "The query", UTF8],
    ["a % at the end", "GET /?prefix=users/alice/% HTTP/1.1\r\nHost: x", "The query", UTF8],
    ["a byte of another encoding", "GET /?prefix=users/alice/%ff/ HTTP/1.1\r\nHost: x", "The query", UTF8],
    ["half a surrogate pair", "GET /?prefix=%ED%A0%80/ HTTP/1.1\r\nHost: x", "The query", UTF8],
    ["no Host", "GET / HTTP/1.1", "Host", "is missing; send the server's name"],
    [
      "an Expect",
      "GET / HTTP/1.1\r\nHost: x\r\nExpect: more",
      "Expect",
      "has an unknown value; leave it out",
    ],
  ])("with %s is not repaired", async (_what, head, field, problem) => {
    expect((await read(head)).unreadable).toEqual({ code: "REQUEST_INVALID", field, problem });
  });

  it.each(["GET / HTTP/1.0", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue"])(
    "is good: %j",
    async (head) => {
      expect((await read(head)).unreadable).toBeUndefined();
    },
  );
});

const REFUSAL: HttpResponse = { status: 400, headers: { "Cache-Control": "no-store" }, body: "{}" };

describe("its connection", () => {
  let server: Server;
  let answer: (outgoing: ServerResponse) => void;
  let refusals: number;
  let served: Promise<Socket>;
  beforeEach(async () => {
    refusals = 0;
    answer = (outgoing) => void outgoing.end("good");
    server = createServer((_incoming, outgoing) => answer(outgoing));
    onUnparsed(server, async () => {
      refusals += 1;
      return REFUSAL;
    });
    served = new Promise((resolve) => server.once("connection", resolve));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  /** `all`: what has come when the connection is closed; `has`: as soon as that has come. */
  function client() {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    let read = "";
    const listeners = new Set<() => void>();
    socket.setEncoding("utf8").on("data", (part: string) => {
      read += part;
      for (const listener of listeners) listener();
    });
    socket.on("error", () => {});
    return {
      socket,
      all: new Promise<string>((resolve) => socket.once("close", () => resolve(read))),
      has: (text: string) =>
        new Promise<void>((resolve) => {
          const look = () => (read.includes(text) ? resolve() : undefined);
          listeners.add(look);
          look();
        }),
    };
  }

  it("gets the whole answer, and ends", async () => {
    const { socket, all } = client();
    socket.write("nonsense\r\n\r\n");
    expect(await all).toBe(
      "HTTP/1.1 400 Bad Request\r\nCache-Control: no-store\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    );
    expect(refusals).toBe(1);
  });

  it("gets one more answer when an earlier request was answered", async () => {
    const { socket, all, has } = client();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await has("good");
    socket.write("nonsense\r\n\r\n");
    expect(await all).toMatch(/good.*HTTP\/1\.1 400 /s);
  });

  it("gets only one refusal, however many bad bytes follow", async () => {
    const { socket, all, has } = client();
    socket.write("nonsense\r\n\r\n");
    await has("{}");
    socket.end("more\r\n\r\n");
    expect((await all).match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(refusals).toBe(1);
  });

  it("gets no refusal in the middle of an answer: the client would take it for the next answer", async () => {
    answer = (outgoing) => {
      outgoing.writeHead(200, { Connection: "close" }).write("half ");
      server.emit("clientError", failure("HPE_INVALID_CHUNK_SIZE"), outgoing.socket);
      outgoing.end("whole");
    };
    const { socket, all } = client();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await all).toMatch(/half .*whole/s);
    expect(refusals).toBe(0);
  });

  it("is closed without an answer when it never sent a byte", async () => {
    const { all } = client();
    server.emit("clientError", failure("ERR_HTTP_REQUEST_TIMEOUT"), await served);
    expect(await all).toBe("");
    expect(refusals).toBe(0);
  });
});
