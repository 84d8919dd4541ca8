import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { callerCredentialsFrom } from "./caller.ts";
import { type GracefulStop, gracefulStop } from "./graceful-stop.ts";
import type { Service } from "./http.ts";
import { answer, headFrom, onUnparsed, unparsedRequest, withBody } from "./node-http.ts";
import { looksLikeKey, shown } from "./settings.ts";
import type { TokenGuard } from "./token-guard.ts";

/** Where a server listens, and who runs it. */
export interface Listening {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Whether Function Compute runs us: its headers then bring the request id and the caller's credentials. */
  readonly inFunctionCompute: boolean;
  /** The path that the line on standard error names. */
  readonly path: string;
  /** undefined: nobody is limited by address. */
  readonly guard: TokenGuard | undefined;
}

/** Milliseconds between two looks for requests that are too late. Node's default of 30 s would give them twice their time. */
const LOOK_FOR_LATE_MS = 5_000;

/**
 * FC's custom runtime, a container or a laptop: a function over plain HTTP. SIGINT or SIGTERM ends it when all requests are
 * answered, with code 0; the second one ends it at once.
 */
export function listen(service: Service, listening: Listening): void {
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { inFunctionCompute, guard } = listening;
    const { connection } = stop;
    void stop.during(incoming, outgoing, () =>
      answered(incoming, outgoing, service, { inFunctionCompute, guard, connection }),
    );
  };
  // Node's own refusals have neither our headers nor a log line, so everything is refused here.
  const server = createServer(
    { requireHostHeader: false, connectionsCheckingInterval: LOOK_FOR_LATE_MS },
    onRequest,
  );
  const stop = gracefulStop(server);
  server.on("checkExpectation", onRequest);
  onUnparsed(server, (error) => service.handle(unparsedRequest(error, randomUUID())));
  // FC keeps its connections. Node's default of 5 s would close one during the first request after a freeze.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.on("error", (error: NodeJS.ErrnoException) =>
    ended(`oss-valet cannot listen: ${problemOfListening(error, listening)}`),
  );
  server.listen(listening.port, listening.host, () => {
    const { port } = server.address() as AddressInfo;
    const host = isIPv6(listening.host) ? `[${listening.host}]` : listening.host;
    process.stderr.write(`oss-valet listens on http://${host}:${port}${listening.path}\n`);
  });
  // Without a log nobody could say later who had which credentials.
  process.stdout.on("error", ({ message }) =>
    ended(`oss-valet stops: it cannot write its log to standard output (${message})`),
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stop.connection() === "closes") process.exit(SECOND_SIGNAL[signal]);
      void stop.begin(async () => service.close?.(), process.stdout).then(exit);
    });
  }
}

/** As shells tell that a signal ended a process: 128 and its number. */
const SECOND_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

function exit(unwrittenBytes: number): void {
  if (unwrittenBytes === 0) process.exit(0);
  ended(`oss-valet stops: nobody read the last ${unwrittenBytes} bytes of its log on standard output`);
}

/** Writes a last line and ends the process. */
function ended(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

function problemOfListening({ code, message }: NodeJS.ErrnoException, { host, port }: Listening): string {
  if (code === "EADDRINUSE")
    return `port ${port} of ${host} is in use; set PORT to another port, or to 0 for a free one`;
  if (code === "EACCES") return `this user may not use port ${port}; set PORT to 1024 or more`;
  return code === "ENOTFOUND" || code === "EADDRNOTAVAIL"
    ? `HOST is ${shown(host)}, which is not an address of this machine; write 127.0.0.1 or 0.0.0.0`
    : looksLikeKey(host)
      ? `HOST is ${shown(host)}; write 127.0.0.1 or 0.0.0.0`
      : message;
}

async function answered(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { handle, useCallerCredentials }: Service,
  {
    inFunctionCompute,
    guard,
    connection,
  }: Pick<Listening, "inFunctionCompute" | "guard"> & Pick<GracefulStop, "connection">,
): Promise<void> {
  let requestId: string = randomUUID();
  if (inFunctionCompute) {
    // FC sets these headers and removes them from requests. Outside FC, any caller could send them.
    requestId = headerOf(incoming, "x-fc-request-id") ?? requestId;
    const credentials = callerCredentialsFrom({
      accessKeyId: headerOf(incoming, "x-fc-access-key-id"),
      accessKeySecret: headerOf(incoming, "x-fc-access-key-secret"),
      securityToken: headerOf(incoming, "x-fc-security-token"),
    });
    if (credentials !== undefined) useCallerCredentials(credentials);
  }
  const sourceIp = inFunctionCompute ? undefined : peerOf(incoming);
  const head = headFrom(incoming, { requestId, sourceIp });
  let response = await guard?.before(head);
  if (response === undefined) {
    const request = await withBody(incoming, head).catch(() => undefined);
    if (request === undefined) {
      outgoing.destroy();
      return;
    }
    response = await handle(request);
    await guard?.after(head, response);
  }
  answer(incoming, outgoing, response, connection());
}

/**
 * A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1, but policies compare plain addresses. In FC's custom
 * runtime the peer is FC itself. Credentials bound to FC's address would work for nobody, so the address is unknown.
 */
function peerOf(incoming: IncomingMessage): string | undefined {
  return incoming.socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "");
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
