import type { IncomingMessage } from "node:http";

/** The host and the port that a request through the proxy is for. */
export interface Target {
  /** In lower case, without a port. */
  readonly host: string;
  readonly port: 80 | 443;
}

/** Why a request is not answered; completes "The sandbox's proxy refuses <what>: …". */
export interface TargetProblem {
  readonly problem: string;
}

/** What `CONNECT host:port` asks for. */
export function connectTarget(authority: string): Target | TargetProblem {
  const [, host, port] = /^([^:@/?#\s]+):(\d+)$/.exec(authority) ?? [];
  if (host === undefined || port === undefined) return { problem: "it is not a host name and a port" };
  if (port !== "443" && port !== "80") return { problem: `port ${port} is not 443 or 80` };
  return targetAt(host, port === "443" ? 443 : 80);
}

/** A plain request: its target, and the path and query for the service. */
export type PlainRequest = { readonly target: Target; readonly path: string } | TargetProblem;

/**
 * `GET http://host/path`, as proxies get it, or `GET /path` with the host in the Host header. Both must name the same
 * host: a service goes by the Host header.
 */
export function plainRequest(message: IncomingMessage): PlainRequest {
  const header = hostHeader(message);
  if ("problem" in header) return header;
  const url = message.url ?? "/";
  if (url.startsWith("/")) {
    const target = plainTarget(header.host, header.port);
    return "problem" in target
      ? { problem: "this is a proxy: set HTTPS_PROXY and HTTP_PROXY to this address" }
      : { target, path: url };
  }
  if (/^https:/i.test(url)) return { problem: "a proxy gets https with CONNECT" };
  const [, host, port, path = ""] = /^http:\/\/([^:@/?#\s]+)(?::(\d+))?([/?].*)?$/i.exec(url) ?? [];
  if (host === undefined) return { problem: "it is not an address that begins with http://" };
  const target = plainTarget(host, port);
  if ("problem" in target) return target;
  if (!isHeaderOf(header, target)) return { problem: "its Host header names another host" };
  return { target, path: path.startsWith("/") ? path : `/${path}` };
}

/** Whether a request that came through `CONNECT` for the target is for the target. */
export function isFor(message: IncomingMessage, target: Target): boolean {
  const header = hostHeader(message);
  return !("problem" in header) && isHeaderOf(header, target) && (message.url ?? "").startsWith("/");
}

interface HostHeader {
  readonly host: string;
  readonly port: string | undefined;
}

/** Node.js takes the first of several Host headers; here a second one is a mistake. */
function hostHeader(message: IncomingMessage): HostHeader | TargetProblem {
  const names = message.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.filter((name) => name === "host").length !== 1) return { problem: "it needs one Host header" };
  const [, host, port] = /^([^:@/?#\s]+)(?::(\d+))?$/.exec(message.headers.host ?? "") ?? [];
  if (host === undefined) return { problem: "its Host header is not a host name" };
  return { host: host.toLowerCase(), port };
}

function isHeaderOf(header: HostHeader, { host, port }: Target): boolean {
  return header.host === host && (header.port === undefined || header.port === String(port));
}

function plainTarget(host: string, port: string | undefined): Target | TargetProblem {
  return port === undefined || port === "80"
    ? targetAt(host, 80)
    : { problem: `port ${port} of http is not 80` };
}

function targetAt(host: string, port: Target["port"]): Target {
  return { host: host.toLowerCase(), port };
}
