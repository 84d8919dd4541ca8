import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server whose connections a test can end, in each way that a network knows. */
export interface TcpDoor {
  readonly port: number;
  /** Connections so far. */
  readonly connections: () => number;
  /** Bytes that clients sent so far. */
  readonly bytesIn: () => number;
  /** Ends all connections: with FIN, with RST, or so that neither side notices and nothing passes any more. */
  end(how: "fin" | "rst" | "silence"): void;
  /** Where new connections lead from now on. undefined: they are closed at once. */
  leadTo(port: number | undefined): void;
  close(): Promise<void>;
}

export async function openTcpDoor(port: number): Promise<TcpDoor> {
  const open = new Map<Socket, Socket>();
  let target: number | undefined = port;
  let connections = 0;
  let bytesIn = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    client.on("error", () => undefined);
    if (target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const service = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    service.on("error", () => client.resetAndDestroy());
    open.set(client, service);
    client.on("data", (bytes: Buffer) => {
      bytesIn += bytes.length;
    });
    client.pipe(service);
    service.pipe(client);
    client.on("close", () => {
      open.delete(client);
      service.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    bytesIn: () => bytesIn,
    end: (how) => {
      for (const [client, service] of open) {
        if (how === "rst") client.resetAndDestroy();
        else if (how === "fin") client.end();
        else {
          client.unpipe(service).resume();
          service.unpipe(client).resume();
        }
      }
    },
    leadTo: (next) => {
      target = next;
    },
    close: async () => {
      server.close();
      for (const client of open.keys()) client.destroy();
      await once(server, "close");
    },
  };
}
