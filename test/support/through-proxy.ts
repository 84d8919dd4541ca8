import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";

/** An HTTP answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A list: the header is sent so many times. */
type Headers = Readonly<Record<string, string | readonly string[]>>;

/** A request through the proxy, in plain text: `GET http://host/path`, or whatever else `target` holds. */
export async function plainThroughProxy(
  proxy: string,
  target: string,
  options: {
    readonly headers?: Headers;
    readonly method?: string;
  } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(proxy);
  const host = /^http:\/\/([^/?]*)/i.exec(target)?.[1];
  return answerTo(
    request({
      hostname,
      port,
      agent: false,
      method: options.method ?? "GET",
      path: target,
      headers: sent({ ...(host === undefined ? {} : { host }), ...options.headers }),
    }),
  );
}

/** What the proxy answers to CONNECT, and the connection when it is 200. */
export async function tunnelTo(
  proxy: string,
  authority: string,
): Promise<Answer & { readonly socket: Socket }> {
  const { hostname, port } = new URL(proxy);
  const asked = request({ hostname, port, agent: false, method: "CONNECT", path: authority });
  asked.end();
  const [response, socket, head] = (await once(asked, "connect")) as [IncomingMessage, Socket, Buffer];
  const status = response.statusCode ?? 0;
  if (status === 200) return { status, headers: response.headers, body: "", socket };
  const rest = await text(socket);
  return { status, headers: response.headers, body: head.toString() + rest, socket };
}

/** TLS inside a tunnel. Rejects when the certificate is not trusted, or the handshake fails. */
export async function secured(
  socket: Socket,
  options: { readonly servername: string; readonly ca: string },
): Promise<TLSSocket> {
  const inside = connect({ socket, ALPNProtocols: ["http/1.1"], ...options });
  await once(inside, "secureConnect");
  return inside;
}

/** A request inside a tunnel or a TLS connection. */
export function requestOn(
  socket: Socket,
  options: {
    readonly headers: Headers;
    readonly path?: string;
    readonly method?: string;
  },
): Promise<Answer> {
  return answerTo(
    request({
      createConnection: () => socket,
      method: options.method ?? "GET",
      path: options.path ?? "/",
      headers: sent(options.headers),
    }),
  );
}

/** `GET https://host/path` through the proxy, as a client does it that trusts `ca`. */
export async function httpsThroughProxy(
  proxy: string,
  host: string,
  options: {
    readonly ca: string;
    readonly path?: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Answer> {
  const { socket, status, body } = await tunnelTo(proxy, `${host}:443`);
  if (status !== 200) throw new Error(`CONNECT ${host}:443: ${status} ${body}`);
  const inside = await secured(socket, { servername: host, ca: options.ca });
  return requestOn(inside, { ...options, headers: { host, ...options.headers } });
}

/** As a list, to which Node.js adds no Host. */
function sent(headers: Headers): readonly string[] {
  return [...Object.entries(headers), ["connection", "close"] as const].flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [name, value]),
  );
}

async function answerTo(asked: ReturnType<typeof request>): Promise<Answer> {
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}
