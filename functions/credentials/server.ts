import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { accessFile } from "#access-rules";
import { callerCredentialsFrom, composedService, type Service } from "./compose.ts";
import { type Config, ConfigError } from "./config.ts";
import type { HttpRequest } from "./http.ts";

/** Bytes, after which no more of a body is read. */
const MAX_READ_BYTES = 64 * 1024;

/** FC's custom runtime, a container or a laptop: the same service over plain HTTP. */
function serve(): void {
  const service = composedService(process.env, accessFile, "environment");
  const { config } = service;
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, service);
  });
  // FC keeps its connections; Node's default of 5 s would close one under the first request after a freeze.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.on("error", (error: NodeJS.ErrnoException) => {
    process.stderr.write(`oss-valet cannot listen: ${problemOfListening(error, config)}\n`);
    process.exit(1);
  });
  server.listen(config.port, config.host, () => {
    const { port } = server.address() as AddressInfo;
    process.stderr.write(`oss-valet listens on http://${config.host}:${port}/credentials\n`);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
      // Requests under way have this long to end.
      setTimeout(() => process.exit(0), 5_000).unref();
    });
  }
}

function problemOfListening({ code, message }: NodeJS.ErrnoException, { host, port }: Config): string {
  if (code === "EADDRINUSE")
    return `port ${port} of ${host} is taken; write another PORT, or 0 for a free one`;
  if (code === "EACCES") return `port ${port} is not for this user; write a PORT of 1024 or more`;
  return code === "ENOTFOUND" || code === "EADDRNOTAVAIL"
    ? `HOST is ${JSON.stringify(host)}, which is no address of this machine; write 127.0.0.1 or 0.0.0.0`
    : message;
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, service: Service): Promise<void> {
  let requestId: string = randomUUID();
  if (service.config.inFunctionCompute) {
    // FC sets these itself and lets no caller send headers of this name; anywhere else they are anybody's.
    requestId = headerOf(incoming, "x-fc-request-id") ?? requestId;
    const credentials = callerCredentialsFrom({
      accessKeyId: headerOf(incoming, "x-fc-access-key-id"),
      accessKeySecret: headerOf(incoming, "x-fc-access-key-secret"),
      securityToken: headerOf(incoming, "x-fc-security-token"),
    });
    if (credentials !== undefined) service.useCallerCredentials(credentials);
  }
  const body = await bodyOf(incoming).catch(() => undefined);
  if (body === undefined) {
    outgoing.destroy();
    return;
  }
  const response = await service.handle(httpRequestFrom(incoming, body, requestId, service.config));
  outgoing.writeHead(response.status, {
    ...response.headers,
    ...(response.status === 204 ? {} : { "Content-Length": Buffer.byteLength(response.body) }),
    // What was not read would be taken for the next request.
    ...(incoming.complete ? {} : { Connection: "close" }),
  });
  outgoing.end(response.body);
}

function httpRequestFrom(
  incoming: IncomingMessage,
  body: Buffer,
  requestId: string,
  { inFunctionCompute }: Pick<Config, "inFunctionCompute">,
): HttpRequest {
  const [path = "/", ...query] = (incoming.url ?? "/").split("?");
  // Not `headers`: there Node keeps the first of two Authorization headers and says nothing of the other.
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const name = (incoming.rawHeaders[i] ?? "").toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), incoming.rawHeaders[i + 1] ?? ""]);
  }
  return {
    method: incoming.method ?? "",
    path,
    query: [...new URLSearchParams(query.join("?"))],
    headers,
    body,
    sourceIp: inFunctionCompute ? undefined : peerOf(incoming),
    requestId,
  };
}

/**
 * A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1; policies compare plain ones. In FC's custom runtime the
 * peer is FC itself: credentials bound to its address would work for nobody, so there it counts as unknown.
 */
function peerOf(incoming: IncomingMessage): string | undefined {
  return incoming.socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "");
}

/** The body, or as much of it as is read: request.ts refuses a far smaller one. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Destroying what is left unread would take the socket, and the answer, with it.
  const chunksRead: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  for await (const chunk of chunksRead) {
    length += chunk.length;
    chunks.push(chunk);
    if (length > MAX_READ_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

try {
  serve();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
