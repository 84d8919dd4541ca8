import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { OssCall } from "./call.ts";
import type { StoredContent } from "./content-store.ts";
import { ossError } from "./errors.ts";

/** Bytes. Source: OSS PutObject, UploadPart, AppendObject: 5 GB. */
const MAX_BYTES = 5 * 1024 ** 3;

/** Bytes; of XML and JSON. Room for 10,000 parts; PutBucketCors and others have limits of their own (assumption). */
const MAX_DOCUMENT_BYTES = 4 * 1024 ** 2;

/**
 * Stores the request's body as it comes. Throws 411 MissingContentLength, 400 EntityTooLarge, InvalidDigest,
 * IncompleteBody; nothing is left behind then.
 */
export async function storedBody(call: OssCall): Promise<StoredContent> {
  const { headers, body } = call.request;
  requireLength(call);
  const expectedMd5 = expectedMd5Of(call);
  const stored = await call.contents.write(complete(body), (size) => {
    if (size > MAX_BYTES) throw entityTooLarge();
  });
  const expectedCrc64 = headers["x-oss-hash-crc64ecma"] || undefined;
  const isDamaged =
    (expectedMd5 !== undefined && !expectedMd5.equals(stored.md5)) ||
    (expectedCrc64 !== undefined && expectedCrc64 !== stored.crc64);
  if (isDamaged) {
    call.contents.discard(stored.content);
    throw digestMismatch();
  }
  return stored;
}

/**
 * The request's body as text. Throws as `storedBody` does, with a lower limit. `md5Of` reads the Content-MD5.
 */
export async function documentBody(call: OssCall, md5Of = expectedMd5Of): Promise<string> {
  const expectedMd5 = md5Of(call);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of complete(call.request.body)) {
    size += chunk.length;
    if (size > MAX_DOCUMENT_BYTES) throw entityTooLarge();
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (expectedMd5 !== undefined && !expectedMd5.equals(createHash("md5").update(bytes).digest())) {
    throw digestMismatch();
  }
  return bytes.toString("utf8");
}

/** The body. A broken connection becomes 400 IncompleteBody. */
export async function* complete(body: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    // Whoever stops reading wants to answer: the connection stays.
    yield* body.iterator({ destroyOnReturn: false });
  } catch {
    throw ossError(
      400,
      "IncompleteBody",
      "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    );
  }
}

/** 400 EntityTooLarge. */
export function entityTooLarge() {
  return ossError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
}

/** 400 InvalidDigest for a Content-MD5 that is not base64 of 16 bytes. An empty one is none (assumption). */
function expectedMd5Of({ request }: OssCall): Buffer | undefined {
  const text = request.headers["content-md5"];
  if (text === undefined || text === "") return undefined;
  const md5 = Buffer.from(text, "base64");
  if (md5.length !== 16 || md5.toString("base64") !== text) {
    throw ossError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
  }
  return md5;
}

/**
 * The Content-MD5 of the SDK for C: 16 bytes of MD5, and four that stand behind them in its memory. The service takes it:
 * the official suite for C deletes many objects with it. Only this SDK's operation reads it so.
 */
export function md5WithFourMoreBytes(call: OssCall): Buffer | undefined {
  const md5 = Buffer.from(call.request.headers["content-md5"] ?? "", "base64");
  return md5.length === 20 ? md5.subarray(0, 16) : expectedMd5Of(call);
}

function requireLength({ request: { headers } }: OssCall): void {
  if (headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined) return;
  throw ossError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
}

function digestMismatch() {
  return ossError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
}
