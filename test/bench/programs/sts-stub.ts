import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { report } from "./report.ts";

// STS in a process of its own, so that what it costs is not counted. Answers after the milliseconds that it was
// told; a number of first requests at once, for those who want to be warm before they are measured.
const delayMs = Number(process.argv[2]);
let atOnce = Number(process.argv[3] ?? 0);
const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const answer = () => {
      const body = JSON.stringify({
        RequestId: "6894B13B-6D71-4EF5-88FA-F32781734A7F",
        AssumedRoleUser: { AssumedRoleId: "3445:alice", Arn: "acs:ram::1234567890123456:role/oss/alice" },
        Credentials: {
          SecurityToken: "CAIS".padEnd(900, "x"),
          Expiration: `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`,
          AccessKeySecret: "s".repeat(44),
          AccessKeyId: "STS.NTabcdefghijklmnopqrstuvw",
        },
      });
      response.writeHead(200, {
        "Content-Type": "application/json;charset=utf-8",
        "Content-Length": Buffer.byteLength(body),
      });
      response.end(body);
    };
    atOnce -= 1;
    if (delayMs === 0 || atOnce >= 0) answer();
    else setTimeout(answer, delayMs);
  });
});
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => report((server.address() as AddressInfo).port));
