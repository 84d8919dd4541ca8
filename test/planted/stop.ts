import type { Bug } from "./bug.ts";

/** How server.js ends: no request is lost, and no line of the log. */
export const stopBugs: readonly Bug[] = [
  {
    name: "a server that stops closes the connections that have no request at that moment",
    in: "gracefulStop",
    find: `TcpServer.prototype.close.call(server);`,
    replace: `server.close();`,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
  {
    name: "answers of a server that stops keep their connection",
    in: "gracefulStop",
    find: `isStopping ? "closes" : "stays"`,
    replace: `"stays"`,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
  {
    name: "a server that stops leaves its port open",
    in: "gracefulStop",
    find: `TcpServer.prototype.close.call(server);`,
    replace: ``,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
  {
    name: "a server ends while requests wait for their answer",
    in: "gracefulStop",
    find: `if (connections.size === 0 && working === 0) onEnd();`,
    replace: `onEnd();`,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
  {
    name: "a server ends before its log is written",
    in: "gracefulStop",
    find: `await atMost(leftMs(LOG_MS), new Promise((resolve) => log.write("", resolve)));`,
    replace: ``,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
  {
    name: "a server that stops cuts requests that have not arrived completely",
    in: "gracefulStop",
    find: `server.emit("clientError", error, socket)`,
    replace: `socket.destroy()`,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
  {
    name: "a server that stops waits for ever for connections without a request",
    in: "gracefulStop",
    find: `for (const [socket] of silent) socket.end();`,
    replace: `void silent;`,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
  {
    name: "a server that stops waits for ever for what the service closes",
    in: "gracefulStop",
    find: `await atMost(CLOSE_MS, close());`,
    replace: `await close();`,
    killedBy: ["unit/functions/http/graceful-stop"],
  },
];
