import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type AnswerToMalformed, answerMalformed } from "./malformed-request.ts";
import { guarded, type ServiceListener } from "./service-listener.ts";

/** Milliseconds. Longer than any client keeps an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;

/** Bytes. Node.js would refuse with 431 what the services mean to answer themselves (FC: 400 from 8 KB on). */
const MAX_HEADER_BYTES = 65_536;

/** A server on the loopback interface that knows its address before it knows what to answer. */
export interface LoopbackServer {
  /** e.g. http://127.0.0.1:41234, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Until it is called, requests wait. */
  answerWith(listener: ServiceListener): void;
  /** Answers on a connection that somebody else opened, e.g. one inside TLS. */
  accept(socket: Socket): void;
  /** Answers a request that somebody else read. */
  readonly handle: RequestListener;
  /** Ends at once: open connections are cut. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1, nowhere else. Port 0 takes a free one. Rejects with EADDRINUSE when the port is taken.
 * `malformed` is for a service that takes more than HTTP allows: the parser is lenient then, so its listener must refuse
 * what the real service refuses. It answers what even that parser does not read.
 */
export async function loopbackServer(port = 0, malformed?: AnswerToMalformed): Promise<LoopbackServer> {
  let listen: (listener: ServiceListener) => void = () => undefined;
  const listening = new Promise<ServiceListener>((resolve) => {
    listen = resolve;
  });
  const handle = guarded(async (request, response) => (await listening)(request, response));
  const lenient = malformed === undefined ? {} : { insecureHTTPParser: true, requireHostHeader: false };
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, ...lenient }, handle);
  if (malformed !== undefined) answerMalformed(server, malformed);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    answerWith: listen,
    accept: (socket) => void server.emit("connection", socket),
    handle,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The whole body; undefined when it is longer than `maxBytes`, or where the client went away in the middle. */
export function wholeBody(message: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on("data", (chunk: Buffer) => {
      length += chunk.length;
      // What is left is read and thrown away: cutting the connection would cut the answer off too.
      if (length > maxBytes) resolve(undefined);
      else chunks.push(chunk);
    });
    message.on("end", () => resolve(Buffer.concat(chunks)));
    message.on("close", () => resolve(undefined));
    message.on("error", () => resolve(undefined));
  });
}

/** The object that a body is in JSON; undefined when it is anything else. */
export function jsonObjectFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
