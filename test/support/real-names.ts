import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import tls from "node:tls";
import { onTestFinished, vi } from "vitest";
import { selfSignedCertificate } from "./self-signed.ts";

/** What stands behind names of the real world. */
export interface RealNames {
  /** Every request so far, such as `PUT https://files.example.com/a.txt`, without its query. */
  readonly asked: string[];
}

/**
 * Until the end of the test, this process reaches a loopback server under these names, over TLS: it passes each request on
 * to `target` with its `Host`. `names` says for each name which name its certificate has; this process trusts it.
 */
export async function realNames(
  target: string,
  names: Readonly<Record<string, string>>,
  { validDays = 90 }: { readonly validDays?: number } = {},
): Promise<RealNames> {
  const asked: string[] = [];
  const certificates = new Map(
    Object.values(names).map((name) => [name, selfSignedCertificate(name, validDays)] as const),
  );
  const trusted = [...certificates.values()].map(({ cert }) => cert);
  const contexts = new Map(
    [...certificates].map(([name, certificate]) => [name, tls.createSecureContext(certificate)] as const),
  );
  const server = createServer(
    { SNICallback: (name, done) => done(null, contexts.get(names[name] ?? "")) },
    (message, response) => {
      asked.push(`${message.method} https://${message.headers.host}${(message.url ?? "").split("?")[0]}`);
      passOn(target, message, response);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const { createSecureContext } = tls;
  vi.spyOn(tls, "createSecureContext").mockImplementation((options = {}) =>
    createSecureContext({ ca: [...tls.rootCertificates, ...trusted], ...options }),
  );
  const { connect } = Socket.prototype;
  vi.spyOn(Socket.prototype, "connect").mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [options, heard] = (Array.isArray(args[0]) ? args[0] : args) as [object, (() => void)?];
    const { host } = Object(options) as { readonly host?: string };
    const to = host !== undefined && host in names ? { host: "127.0.0.1", port } : {};
    return connect.call(this, { ...options, ...to } as never, heard as never);
  });
  onTestFinished(async () => {
    vi.restoreAllMocks();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { asked };
}

function passOn(target: string, message: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = message;
  const { hostname, port } = new URL(target);
  const call = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  call.on("error", () => response.destroy());
  message.pipe(call);
}
