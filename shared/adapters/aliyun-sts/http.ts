import http, { type Agent, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import https from "node:https";
import { urlToHttpOptions } from "node:url";
import { type ExchangeFailure, StsExchangeError } from "./exchange-error.ts";
import { sdkResponseFrom } from "./sdk-response.ts";

/**
 * Bytes. An AssumeRole answer has a few kB. The length of its token is undocumented ("make no assumptions about the
 * maximum", STS FAQ) and grows with the policy, which has at most 2 kB.
 */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Milliseconds. A socket that was idle for longer may be dead without a sign, as the instance may have been frozen: only
 * a deadline would show it. A new TLS handshake is cheaper than that deadline.
 */
const MAX_SOCKET_IDLE_MS = 3_000;

/** Idle sockets to keep. Assumption: more concurrent calls are a short burst. */
const MAX_FREE_SOCKETS = 64;

const HTTP_AGENT = new http.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });
const HTTPS_AGENT = new https.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });

/** When each socket's last exchange ended. Wall clock: a frozen instance's monotonic clock may stand still. */
const lastUsedMs = new WeakMap<object, number>();

/**
 * One HTTP exchange, in place of httpx's `request`. There the read timer outlives the call (it cancels the timeout of the
 * next call on that socket, and retains 8 kB per call), and reading a body has no time limit. Here `readTimeout`
 * (milliseconds) limits the whole exchange, and the timer ends with it. Rejects with {@link StsExchangeError}.
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
      // Exactly the signed text: a URL parser would escape some characters differently.
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

/** Closes sockets that have been idle for longer than `idleMs`; -1 closes every idle one. */
export function closeIdleSockets(idleMs: number): void {
  const beforeMs = Date.now() - idleMs;
  for (const agent of [HTTP_AGENT, HTTPS_AGENT] satisfies Agent[]) {
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of [...(sockets ?? [])]) {
        if ((lastUsedMs.get(socket) ?? 0) >= beforeMs) continue;
        // "close" would come a tick late, and the next request could get this socket.
        socket.emit("agentRemove");
        socket.destroy();
      }
    }
  }
}
