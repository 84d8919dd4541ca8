import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { answer, httpRequestFrom, onUnparsed, unparsedRequest } from "../../../functions/http/node-http.ts";
import { type FuzzTarget, law } from "../engine/target.ts";
import { GOOD_TOKEN, secretsIn, type Valet, valet } from "../support/whole-valet.ts";

const GET = `GET /credentials?permissions=read HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${GOOD_TOKEN}\r\n\r\n`;
const BODY = '{"keys":["photos/alice/a.jpg"]}';
const POST = `POST /downloads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${GOOD_TOKEN}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

/** Turns of the event loop in which nothing happens, after which a server that waits for more gets the end of the connection. */
const PATIENCE = 40;

let service: Valet = valet();
/** Requests that Node has parsed, or refused to. */
let seen = 0;
let open = 0;
let methods: string[] = [];
/** The server's end of the connection. */
let accepted: Pick<Socket, "bytesRead"> | undefined;

/** Wired as functions/http/listen.ts wires it, without signals and the process's own streams. */
const server = createServer({ requireHostHeader: false }, onRequest);
server.on("checkExpectation", onRequest);
onUnparsed(server, (error) => {
  seen += 1;
  return service.handle(unparsedRequest(error, "1-request"));
});
server.on("connection", (socket: Socket) => {
  accepted = socket;
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

function onRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
  seen += 1;
  open += 1;
  methods.push(incoming.method ?? "");
  const served = service;
  void httpRequestFrom(incoming, { requestId: "1-request", sourceIp: "127.0.0.1" })
    .then(async (request) => answer(incoming, outgoing, await served.handle(request)))
    .catch(() => outgoing.destroy())
    .finally(() => {
      open -= 1;
    });
}

/**
 * Bytes on a connection of server.js: request line, headers, chunks, several requests behind each other. Whatever they are,
 * what comes back are whole answers of the contract, at most one for each request, with a line in the log for each.
 */
export const target: FuzzTarget = {
  name: "http-socket",
  seeds: [
    GET,
    POST,
    GET + POST,
    POST.replace(/Content-Length: \d+/, "Transfer-Encoding: chunked").replace(
      BODY,
      `5\r\n${BODY.slice(0, 5)}\r\n${(BODY.length - 5).toString(16)};x=y\r\n${BODY.slice(5)}\r\n0\r\nA: b\r\n\r\n`,
    ),
    `OPTIONS /uploads HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example.com\r\nAccess-Control-Request-Headers: a\r\n\r\n`,
    "HEAD /healthz HTTP/1.0\r\n\r\n",
    "GET /credentials?prefix=%zz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 9\r\n\r\nx",
    "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nHost: x\r\n\r\n",
  ],
  dictionary: [
    "\r\n",
    "\r\n\r\n",
    "HTTP/1.1",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "Host: x\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "Authorization: Bearer x\r\n",
    "0\r\n\r\n",
    GET,
  ],
  maxLength: 6_000,
  testExecutions: 60,
  run: async (input) => {
    service = valet();
    seen = 0;
    methods = [];
    const text = await exchanged(input);
    const answers = answersIn(text);
    law("at most one answer for each request", answers.length <= seen, () => ({ seen, text }));
    law("each answer has its line in the log", answers.length <= service.log.length, () => text);
    for (const { status, body } of answers) {
      law("the status is one of the contract, and no 5xx", STATUSES.includes(status), () => text);
      if (status >= 400) law("no secret is in an error", secretsIn(body).length === 0, () => body);
    }
    for (const line of service.log) {
      const { status, error } = JSON.parse(line) as { readonly status: number; readonly error?: string };
      law("no request ends in a 5xx", status < 500, () => line);
      law("nothing unexpected was thrown", error === undefined, () => error);
      law("no secret is in the log", secretsIn(line).length === 0, () => line);
    }
    law("every request has ended", open === 0, () => open);
  },
  close: async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
};

const STATUSES = [200, 204, 400, 401, 403, 404, 405, 413];

/** Sends the bytes, and ends the connection when the server has nothing more to do. */
async function exchanged(input: Buffer): Promise<string> {
  accepted = undefined;
  const chunks: Buffer[] = [];
  const socket = connect(port, "127.0.0.1");
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A server may cut a connection that it has refused.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.write(input);
  await quiet(socket);
  socket.end();
  // After an early answer, the server waits two seconds for the rest of the request.
  await quiet(socket);
  socket.destroy();
  await closed;
  while (open > 0) await new Promise((resolve) => setImmediate(resolve));
  return Buffer.concat(chunks).toString("latin1");
}

/** Waits until the server has nothing more to do for what it has got. */
async function quiet(socket: Socket): Promise<void> {
  let before = "";
  for (let idle = 0; idle < PATIENCE && !socket.destroyed; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = `${accepted?.bytesRead} ${socket.bytesRead} ${open}`;
    idle = accepted === undefined || now !== before ? 0 : idle + 1;
    before = now;
  }
}

/** Answers behind each other, by the letter of RFC 9112. */
function answersIn(text: string): readonly { readonly status: number; readonly body: string }[] {
  const answers: { readonly status: number; readonly body: string }[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\r\n\r\n", at);
    law("an answer has a head", end !== -1, () => text);
    const [line = "", ...headers] = text.slice(at, end).split("\r\n");
    const [, digits = ""] = /^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(line) ?? [];
    law("an answer has a status line", digits !== "", () => line);
    at = end + 4;
    if (digits === "100") continue;
    const length = headers.flatMap((header) => /^content-length: (\d+)$/i.exec(header)?.[1] ?? []);
    law("an answer has one length", length.length === (digits === "204" ? 0 : 1), () => headers);
    // Bytes behind a HEAD that are no request are refused before the HEAD is answered, and that refusal has a body.
    const isHead = methods[answers.length] === "HEAD" && !text.startsWith("{", at);
    const hasBody = digits !== "204" && !isHead;
    const size = hasBody ? Number(length[0]) : 0;
    const body = text.slice(at, at + size);
    law("an answer is whole", body.length === size, () => text);
    if (hasBody) law("an answer is JSON", isJson(body), () => body);
    answers.push({ status: Number(digits), body });
    at += size;
  }
  return answers;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
