import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Certificates } from "./certificates.ts";

export interface TlsOptions {
  readonly certificates: Certificates;
  /** The host when the client sends no server name (SNI); undefined: such a client is refused. */
  readonly unnamed: string | undefined;
  /** Whether the client may ask for this name, in lower case. */
  readonly accepts: (serverName: string) => boolean;
  /** The handshake is over. `host`: the name that the certificate is for. */
  readonly onSecure: (socket: TLSSocket, host: string) => void;
  /** The client asked for a name that is not accepted, or for none: Node.js cuts the connection. */
  readonly onRefused: (serverName: string | undefined) => void;
  /** The client does not trust the certificate. */
  readonly onDistrust: () => void;
}

/** Milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 30_000;

/** The connection below a TLS connection that `speakTls` made; otherwise the connection itself. */
export function connectionOf(socket: Socket): Socket {
  return below.get(socket) ?? socket;
}

const below = new WeakMap<Socket, Socket>();

/** Does the server's part of a TLS handshake on a connection. HTTP/1.1 only. */
export async function speakTls(raw: Socket, options: TlsOptions): Promise<void> {
  const { certificates, unnamed } = options;
  // A client that goes away in the middle is no error of ours.
  raw.on("error", () => raw.destroy());
  const unnamedCertificate = unnamed === undefined ? undefined : await certificates.for(unnamed);
  let named: string | undefined;
  const server = createServer({
    ...(unnamedCertificate === undefined
      ? {}
      : { key: unnamedCertificate.key, cert: unnamedCertificate.cert }),
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    SNICallback: (serverName, done) => {
      named = serverName.toLowerCase();
      if (!options.accepts(named)) {
        options.onRefused(named);
        done(new Error("the name is not served"));
        return;
      }
      certificates.for(named).then(
        ({ context }) => done(null, context),
        (error: Error) => done(error),
      );
    },
  });
  server.on("secureConnection", (socket) => {
    const host = named ?? unnamed;
    if (host === undefined) {
      socket.destroy();
      return;
    }
    below.set(socket, raw);
    // In TLS 1.3 the client's alert comes after the server's part of the handshake.
    socket.once("error", (error) => {
      if (isDistrust(error)) options.onDistrust();
    });
    options.onSecure(socket, host);
  });
  server.on("tlsClientError", (error, socket) => {
    if (isDistrust(error)) options.onDistrust();
    else if (named === undefined && unnamed === undefined) options.onRefused(undefined);
    socket.destroy();
    raw.destroy();
  });
  server.emit("connection", raw);
}

/** Alerts of clients that do not know the authority, or do not take its certificate. */
function isDistrust(error: Error): boolean {
  return /ALERT_(UNKNOWN_CA|CERTIFICATE_UNKNOWN|BAD_CERTIFICATE)/.test(
    (error as NodeJS.ErrnoException).code ?? "",
  );
}
