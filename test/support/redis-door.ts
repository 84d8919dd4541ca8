import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * A way to a Redis whose port stays when the Redis behind it does not. It counts what comes in, and can keep back what
 * goes out.
 */
export interface RedisDoor {
  readonly port: number;
  /** Names of the commands that came in, in lower case, in order. */
  readonly commands: readonly string[];
  /** How many connections came in so far, and how many of them are open. */
  readonly connections: { readonly all: number; readonly open: number };
  /** Where new connections go to from now on. undefined: they are closed at once. */
  leadTo(port: number | undefined): void;
  /** Keeps back all replies from now on. Commands still reach Redis. */
  holdReplies(): void;
  /** Lets out what was kept back, and all that follows. */
  releaseReplies(): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

export async function openRedisDoor(port: number): Promise<RedisDoor> {
  const commands: string[] = [];
  const connections = { all: 0, open: 0 };
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  let target: number | undefined = port;
  let isHolding = false;
  const server = createServer((client) => {
    connections.all += 1;
    connections.open += 1;
    sockets.add(client);
    client
      .on("error", () => undefined)
      .on("close", () => {
        sockets.delete(client);
        connections.open -= 1;
      });
    if (target === undefined) {
      client.destroy();
      return;
    }
    const redis = connect(target, "127.0.0.1");
    const nameCommand = commandNames((name) => commands.push(name));
    redis.on("error", () => undefined).on("close", () => client.destroy());
    client.on("close", () => redis.destroy());
    client.on("data", (bytes) => {
      nameCommand(bytes);
      redis.write(bytes);
    });
    redis.on("data", (bytes) => {
      const pass = () => void client.write(bytes);
      if (isHolding) held.push(pass);
      else pass();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    commands,
    connections,
    leadTo: (next) => {
      target = next;
    },
    holdReplies: () => {
      isHolding = true;
    },
    releaseReplies: () => {
      isHolding = false;
      for (const pass of held.splice(0)) pass();
    },
    cut,
    close: async () => {
      server.close();
      cut();
      await once(server, "close");
    },
  };
}

/** Reads requests, which are lists of texts (RESP2): `*2 $3 GET $1 k`, each part ended by CR LF. */
function commandNames(onName: (name: string) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let request = requestIn(rest); request !== undefined; request = requestIn(rest)) {
      onName(request.name);
      rest = rest.subarray(request.end);
    }
  };
}

/** The first request, when all of it has come. */
function requestIn(bytes: Buffer): { readonly name: string; readonly end: number } | undefined {
  let at = 0;
  const line = (): string | undefined => {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const text = bytes.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  const count = line();
  if (count === undefined) return undefined;
  const parts: string[] = [];
  for (let part = 0; part < Number(count.slice(1)); part += 1) {
    const size = line();
    if (size === undefined) return undefined;
    const end = at + Number(size.slice(1));
    if (bytes.length < end + 2) return undefined;
    parts.push(bytes.toString("latin1", at, end));
    at = end + 2;
  }
  return { name: (parts[0] ?? "").toLowerCase(), end: at };
}
