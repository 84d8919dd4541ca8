import http, {
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from "node:http";
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
 * Milliseconds of wall clock. Sockets that were idle for longer are closed before the next call. Ours: an instance that
 * has one call a minute keeps its TLS connection. Function Compute ends idle instances after some minutes anyway.
 */
const MAX_IDLE_MS = 60_000;

/** Idle sockets to keep. Assumption: more concurrent calls are a short burst. */
const MAX_FREE_SOCKETS = 64;

/** Without Nagle's delay (Node's default). Of the idle sockets, the one that was used last comes first. */
const PLAIN = {
  request: http.request,
  agent: new http.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS, scheduling: "lifo" }),
};
const SECURE = {
  request: https.request,
  agent: new https.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS, scheduling: "lifo" }),
};

/** When each socket's last exchange ended. Wall clock: a frozen instance's monotonic clock may stand still. */
const lastUsedMs = new WeakMap<object, number>();

/**
 * One HTTP exchange, in place of httpx's `request`. There the read timer outlives the call (it cancels the timeout of the
 * next call on that socket, and retains 8 kB per call), and reading a body has no time limit. Here `readTimeout`
 * (milliseconds) limits the whole exchange, and the timer ends with it. Rejects with {@link StsExchangeError}. It does not
 * send a request again: STS takes the nonce of a signature once.
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
  const origin = originFrom(url.slice(0, pathStart));
  const { request: send, agent } = origin.protocol === "https:" ? SECURE : PLAIN;
  closeIdle(agent, MAX_IDLE_MS);
  return new Promise((resolve, reject) => {
    const request = send({
      ...origin,
      // Exactly the signed text: a URL parser would escape some characters differently.
      path: url.slice(pathStart),
      method: options.method,
      headers: inOneList(options.headers),
      agent,
    });
    const { reusedSocket } = request;
    let answered = false;
    let settled = false;
    // After a freeze the timer is due before the answer that came meanwhile is read: the answer counts.
    const deadline = setTimeout(() => setImmediate(() => fail("timeout")), options.readTimeout);
    const fail = (because: ExchangeFailure, errorCode?: string) => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      request.destroy();
      reject(new StsExchangeError(because, { errorCode, staleSocket: reusedSocket && !answered }));
    };
    const broken = ({ code }: NodeJS.ErrnoException) => fail("network", code);
    request.on("error", broken);
    request.on("response", (response) => {
      answered = true;
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
        if (settled) return;
        settled = true;
        clearTimeout(deadline);
        lastUsedMs.set(socket, Date.now());
        const [only] = chunks;
        const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, bytes);
        const answer = sdkResponseFrom(response, body);
        if (answer instanceof StsExchangeError) reject(answer);
        else resolve(answer);
      });
    });
    request.end();
  });
}

/** Closes every idle socket, so that the next call opens one. */
export function closeIdleSockets(): void {
  closeIdle(PLAIN.agent, -1);
  closeIdle(SECURE.agent, -1);
}

/** Closes the sockets that have been idle for longer than `maxMs`. */
function closeIdle({ freeSockets }: Agent, maxMs: number): void {
  for (const name in freeSockets) {
    for (const socket of [...(freeSockets[name] ?? [])]) {
      if (idleMsOf(socket) <= maxMs) continue;
      // "close" would come a tick late, and the next request could get this socket.
      socket.emit("agentRemove");
      socket.destroy();
    }
  }
}

function idleMsOf(socket: object): number {
  return Date.now() - (lastUsedMs.get(socket) ?? 0);
}

/** All calls of a deployment go to one origin: it is parsed once. */
function originFrom(text: string): RequestOptions {
  if (text !== parsedOrigin.text) {
    const { protocol, hostname, port } = urlToHttpOptions(new URL(text));
    parsedOrigin = { text, options: { protocol, hostname, port } };
  }
  return parsedOrigin.options;
}

let parsedOrigin: { readonly text: string; readonly options: RequestOptions } = { text: "", options: {} };

/**
 * As a list, Node writes headers as they are, and does not keep them by name. It does not add a length then; an AssumeRole
 * has no body.
 */
function inOneList(headers: OutgoingHttpHeaders = {}): string[] {
  const list: string[] = [];
  for (const [name, value] of Object.entries(headers)) list.push(name, String(value));
  list.push("content-length", "0");
  return list;
}
