import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type Socket, Server as TcpServer } from "node:net";

/**
 * Milliseconds from the signal on. A connection without a request stays open so long: a request may be on its way to us,
 * and closing would reset it. Ours: a client may pause, and its request still has an answer.
 */
const SILENT_MS = 2_000;

/** Milliseconds from the signal on, for a request to arrive completely. Ours: it leaves 4 s for its answer; STS has 3 s. */
const READ_MS = 4_000;

/**
 * Milliseconds from the signal on. What is still open is cut. Function Compute's documents name no time between SIGTERM and
 * SIGKILL. So the whole stop takes less than the shortest one that is common, 10 s (docker stop; Kubernetes gives 30 s).
 */
const CUT_MS = 8_000;

/** Milliseconds, for what the service has to close. */
const CLOSE_MS = 1_000;

/** Milliseconds from the signal on, for a reader of the log that is slow. The whole stop takes no longer. */
export const LOG_MS = 9_500;

/** Milliseconds. So long does a stream of new connections keep the port open. */
const ACCEPT_MS = 500;

/** Milliseconds between the end of a silent connection and its destruction, for clients that do not close their side. */
const CLIENT_CLOSES_MS = 500;

/** What is under way in a server, and how it ends without losing any of it. */
export interface GracefulStop {
  /** What an answer does to its connection: it closes it once the server stops. */
  readonly connection: () => "stays" | "closes";
  /** Counts a request, until it is answered and logged. undefined: its connection has no way back, so it must not be served. */
  readonly during: (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    work: () => Promise<void>,
  ) => Promise<void> | undefined;
  /** Resolves when all requests are answered, `close` is done and `log` is written: how many bytes of it are not. */
  readonly begin: (close: () => Promise<unknown>, log: NodeJS.WritableStream) => Promise<number>;
}

interface Connection {
  /** Not answered yet. */
  readonly requests: Set<IncomingMessage>;
  /** Bytes read when the last answer was written. More: the next request has begun. */
  answeredAt: number;
}

/** Watches a server from its first connection on. */
export function gracefulStop(server: Server): GracefulStop {
  const connections = new Map<Socket, Connection>();
  let working = 0;
  let accepted = 0;
  let isStopping = false;
  let onEnd = (): void => undefined;
  const lookForEnd = (): void => {
    if (connections.size === 0 && working === 0) onEnd();
  };
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    connections.set(socket, { requests: new Set(), answeredAt: 0 });
    socket.once("close", () => {
      connections.delete(socket);
      lookForEnd();
    });
  });

  return {
    connection: () => (isStopping ? "closes" : "stays"),
    during: (incoming, outgoing, work) => {
      const { socket } = incoming;
      if (!socket.writable) return undefined;
      const connection = connections.get(socket);
      connection?.requests.add(incoming);
      outgoing.once("close", () => {
        connection?.requests.delete(incoming);
        if (connection !== undefined) connection.answeredAt = socket.bytesRead;
      });
      working += 1;
      return work().finally(() => {
        working -= 1;
        lookForEnd();
      });
    },
    begin: async (close, log) => {
      const startMs = performance.now();
      isStopping = true;
      const leftMs = (ms: number): number => Math.max(0, startMs + ms - performance.now());
      const timers = [
        setTimeout(endSilent, SILENT_MS),
        setTimeout(refuseIncomplete, READ_MS),
        setTimeout(() => cut([...connections.keys()]), CUT_MS),
      ];
      await acceptedAll(leftMs);
      // Of http.Server, it would close connections that have no request at this moment.
      TcpServer.prototype.close.call(server);
      await new Promise<void>((resolve) => {
        onEnd = resolve;
        lookForEnd();
        // Whatever they do, it was told to nobody.
        timers.push(setTimeout(resolve, leftMs(CUT_MS) + 100));
      });
      for (const timer of timers) clearTimeout(timer);
      await atMost(CLOSE_MS, close());
      await atMost(leftMs(LOG_MS), new Promise((resolve) => log.write("", resolve)));
      return "writableLength" in log ? Number(log.writableLength) : 0;
    },
  };

  /**
   * The kernel has accepted connections before Node sees them, and resets those that nobody has taken when the port closes.
   * So it closes in a turn of the event loop that has taken none.
   */
  async function acceptedAll(leftMs: (ms: number) => number): Promise<void> {
    let before: number;
    do {
      before = accepted;
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    } while (accepted !== before && leftMs(ACCEPT_MS) > 0);
  }

  function endSilent(): void {
    const silent = [...connections].filter(
      ([socket, { requests, answeredAt }]) => requests.size === 0 && socket.bytesRead === answeredAt,
    );
    for (const [socket] of silent) socket.end();
    setTimeout(() => cut(silent.map(([socket]) => socket)), CLIENT_CLOSES_MS).unref();
  }

  /** As Node does it after `requestTimeout`. */
  function refuseIncomplete(): void {
    const error = Object.assign(new Error("the server stops"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
    for (const [socket, { requests }] of connections)
      if ([...requests].every(({ complete }) => !complete)) server.emit("clientError", error, socket);
  }
}

function cut(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), end]);
  clearTimeout(timer);
}
