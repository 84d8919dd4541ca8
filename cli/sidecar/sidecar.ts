import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Credentials, LiveCredentials } from "../../client/src/live-credentials.ts";
import { ValetError } from "../../client/src/valet-error.ts";
import { credentialsAnswer, errorAnswer, type SidecarAnswer, secondsOf } from "./credentials-answer.ts";
import { messageOf } from "./error-message.ts";
import { refusalFor } from "./local-request.ts";

export interface SidecarOptions {
  readonly live: Pick<LiveCredentials, "get" | "now">;
  /** 0: a free one. */
  readonly port: number;
  /** The function's URL, for messages. */
  readonly endpoint: string;
  /** This machine's time in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Gets one line a request, without a secret. */
  readonly log: (line: string) => void;
}

/** A server of the credentials_uri protocol on this machine. */
export interface Sidecar {
  /** The address with its secret path: the value of ALIBABA_CLOUD_CREDENTIALS_URI. */
  readonly uri: string;
  /** Lets the requests under way end, for two seconds at most. */
  stop(): Promise<void>;
}

/** Bytes of the secret path: 256 bits. */
const SECRET_BYTES = 32;
/** Bytes. The longest request of an SDK has a few hundred. */
const MAX_REQUEST_BYTES = 8192;
/** Milliseconds to send a request, and for which an idle connection stays. */
const REQUEST_MS = 5000;
/** Milliseconds for requests under way when the sidecar stops. */
const STOP_MS = 2000;
/** Characters of a header that the log shows. */
const MAX_LOGGED = 80;

/** Listens on 127.0.0.1, nowhere else. Rejects with EADDRINUSE when the port is taken. */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const server = createServer({
    maxHeaderSize: MAX_REQUEST_BYTES,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: REQUEST_MS,
    connectionsCheckingInterval: REQUEST_MS,
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response, { port, secret }, options);
  });
  return { uri: `http://127.0.0.1:${port}/${secret}`, stop: () => stopped(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  door: Parameters<typeof refusalFor>[1],
  { live, endpoint, nowMs, log }: SidecarOptions,
): Promise<void> {
  const say = (what: string) => log(`${secondsOf(new Date(nowMs()))} ${what}, ${callerOf(request)}`);
  const { method = "", url: target = "", headersDistinct: headers } = request;
  const refusal = refusalFor({ method, target, headers }, door);
  if (refusal !== undefined) {
    say(`404 refused: ${refusal}`);
    response.writeHead(404, { Connection: "close", "Content-Length": "0" }).end();
    return;
  }
  let credentials: Credentials;
  try {
    credentials = await live.get({ fresh: true });
  } catch (error) {
    if (!(error instanceof ValetError)) {
      // A bug: the client package throws ValetError alone. Its words could hold anything.
      say(`500 InternalError (${error instanceof Error ? error.name : typeof error})`);
      response.writeHead(500, { "Content-Length": "0" }).end();
      return;
    }
    const message = messageOf(error, endpoint);
    const refused = errorAnswer(error, message);
    say(`${refused.status} ${error.code}: ${message}`);
    send(refused, response);
    return;
  }
  const given = credentialsAnswer(credentials, live.now() - nowMs());
  say(`200 credentials until ${given.body["Expiration"]}`);
  send(given, response);
}

function send({ status, headers, body }: SidecarAnswer, response: ServerResponse): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      ...headers,
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": String(Buffer.byteLength(text)),
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    })
    .end(text);
}

/** Quoted, so that a header cannot begin a line of its own. */
function callerOf({ headers }: IncomingMessage): string {
  return `asked by ${JSON.stringify((headers["user-agent"] ?? "").slice(0, MAX_LOGGED))}`;
}

function stopped(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), STOP_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
