import http, { type Agent, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";
import { urlToHttpOptions } from "node:url";
import { type ExchangeFailure, StsExchangeError } from "./exchange-error.ts";
import { sdkResponseFrom } from "./sdk-response.ts";

/**
 * Bytes. An AssumeRole answer is a few kB: the token's length is undocumented ("make no assumptions about the
 * maximum", STS FAQ) and grows with the policy, whose limit is 2 kB.
 */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Milliseconds. A socket that has been idle for longer may have died in silence while the instance was frozen:
 * nothing but a deadline tells. One more TLS handshake is cheaper than that deadline.
 */
const MAX_SOCKET_IDLE_MS = 3_000;

/** Sockets that are kept for later calls; assumption: more concurrent calls than that are a burst. */
const MAX_FREE_SOCKETS = 64;

const HTTP_AGENT = new http.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });
const HTTPS_AGENT = new https.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });

/** When each socket's last exchange ended. Wall clock: a frozen instance's monotonic clock may stand still. */
const lastUsedMs = new WeakMap<object, number>();

/**
 * One HTTP exchange in the place of httpx's `request`, whose read timer outlives the call (it then cancels the
 * timeout of the next call on that socket, and retains 8 kB a call meanwhile) and which never bounds the reading
 * of a body. Here `readTimeout` (milliseconds) bounds the whole exchange, and its timer ends with it.
 * Rejects with {@link StsExchangeError}.
 */
export function exchange(
  url: string,
  options: {
    readonly method?: string | undefined;
    readonly headers?: OutgoingHttpHeaders | undefined;
    readonly readTimeout?: number | undefined;
  },
): Promise<IncomingMessage> {
  const pathStart = url.indexOf("/", url.indexOf("://") + 3);
  const origin = urlToHttpOptions(new URL(url.slice(0, pathStart)));
  const secure = origin.protocol === "https:";
  closeIdleSockets(MAX_SOCKET_IDLE_MS);
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request({
      protocol: origin.protocol,
      hostname: origin.hostname,
      port: origin.port,
      // As signed: a URL parser would escape some of it differently.
      path: url.slice(pathStart),
      method: options.method,
      headers: options.headers,
      agent: secure ? HTTPS_AGENT : HTTP_AGENT,
    });
    const deadline = setTimeout(() => fail("timeout"), options.readTimeout);
    const fail = (because: ExchangeFailure, errorCode?: string) => {
      clearTimeout(deadline);
      request.destroy();
      reject(new StsExchangeError(because, { errorCode }));
    };
    const broken = ({ code }: NodeJS.ErrnoException) => fail("network", code);
    request.on("error", broken);
    request.on("response", (response) => {
      const { socket } = response;
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) fail("answer too large");
      });
      response.on("error", broken);
      response.on("end", () => {
        clearTimeout(deadline);
        lastUsedMs.set(socket, Date.now());
        const answer = sdkResponseFrom(response, Buffer.concat(chunks, bytes));
        if (answer instanceof StsExchangeError) reject(answer);
        else resolve(answer);
      });
    });
    request.end();
  });
}

/** Takes sockets that have been idle for longer than `idleMs` out of the pool; -1: every idle one. */
export function closeIdleSockets(idleMs: number): void {
  const beforeMs = Date.now() - idleMs;
  for (const agent of [HTTP_AGENT, HTTPS_AGENT] satisfies Agent[]) {
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of [...(sockets ?? [])]) {
        if ((lastUsedMs.get(socket) ?? 0) >= beforeMs) continue;
        // At once, where "close" would come a tick late: the next request must not be given this socket.
        socket.emit("agentRemove");
        socket.destroy();
      }
    }
  }
}
