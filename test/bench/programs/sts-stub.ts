import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { report } from "./report.ts";

// STS in a process of its own, so that what it costs is not counted. Answers after the milliseconds that it was told; a
// number of first requests at once, for those who want to be warm before they are measured; "throttles": refuses all.
// Says how many calls there were at /calls.
const delayMs = Number(process.argv[2]);
const atOnce = Number(process.argv[3]);
const throttles = process.argv[4] === "throttles";
let calls = 0;

const REQUEST_ID = "6894B13B-6D71-4EF5-88FA-F32781734A7F";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    if (request.url === "/calls") {
      answer(response, 200, calls);
      return;
    }
    calls += 1;
    const number = calls;
    if (throttles) throttle(response);
    else if (delayMs === 0 || number <= atOnce) assumeRole(response, number);
    else setTimeout(() => assumeRole(response, number), delayMs);
  });
});

function throttle(response: ServerResponse): void {
  response.setHeader("x-acs-retry-after", "30000");
  answer(response, 429, { RequestId: REQUEST_ID, Code: "Throttling.User", Message: "Request was denied." });
}

/** Other credentials for each call, as STS gives them. */
function assumeRole(response: ServerResponse, number: number): void {
  answer(response, 200, {
    RequestId: REQUEST_ID,
    AssumedRoleUser: { AssumedRoleId: "3445:alice", Arn: "acs:ram::1234567890123456:role/oss/alice" },
    Credentials: {
      SecurityToken: "CAIS".padEnd(900, "x"),
      Expiration: `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`,
      AccessKeySecret: "s".repeat(44),
      AccessKeyId: `STS.NT${String(number).padStart(23, "a")}`,
    },
  });
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "Content-Type": "application/json;charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => report((server.address() as AddressInfo).port));
