import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** For this machine only: a collector beside the server reads the metrics, and nobody else can. */
const HOST = "127.0.0.1";

/**
 * Serves `GET /metrics` on 127.0.0.1, and says so on standard error. A port that cannot be had ends the process with code 1, as the
 * server's own does. Resolves when it listens. It keeps no process alive. `port` 0: a free one.
 */
export function serveMetrics(port: number, text: () => Promise<string>): Promise<void> {
  const server = createServer(({ method, url }, response) => {
    if (url?.split("?")[0] !== "/metrics") response.writeHead(404).end();
    else if (method !== "GET" && method !== "HEAD") response.writeHead(405, { Allow: "GET, HEAD" }).end();
    else {
      text().then(
        (body) => response.writeHead(200, { "Content-Type": TEXT, "Cache-Control": "no-store" }).end(body),
        () => response.writeHead(500).end(),
      );
    }
  });
  server.on("error", (error) => {
    process.stderr.write(`oss-valet cannot listen: ${problemOf(error, port)}\n`);
    process.exit(1);
  });
  return new Promise((resolve) => {
    server.listen(port, HOST, () => {
      server.unref();
      const { port: taken } = server.address() as AddressInfo;
      process.stderr.write(`oss-valet serves its metrics on http://${HOST}:${taken}/metrics\n`);
      resolve();
    });
  });
}

/** The media type of Prometheus text. Source: Prometheus, "Exposition formats". */
const TEXT = "text/plain; version=0.0.4; charset=utf-8";

function problemOf({ code, message }: NodeJS.ErrnoException, port: number): string {
  if (code === "EADDRINUSE")
    return `port ${port} of ${HOST} is in use; set METRICS_PORT to another port, or to 0 for a free one`;
  return code === "EACCES" ? `this user may not use port ${port}; set METRICS_PORT to 1024 or more` : message;
}
