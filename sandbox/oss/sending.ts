import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Answer } from "./answer.ts";
import type { ContentStore } from "./content-store.ts";
import { headerFromText } from "./header-bytes.ts";

/** Sends status and headers. Throws, and sends nothing, where one of them is none that HTTP can carry. */
export function sendHead(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const headers = Object.entries(answer.headers ?? {}).map(
    ([name, value]) => [sentName(name), headerFromText(value)] as const,
  );
  if (!hasNoBody(answer) && answer.gzip !== true) headers.push(["Content-Length", String(lengthOf(answer))]);
  response.writeHead(answer.status, Object.fromEntries(headers));
}

/** Sends what follows the head; settles once it is sent, or the client has gone. */
export async function sendBody(
  response: ServerResponse,
  contents: ContentStore,
  answer: Answer,
  isHead: boolean,
): Promise<void> {
  if (response.destroyed) return;
  const { body } = answer;
  if (isHead || hasNoBody(answer) || body === undefined || typeof body === "string") {
    response.end(isHead || hasNoBody(answer) ? undefined : body);
    return;
  }
  try {
    const bytes = contents.read(body.content, body.start, body.end);
    await (answer.gzip === true ? pipeline(bytes, createGzip(), response) : pipeline(bytes, response));
  } catch {
    // The client went away.
    response.destroy();
  }
}

/** As the service writes it: x-oss-* in small letters, ETag, Content-MD5, Last-Modified. Source: docs/fidelity/oss.md. */
function sentName(name: string): string {
  if (name.startsWith("x-oss-")) return name;
  return OWN_NAMES[name] ?? name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

const OWN_NAMES: Readonly<Record<string, string>> = { etag: "ETag", "content-md5": "Content-MD5" };

function hasNoBody({ status }: Answer): boolean {
  return status === 204 || status === 304;
}

/** An error to HEAD has none either, though its body is known. */
function lengthOf({ body, headers }: Answer): number {
  if (headers?.["x-oss-err"] !== undefined || body === undefined) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.end - body.start;
}
