import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** How the server answers a request: it writes the answer itself, or leaves it hanging. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** An issuer's web server on a loopback address, which counts who asked for what. */
export interface JwksServer {
  /** Without a slash at the end. */
  readonly origin: string;
  readonly jwksUrl: string;
  /** The paths asked for, in order. */
  readonly requests: readonly string[];
  /** How it answers from now on, whatever the path; a path of its own comes first. */
  answer(how: Answer, path?: string): void;
  close(): Promise<void>;
}

export async function startJwksServer(tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<JwksServer> {
  const requests: string[] = [];
  const byPath = new Map<string, Answer>();
  let anyPath: Answer = status(404);
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "";
    requests.push(path);
    (byPath.get(path) ?? anyPath)(response, request);
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    jwksUrl: `${origin}/jwks.json`,
    requests,
    answer: (how, path) => {
      if (path === undefined) anyPath = how;
      else byPath.set(path, how);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** 200 with a key set. */
export function keySet(...keys: readonly unknown[]): Answer {
  return json({ keys });
}

export function json(value: unknown): Answer {
  return text(JSON.stringify(value));
}

export function text(body: string | Buffer, statusCode = 200): Answer {
  return (response) => response.writeHead(statusCode).end(body);
}

export function status(statusCode: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => response.writeHead(statusCode, headers).end();
}

/** Accepts the request and never answers. */
export const hang: Answer = () => undefined;

/** 200, the beginning of a key set, and then one blank at a time, for ever. */
export const drip: Answer = (response) => {
  response.writeHead(200).write('{"keys":[');
  const timer = setInterval(() => response.write(" "), 20);
  response.on("close", () => clearInterval(timer));
};

/** 200 and blanks without an end, as fast as they are read. */
export const endless: Answer = (response) => {
  const blanks = Buffer.alloc(16_384, " ");
  const write = () => {
    while (!response.destroyed && response.write(blanks));
  };
  response.writeHead(200).on("drain", write);
  write();
};

/** 200, half a key set, and the end of the connection. */
export const breakOff: Answer = (response) => {
  response.writeHead(200, { "content-length": "1000" }).write('{"keys":[');
  setImmediate(() => response.destroy());
};
