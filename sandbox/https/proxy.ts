import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { LoopbackServer } from "../http.ts";
import type { Certificates } from "./certificates.ts";
import type { NamedService } from "./cloud-names.ts";
import { type ConnectionServer, connectionServer } from "./connections.ts";
import { PLACEHOLDER_ADDRESS } from "./host-names.ts";
import { connectTarget, plainRequest, type Target } from "./proxy-request.ts";
import type { Refused } from "./refusals.ts";
import { readSocksRequest, SOCKS_5 } from "./socks.ts";
import { speakTls } from "./tls.ts";
import type { Tunnels } from "./tunnels.ts";

export interface ProxyOptions {
  /** 0: a free one. */
  readonly port: number;
  readonly doors: Readonly<Record<NamedService, LoopbackServer>>;
  readonly serviceOf: (host: string) => NamedService | undefined;
  /** Whether there can be a certificate for a host. */
  readonly mayCertify: (host: string) => boolean;
  readonly certificates: Certificates;
  readonly tunnels: Tunnels;
  readonly refused: Refused;
  readonly distrusted: (host: string) => void;
}

/** Bytes; that of the doors. */
const MAX_HEADER_BYTES = 65_536;

/** The first byte of a TLS connection: a handshake record. Source: RFC 8446, section 5.1. */
const TLS_HANDSHAKE = 0x16;

/**
 * An HTTP proxy that answers for the cloud's names itself. No request leaves the machine and no name is looked up: a
 * name that is not served gets 403. There are four ways in:
 *
 * - `CONNECT host:443` with TLS inside, or `CONNECT host:80` with plain HTTP inside;
 * - `GET http://host/path`, plain HTTP;
 * - SOCKS 5, for Java;
 * - the bytes of a client that believes it is connected to the host (node-proxy.cjs): the TLS server name, or the Host
 *   header, names the host.
 */
export async function proxyServer(options: ProxyOptions): Promise<ConnectionServer> {
  const { doors, serviceOf, mayCertify, certificates, tunnels, refused, distrusted } = options;
  // The parser is that of OSS's door. No request goes on from here, so none can be smuggled.
  const plain = createServer({ maxHeaderSize: MAX_HEADER_BYTES, insecureHTTPParser: true }, answerPlain);
  plain.on("connect", answerConnect);
  return connectionServer(options.port, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      const first: Buffer | null = socket.read();
      if (first === null) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      if (first[0] === SOCKS_5) void answerSocks(socket);
      else if (first[0] === TLS_HANDSHAKE) secure(socket, undefined);
      else plain.emit("connection", socket);
    });
  });

  async function answerSocks(socket: Socket): Promise<void> {
    const asked = await readSocksRequest(socket);
    if (asked === undefined) {
      socket.destroy();
      return;
    }
    const { host = "an IPv6 address", port, reply } = asked;
    // A client that looked the name up in the hosts file: the bytes that follow name the host.
    const isUnnamed = host === PLACEHOLDER_ADDRESS && (port === 443 || port === 80);
    const target = connectTarget(`${host}:${port}`);
    const problem = isUnnamed ? undefined : "problem" in target ? target.problem : problemOf(target);
    if (problem !== undefined) {
      refused(`SOCKS to ${host}:${port}`, problem, 0);
      reply("refused");
      socket.end();
      return;
    }
    reply("connected");
    const named = isUnnamed || "problem" in target ? undefined : target;
    if (port === 443) secure(socket, named);
    else if (named !== undefined) handOver(socket, named);
    else plain.emit("connection", socket);
  }

  function answerPlain(message: IncomingMessage, response: ServerResponse): void {
    const asked = plainRequest(message);
    const refuse = (status: number, problem: string, host = hostPart(message.url)) => {
      refused(`${message.method} ${host}`, problem, status);
      message.resume();
      response.writeHead(status, { "content-type": "text/plain;charset=utf-8", connection: "close" });
      response.end(sentence(problem));
    };
    if ("problem" in asked) {
      refuse(400, asked.problem);
      return;
    }
    const service = serviceOf(asked.target.host);
    if (service === undefined) {
      refuse(403, notServed(asked.target.host), `http://${asked.target.host}`);
      return;
    }
    message.url = asked.path;
    doors[service].handle(message, response);
  }

  function answerConnect(message: IncomingMessage, socket: Socket, head: Buffer): void {
    // Node.js no longer listens to the connection.
    socket.on("error", () => socket.destroy());
    const target = connectTarget(message.url ?? "");
    const problem = "problem" in target ? target.problem : problemOf(target);
    if (problem !== undefined || "problem" in target) {
      refused(`CONNECT ${message.url}`, problem ?? "", 403);
      const body = sentence(problem ?? "");
      socket.end(
        `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain;charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    if (target.port === 443) secure(socket, target);
    else handOver(socket, target);
  }

  /** `target`: that of CONNECT; undefined: the server name alone decides. */
  function secure(socket: Socket, target: Target | undefined): void {
    void speakTls(socket, {
      certificates,
      unnamed: target?.host,
      accepts: (name) =>
        (target === undefined || name === target.host) && problemOf({ host: name, port: 443 }) === undefined,
      onSecure: (inside, host) => handOver(inside, { host, port: 443 }),
      onRefused: (name) =>
        refused(
          `TLS for ${name ?? "no server name"}`,
          name === undefined
            ? "the client names no host"
            : target === undefined || name === target.host
              ? (problemOf({ host: name, port: 443 }) ?? notServed(name))
              : `the connection is for ${target.host}`,
          0,
        ),
      onDistrust: () => distrusted(target?.host ?? "the host"),
    });
  }

  function handOver(socket: Socket, target: Target): void {
    const service = serviceOf(target.host);
    if (service === undefined) {
      socket.destroy();
      return;
    }
    tunnels.opened(socket, target);
    doors[service].accept(socket);
  }

  function problemOf({ host, port }: Target): string | undefined {
    if (serviceOf(host) === undefined) return notServed(host);
    return port === 443 && !mayCertify(host)
      ? `${host} was added after the start; the authority of this run can make no certificate for it`
      : undefined;
  }
}

function notServed(host: string): string {
  return `${host} is not a name of STS, RAM, OSS or FC, nor a bucket's own, and no request leaves this machine`;
}

function sentence(problem: string): string {
  return `The sandbox's proxy refuses this request: ${problem}.\n`;
}

/** Without path and query, in which there may be a signature. */
function hostPart(url = "/"): string {
  return /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? "/";
}
