import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Refusal } from "../../shared/domain/refusal.ts";
import { type HttpRequest, type HttpResponse, unreadableRequest } from "./http.ts";

/** Bytes, after which no more of a body is read. request.ts refuses a far smaller one. */
const MAX_READ_BYTES = 64 * 1024;

/**
 * Milliseconds that a peer has to stop sending after its answer: closing on what it still sends would reset the
 * connection, and take the answer with it. Assumption: a body of some megabytes is through by then.
 */
const LINGER_MS = 2_000;

/** The request with its body. Rejects where the peer goes before its end. */
export async function httpRequestFrom(
  incoming: IncomingMessage,
  known: { readonly requestId: string; readonly sourceIp: string | undefined },
): Promise<HttpRequest> {
  const [path = "/", ...query] = (incoming.url ?? "/").split("?");
  const unreadable = problemOf(incoming, query.join("?"));
  return {
    method: incoming.method ?? "",
    path,
    query: [...new URLSearchParams(query.join("?"))],
    headers: headersOf(incoming),
    // Who is refused for a header may wait with the body, or send one that nobody can delimit.
    body: unreadable === undefined ? await bodyOf(incoming) : Buffer.alloc(0),
    ...known,
    unreadable,
  };
}

/** A request of which Node's parser has made nothing: the service refuses it, and logs it, like any other. */
export function unparsedRequest({ code }: NodeJS.ErrnoException, requestId: string): HttpRequest {
  if (TOO_LARGE.includes(code ?? "")) return unreadableRequest(requestId, { code: "REQUEST_TOO_LARGE" });
  const problem =
    code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? "has not come to its end in time; send it again"
      : "is not well-formed HTTP/1.1; mend its first line, its headers or its length";
  return unreadableRequest(requestId, invalid("The request", problem));
}

/** Writes the answer. What was not read of the request would be taken for the next one: then the connection ends. */
export function answer(incoming: IncomingMessage, outgoing: ServerResponse, response: HttpResponse): void {
  outgoing.writeHead(response.status, {
    ...response.headers,
    ...(response.status === 204 ? {} : { "Content-Length": Buffer.byteLength(response.body) }),
    ...(incoming.complete ? {} : { Connection: "close" }),
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

/** Answers what Node's parser gives up, with `refusalOf` its error, and ends the connection. */
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
    // A second answer would be taken for that of the next request.
    if (refused.has(socket) || halfAnswered) return;
    // Gone; or opened and never used, as browsers do in advance: no request, and no answer that somebody waits for.
    if (!socket.writable || (socket as Socket).bytesRead === 0) {
      socket.destroy();
      return;
    }
    refused.add(socket);
    void refusalOf(error).then((response) => endWith(socket, response));
  });
}

/** The whole answer as text: there is no ServerResponse without a request. */
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

/** What Node would answer by itself, without a body or a line in the log; and what its parsers repair. */
function problemOf({ headers, httpVersion }: IncomingMessage, query: string): Refusal | undefined {
  if (headers.host === undefined && httpVersion === "1.1")
    return invalid("Host", "is missing; send the server's name");
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue")
    return invalid("Expect", "is not understood; leave it out");
  try {
    // URLSearchParams keeps a "%zz" as it stands, and puts U+FFFD for what is no UTF-8: another folder's name.
    decodeURIComponent(query);
    return undefined;
  } catch {
    return invalid("The query", "has a % that begins no character in UTF-8; write %25 for the sign itself");
  }
}

/** Not `headers`: there Node keeps the first of two Authorization headers and says nothing of the other. */
function headersOf({ rawHeaders }: IncomingMessage): HttpRequest["headers"] {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), rawHeaders[i + 1] ?? ""]);
  }
  return headers;
}

/** The body, or as much of it as is read. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Destroying what is left unread would take the socket, and the answer, with it.
  const chunksRead: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  for await (const chunk of chunksRead) {
    length += chunk.length;
    chunks.push(chunk);
    if (length > MAX_READ_BYTES) break;
  }
  return Buffer.concat(chunks);
}
