import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { accessFile } from "#access-rules";
import { answer, httpRequestFrom, onUnparsed, unparsedRequest } from "../http/node-http.ts";
import { callerCredentialsFrom, composedService, type Service } from "./compose.ts";
import { type Config, ConfigError } from "./config.ts";

/** FC's custom runtime, a container or a laptop: the same service over plain HTTP. */
function serve(): void {
  const service = composedService(process.env, accessFile, "environment");
  const { config } = service;
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    void answered(incoming, outgoing, service);
  };
  // What Node refuses by itself has neither our headers nor a line in the log: all of it is refused here.
  const server = createServer({ requireHostHeader: false }, onRequest);
  server.on("checkExpectation", onRequest);
  onUnparsed(server, (error) => service.handle(unparsedRequest(error, randomUUID())));
  // FC keeps its connections; Node's default of 5 s would close one under the first request after a freeze.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.on("error", (error: NodeJS.ErrnoException) =>
    ended(`oss-valet cannot listen: ${problemOfListening(error, config)}`),
  );
  server.listen(config.port, config.host, () => {
    const { port } = server.address() as AddressInfo;
    const host = isIPv6(config.host) ? `[${config.host}]` : config.host;
    process.stderr.write(`oss-valet listens on http://${host}:${port}/credentials\n`);
  });
  // Without a log nobody could say later who had which credentials.
  process.stdout.on("error", ({ message }) =>
    ended(`oss-valet ends: its log cannot be written to standard output (${message})`),
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
      // Requests under way have this long to end.
      setTimeout(() => process.exit(0), 5_000).unref();
    });
  }
}

/** Writes a last line, and ends. */
function ended(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

function problemOfListening({ code, message }: NodeJS.ErrnoException, { host, port }: Config): string {
  if (code === "EADDRINUSE")
    return `port ${port} of ${host} is taken; write another PORT, or 0 for a free one`;
  if (code === "EACCES") return `port ${port} is not for this user; write a PORT of 1024 or more`;
  return code === "ENOTFOUND" || code === "EADDRNOTAVAIL"
    ? `HOST is ${JSON.stringify(host)}, which is no address of this machine; write 127.0.0.1 or 0.0.0.0`
    : message;
}

async function answered(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { config, handle, useCallerCredentials }: Service,
): Promise<void> {
  let requestId: string = randomUUID();
  if (config.inFunctionCompute) {
    // FC sets these itself and lets no caller send headers of this name; anywhere else they are anybody's.
    requestId = headerOf(incoming, "x-fc-request-id") ?? requestId;
    const credentials = callerCredentialsFrom({
      accessKeyId: headerOf(incoming, "x-fc-access-key-id"),
      accessKeySecret: headerOf(incoming, "x-fc-access-key-secret"),
      securityToken: headerOf(incoming, "x-fc-security-token"),
    });
    if (credentials !== undefined) useCallerCredentials(credentials);
  }
  const sourceIp = config.inFunctionCompute ? undefined : peerOf(incoming);
  const request = await httpRequestFrom(incoming, { requestId, sourceIp }).catch(() => undefined);
  if (request === undefined) outgoing.destroy();
  else answer(incoming, outgoing, await handle(request));
}

/**
 * A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1; policies compare plain ones. In FC's custom runtime the
 * peer is FC itself: credentials bound to its address would work for nobody, so there it counts as unknown.
 */
function peerOf(incoming: IncomingMessage): string | undefined {
  return incoming.socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "");
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
