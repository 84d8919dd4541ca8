import { type AddressInfo, createServer, type Socket } from "node:net";

/** A listener on the loopback interface for connections, whatever is spoken on them. */
export interface ConnectionServer {
  readonly port: number;
  /** Ends at once: open connections are cut. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1, nowhere else. Port 0 takes a free one. Rejects with EADDRINUSE when the port is taken. */
export async function connectionServer(
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<ConnectionServer> {
  const open = new Set<Socket>();
  // The options are those of Node's HTTP server.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
