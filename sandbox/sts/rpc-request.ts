import type { IncomingMessage } from "node:http";
import { CloudError } from "../cloud-error.ts";
import { wholeBody } from "../http.ts";
import { sha256Hex } from "../world.ts";
import { decodedPairs } from "./percent-encoding.ts";

/** Bytes. Far above the largest call (a policy of 6,144 characters). Source: assumption. */
const MAX_BODY_LENGTH = 1_048_576;

/** A request to an RPC-style API, read whole, before anything in it is believed. */
export interface RpcRequest {
  readonly method: string;
  readonly path: string;
  /** As it came, without the question mark. */
  readonly query: string;
  /** Lower-case names; repeated ones joined as Node.js joins them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bodySha256: string;
  /** Query, then form, decoded, in their order; a name may occur twice. */
  readonly pairs: readonly (readonly [string, string])[];
  /** The first value of each name. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly sourceIp: string;
  readonly secureTransport: boolean;
}

/**
 * Reads the whole request. Throws CloudError: UnsupportedHTTPMethod, RequestTooLarge, InvalidParameter.ContentType,
 * InvalidParameter (broken encoding).
 */
export async function readRpcRequest(message: IncomingMessage): Promise<RpcRequest> {
  const method = message.method ?? "";
  if (method !== "GET" && method !== "POST") {
    throw new CloudError(405, "UnsupportedHTTPMethod", "This http method is not supported.");
  }
  const body = await wholeBody(message, MAX_BODY_LENGTH);
  if (body === undefined) {
    throw new CloudError(413, "RequestTooLarge", "The request body is larger than 1 MB.");
  }
  const [path = "", query = ""] = splitOnce(message.url ?? "/", "?");
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  const pairs = [...pairsOf(query, "query"), ...bodyPairs(body, headers["content-type"] ?? "")];
  const parameters = new Map<string, string>();
  for (const [name, value] of pairs) if (!parameters.has(name)) parameters.set(name, value);
  return {
    method,
    path,
    query,
    headers,
    bodySha256: sha256Hex(body),
    pairs,
    parameters,
    sourceIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    secureTransport: "encrypted" in message.socket,
  };
}

/** 400 `Missing<Name>`. Source: common errors of the API gateway. */
export function missingParameter(name: string): CloudError {
  return new CloudError(400, `Missing${name}`, `${name} is mandatory for this action.`);
}

/** 400. The code is an assumption; what a duplicate does is documented nowhere. */
export function refuseDuplicates(request: RpcRequest): void {
  if (request.pairs.length === request.parameters.size) return;
  const names = request.pairs.map(([name]) => name);
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  throw new CloudError(400, "DuplicateParameter", `The parameter ${repeated} is given more than once.`);
}

/** A JSON body counts as parameters where it is an object of texts, numbers and booleans (assumption). */
function bodyPairs(body: Buffer, contentType: string): readonly (readonly [string, string])[] {
  if (body.length === 0) return [];
  const type = contentType.split(";")[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") return pairsOf(body.toString("utf8"), "form");
  if (type === "application/json") return jsonPairs(body.toString("utf8"));
  throw new CloudError(
    400,
    "InvalidParameter.ContentType",
    'The ContentType request header must be either "application/json" or "application/x-www-form-urlencoded".',
  );
}

function jsonPairs(text: string): readonly (readonly [string, string])[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new CloudError(400, "InvalidParameter", "The request body is not JSON.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new CloudError(400, "InvalidParameter", "The request body is not a JSON object.");
  }
  return Object.entries(parsed).map(([name, value]: [string, unknown]) => {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return [name, String(value)];
    }
    throw new CloudError(400, "InvalidParameter", `The parameter ${name} is not a text.`);
  });
}

function pairsOf(text: string, place: "query" | "form"): readonly (readonly [string, string])[] {
  try {
    return decodedPairs(text);
  } catch {
    throw new CloudError(400, "InvalidParameter", `The ${place} is not percent-encoded UTF-8.`);
  }
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
