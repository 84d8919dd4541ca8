import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What the stub does with one request. It signs nothing and checks nothing: faults are all it is for. */
export type StubAnswer =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request and stays silent. */
  | { readonly fault: "hang" }
  /** Closes the connection with RST, before a byte of an answer. */
  | { readonly fault: "reset" }
  /** Promises a longer body than it sends, then closes. */
  | { readonly fault: "truncate" }
  /** Sends the body one byte at a time. */
  | { readonly fault: "drip"; readonly everyMs: number };

export interface StubCall {
  /** Decoded query parameters, in the order in which they came. */
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>;
  readonly headers: IncomingHttpHeaders;
  /** Which TCP connection it came on, counted from 1. */
  readonly connection: number;
  readonly atMs: number;
}

export interface StubSts {
  /** host:port, as the SDK wants it. */
  readonly host: string;
  readonly calls: readonly StubCall[];
  connections(): number;
  /** Answers to come, in turn; the last one is repeated. */
  answer(...answers: readonly (StubAnswer | (() => StubAnswer))[]): void;
  /** Closes every connection from this side. Resolves when each is closed. */
  dropConnections(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP server on loopback that answers like STS, or fails like it, as the test says. */
export async function startStubSts(): Promise<StubSts> {
  const calls: StubCall[] = [];
  const connections = new Map<Socket, number>();
  let connectionCount = 0;
  let script: readonly (StubAnswer | (() => StubAnswer))[] = [credentialsAnswer];
  let position = 0;

  const server = createServer((request, response) => {
    request.resume();
    const query = (request.url ?? "").split("?")[1] ?? "";
    calls.push({
      parameters: query.split("&").map((pair) => {
        const [name = "", value = ""] = pair.split("=");
        return [decodeURIComponent(name), decodeURIComponent(value)] as const;
      }),
      headers: request.headers,
      connection: connections.get(request.socket) ?? 0,
      atMs: Date.now(),
    });
    const answer = script[Math.min(position, script.length - 1)] ?? credentialsAnswer;
    position += 1;
    send(response, typeof answer === "function" ? answer() : answer);
  });
  server.on("connection", (socket) => {
    connectionCount += 1;
    connections.set(socket, connectionCount);
    socket.on("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    connections: () => connectionCount,
    answer: (...answers) => {
      script = answers;
      position = 0;
    },
    dropConnections: async () => {
      const closed = [...connections.keys()].map((socket) => once(socket, "close"));
      for (const socket of connections.keys()) socket.end();
      await Promise.all(closed);
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of connections.keys()) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A good answer, valid for the hour from now on. */
export function credentialsAnswer(): StubAnswer {
  return json(200, credentialsBody());
}

export function credentialsBody(expiresAtMs: number = Date.now() + 3_600_000) {
  return {
    RequestId: "6894B13B-6D71-4EF5-88FA-F32781734A7F",
    AssumedRoleUser: {
      AssumedRoleId: "344584339364951186:alice",
      Arn: "acs:ram::1234567890123456:role/oss/alice",
    },
    Credentials: {
      SecurityToken: "CAISstubtoken",
      Expiration: `${new Date(expiresAtMs).toISOString().slice(0, 19)}Z`,
      AccessKeySecret: "stub-secret",
      AccessKeyId: "STS.stub",
    },
  };
}

export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): StubAnswer {
  return {
    status,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json;charset=utf-8", ...headers },
  };
}

/** An error in the form of the API gateway. */
export function errorAnswer(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): StubAnswer {
  return json(
    status,
    { RequestId: "E0C4B6BB-0000", HostId: "sts.aliyuncs.com", Code: code, Message: `${code} happened.` },
    headers,
  );
}

/** The same error as XML, the default of the RPC API; the SDK reads XML for exactly this content type. */
export function xmlErrorAnswer(status: number, code: string): StubAnswer {
  return {
    status,
    headers: { "content-type": "text/xml;charset=utf-8" },
    body: `<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>E0C4B6BB-0000</RequestId><HostId>sts.aliyuncs.com</HostId><Code>${code}</Code><Message>${code} &amp; more.</Message></Error>`,
  };
}

function send(response: ServerResponse, answer: StubAnswer): void {
  if (!("fault" in answer)) {
    response.writeHead(answer.status, answer.headers).end(answer.body);
    return;
  }
  switch (answer.fault) {
    case "hang":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "truncate":
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"RequestId":');
      setImmediate(() => response.socket?.destroySoon());
      return;
    case "drip": {
      const body = JSON.stringify(credentialsBody());
      let sent = 0;
      response.writeHead(200, { "content-length": String(body.length) });
      const timer = setInterval(() => {
        response.write(body.slice(sent, sent + 1));
        sent += 1;
        if (sent === body.length) response.end();
      }, answer.everyMs);
      response.on("close", () => clearInterval(timer));
      return;
    }
  }
}
