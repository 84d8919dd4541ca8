import { isUtf8 } from "node:buffer";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Clock } from "../../ports.ts";

/** Reads a JSON document within `timeoutMs`. Rejects with an Error that says what happened, without quoting the answer. */
export type FetchJson = (url: URL, timeoutMs: number) => Promise<unknown>;

/**
 * FetchJson over node:http and node:https, for documents of issuers. Only status 200 counts. It follows no redirects, as
 * they would choose a host for us. The limits are 200 KB, and `timeoutMs` from DNS to the last byte. The global fetch is
 * not used: loading it takes 35 ms, and it can lose its timeout (nodejs/undici #3644, #4068). For an issuer with a
 * certificate of a private authority, set NODE_EXTRA_CA_CERTS.
 */
export function fetchJsonWith(clock: Clock): FetchJson {
  return async (url, timeoutMs) => {
    const { get } = url.protocol === "http:" ? await import("node:http") : await import("node:https");
    // No agent: after a freeze, an idle socket may be dead without a sign. An explicit
    // `rejectUnauthorized`, because NODE_TLS_REJECT_UNAUTHORIZED=0 would switch it off.
    const request = get(url, { agent: false, rejectUnauthorized: true, headers: REQUEST_HEADERS });
    const body = await bodyOf(request, clock, timeoutMs);
    if (!isUtf8(body)) throw new Error("answered with something that is not UTF-8");
    try {
      return JSON.parse(body.toString("utf8"));
    } catch {
      throw new Error("answered with something that is not JSON");
    }
  };
}

function bodyOf(request: ClientRequest, clock: Clock, timeoutMs: number): Promise<Buffer> {
  const startedAtMs = clock.nowMs();
  let ticks = 0;
  let timer: NodeJS.Timeout | undefined;
  return new Promise<Buffer>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(what));
    // The wall clock, as the timers of a frozen process stand still; and ticks, in case the clock is set back.
    timer = setInterval(() => {
      ticks += 1;
      const elapsedMs = Math.max(clock.nowMs() - startedAtMs, ticks * TICK_MS);
      // A turn later: after a freeze, timers run before the answer that has come meanwhile is read.
      if (elapsedMs >= timeoutMs) setImmediate(fail, `did not answer within ${timeoutMs} ms`);
    }, TICK_MS);
    request.on("error", (error: NodeJS.ErrnoException) =>
      fail(`could not be read (${error.code ?? error.name})`),
    );
    request.on("close", () => fail("closed the connection"));
    request.on("response", (response) => readWhole(response, resolve, fail));
  }).finally(() => {
    clearInterval(timer);
    request.destroy();
  });
}

function readWhole(
  response: IncomingMessage,
  done: (body: Buffer) => void,
  fail: (what: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("error", () => fail("broke off its answer"));
  if (response.statusCode !== 200) {
    fail(`answered with status ${response.statusCode}`);
    return;
  }
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > MAX_BYTES) fail(`answered with more than ${MAX_BYTES} bytes`);
  });
  response.on("end", () => done(Buffer.concat(chunks)));
}

const REQUEST_HEADERS = { accept: "application/jwk-set+json, application/json", "user-agent": "oss-valet" };

/** Bytes. Ours: docs/threat-model.md, K3. */
const MAX_BYTES = 200_000;

/** Milliseconds. Assumption: often enough for a deadline of 3 s. */
const TICK_MS = 100;
