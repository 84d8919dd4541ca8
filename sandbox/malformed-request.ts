import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** An answer to bytes that are not a request: there is no response object to write it to. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  /** Without Connection and Content-Length. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The service's answer. `code` is that of Node.js, e.g. HPE_INVALID_METHOD, ERR_HTTP_REQUEST_TIMEOUT. */
export type AnswerToMalformed = (code: string) => RawAnswer;

/**
 * Answers what Node.js refuses to read with the service's own error; Node.js alone would answer without a body. If the
 * body of a request is broken, its listener gets an error and answers. Afterwards the connection ends.
 */
export function answerMalformed(server: Server, answer: AnswerToMalformed): void {
  const current = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  const refused = new WeakSet<Duplex>();
  server.prependListener("request", (request, response) => {
    current.set(request.socket, { request, response });
    response.once("close", () => current.delete(request.socket));
  });
  // Node.js would answer 417 itself.
  server.on("checkExpectation", (request, response) => {
    server.emit("request", request, response);
  });
  server.on("connect", (_request, socket) => {
    send(socket, answer("HPE_INVALID_METHOD"));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const { code = "" } = error;
    if (refused.has(socket)) return;
    refused.add(socket);
    const open = current.get(socket);
    if (code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
    } else if (open === undefined) {
      send(socket, answer(code));
    } else if (open.request.listenerCount("error") > 0) {
      open.response.shouldKeepAlive = false;
      open.request.emit("error", error);
    } else {
      socket.destroy();
    }
  });
}

function send(socket: Duplex, { status, reason, headers, body }: RawAnswer): void {
  const lines = Object.entries({
    ...headers,
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n${body}`);
}
