import { connect } from "node:net";

/** An answer as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  /** In their order and case. */
  readonly headerNames: readonly string[];
  /** By name, as it was written. */
  readonly headers: ReadonlyMap<string, string>;
  /** One character a byte; chunks are not taken apart. */
  readonly body: string;
}

/** Sends the lines, with CRLF behind each, and the body; one character a byte. Reads until the server closes. */
export function rawRequest(port: number, lines: readonly string[], body = ""): Promise<RawResponse> {
  const head = [...lines, "Connection: close", "", ""].join("\r\n");
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.from(head + body, "latin1")));
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => {
      text += part;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(parsed(text)));
  });
}

function parsed(text: string): RawResponse {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...headerLines] = text.slice(0, end).split("\r\n");
  const headers = headerLines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return {
    status: Number(statusLine.split(" ")[1]),
    headerNames: headers.map(([name]) => name),
    headers: new Map(headers),
    body: text.slice(end + 4),
  };
}
