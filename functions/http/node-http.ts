import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Refusal } from "../../shared/domain/refusal.ts";
import { type HttpRequest, type HttpResponse, unreadableRequest } from "./http.ts";

/** Bytes. A body is not read beyond this. Each function refuses bodies that are smaller. */
const MAX_READ_BYTES = 512 * 1024;

/**
 * Milliseconds. After an early answer, we keep reading this long: if we closed while the peer still sends, the
 * connection would be reset and the answer lost. Assumption: a body of a few megabytes has arrived by then.
 */
const LINGER_MS = 2_000;

/** What the head of a request does not say. */
type Known = Pick<HttpRequest, "requestId" | "sourceIp">;

/** The request with its body. Rejects when the peer closes the connection before the end. */
export function httpRequestFrom(incoming: IncomingMessage, known: Known): Promise<HttpRequest> {
  return withBody(incoming, headFrom(incoming, known));
}

/** The request without its body, which may still be on its way. */
export function headFrom(incoming: IncomingMessage, known: Known): HttpRequest {
  const [path = "/", ...query] = (incoming.url ?? "/").split("?");
  const unreadable = problemOf(incoming, query.join("?"));
  return {
    method: incoming.method ?? "",
    path,
    query: [...new URLSearchParams(query.join("?"))],
    headers: headersOf(incoming),
    body: Buffer.alloc(0),
    ...known,
    unreadable,
  };
}

/** Rejects when the peer closes the connection before the end. */
export async function withBody(incoming: IncomingMessage, head: HttpRequest): Promise<HttpRequest> {
  // A request that is refused for a header may never send its body, or send one without a clear end.
  return head.unreadable === undefined ? { ...head, body: await bodyOf(incoming) } : head;
}

/** A request that Node's HTTP parser rejected. It is answered and logged like any other refusal. */
export function unparsedRequest({ code }: NodeJS.ErrnoException, requestId: string): HttpRequest {
  if (TOO_LARGE.includes(code ?? "")) return unreadableRequest(requestId, { code: "REQUEST_TOO_LARGE" });
  const problem =
    code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? "did not arrive completely in time; send it again"
      : "is not valid HTTP/1.1; check the request line, the headers and Content-Length";
  return unreadableRequest(requestId, invalid("The request", problem));
}

/**
 * Writes the answer, and closes the connection where it should. If part of the request was not read, it must: the rest would
 * be taken for the next request.
 */
export function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  response: HttpResponse,
  connection: "stays" | "closes" = "stays",
): void {
  outgoing.writeHead(response.status, {
    ...(response.status === 204 ? {} : { "Content-Length": Buffer.byteLength(response.body) }),
    ...response.headers,
    ...(incoming.complete && connection === "stays" ? {} : { Connection: "close" }),
  });
  if (incoming.complete) {
    outgoing.end(response.body);
    return;
  }
  outgoing.write(response.body);
  const end = (): void => void outgoing.end();
  const timer = setTimeout(end, LINGER_MS);
  incoming.once("end", end).once("close", () => clearTimeout(timer));
  incoming.resume();
}

/** Answers requests that Node's parser rejects, with `refusalOf` the error, and closes the connection. */
export function onUnparsed(
  server: Server,
  refusalOf: (error: NodeJS.ErrnoException) => Promise<HttpResponse>,
): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  for (const event of ["request", "checkExpectation"] as const)
    server.prependListener(event, (incoming, outgoing) => void latest.set(incoming.socket, outgoing));
  const refused = new WeakSet<Duplex>();
  server.on("clientError", (error, socket) => {
    const outgoing = latest.get(socket);
    const halfAnswered = outgoing?.headersSent === true && !outgoing.writableFinished;
    // A second answer would be taken for the answer to the next request.
    if (refused.has(socket) || halfAnswered) return;
    // Closed; or opened in advance and never used, as browsers do. Nobody waits for an answer.
    if (!socket.writable || (socket as Socket).bytesRead === 0) {
      socket.destroy();
      return;
    }
    refused.add(socket);
    void refusalOf(error).then((response) => endWith(socket, response));
  });
}

/** Writes the whole answer as text, because without a request there is no ServerResponse. */
function endWith(socket: Duplex, { status, headers, body }: HttpResponse): void {
  const all = { ...headers, "Content-Length": Buffer.byteLength(body), Connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

const TOO_LARGE = ["HPE_HEADER_OVERFLOW", "HPE_CHUNK_EXTENSIONS_OVERFLOW"];

function invalid(field: string, problem: string): Refusal {
  return { code: "REQUEST_INVALID", field, problem };
}

/** Problems that Node would answer by itself, without a body and a log line, and problems that its parsers repair silently. */
function problemOf({ headers, httpVersion }: IncomingMessage, query: string): Refusal | undefined {
  if (headers.host === undefined && httpVersion === "1.1")
    return invalid("Host", "is missing; send the server's name");
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue")
    return invalid("Expect", "has an unknown value; leave it out");
  try {
    // URLSearchParams keeps "%zz" unchanged and replaces invalid UTF-8 by U+FFFD. Either would name another folder.
    decodeURIComponent(query);
    return undefined;
  } catch {
    return invalid("The query", "is not valid percent-encoded UTF-8; write a literal % as %25");
  }
}

/** Read from rawHeaders: in `headers`, Node keeps the first of two Authorization headers and drops the other silently. */
function headersOf({ rawHeaders }: IncomingMessage): HttpRequest["headers"] {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), rawHeaders[i + 1] ?? ""]);
  }
  return headers;
}

/** The body, up to MAX_READ_BYTES. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Destroying the unread rest would close the socket before the answer is sent.
  const chunksRead: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  for await (const chunk of chunksRead) {
    length += chunk.length;
    chunks.push(chunk);
    if (length > MAX_READ_BYTES) break;
  }
  return Buffer.concat(chunks);
}
