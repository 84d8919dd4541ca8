import type { WantedDownloads } from "../../shared/domain/grant/download-grant.ts";
import { MAX_SIGNED_SECONDS, MIN_SIGNED_SECONDS } from "../../shared/domain/grant/signed-grant.ts";
import type { WantedUpload, WantedUploads } from "../../shared/domain/grant/upload-grant.ts";
import { mediaTypeProblem } from "../../shared/domain/media-type.ts";
import { type ObjectKey, parsedObjectKey } from "../../shared/domain/prefix/object-key.ts";
import { granted, type Result, refused } from "../../shared/domain/refusal.ts";
import { strictJsonObjectFrom } from "../../shared/domain/token/strict-json.ts";
import type { AccessRequest } from "../../shared/flows/authorise.ts";
import type { HttpRequest } from "../http/http.ts";
import { bearerTokenFrom, invalid, shortened } from "../http/request-parts.ts";

/** Bytes. Ours: a hundred files with the longest keys, as JSON. */
const MAX_BODY_BYTES = 256 * 1024;

/** Ours: one answer with a hundred forms has about 300 KB. */
const MAX_ITEMS = 100;

/** Bytes. Source: OSS PostObject, "cannot exceed 5 GB". */
const MAX_FILE_BYTES = 5 * 1024 ** 3;

/** Characters. Ours. */
const MAX_DISPOSITION_LENGTH = 512;

/** Reads `POST /uploads`. Refuses with TOKEN_MISSING, REQUEST_INVALID, REQUEST_TOO_LARGE. */
export function uploadsRequestFrom(http: HttpRequest): Result<AccessRequest<WantedUploads>> {
  return requestFrom(http, ["files", "expiresSeconds"], (body) => {
    const files = itemsFrom(body, "files", fileFrom);
    if (!files.ok) return files;
    const expiresSeconds = secondsFrom(body["expiresSeconds"]);
    return expiresSeconds.ok
      ? granted({ files: files.value, expiresSeconds: expiresSeconds.value })
      : expiresSeconds;
  });
}

/** Reads `POST /downloads`. Refuses with TOKEN_MISSING, REQUEST_INVALID, REQUEST_TOO_LARGE. */
export function downloadsRequestFrom(http: HttpRequest): Result<AccessRequest<WantedDownloads>> {
  return requestFrom(http, ["keys", "expiresSeconds", "disposition"], (body) => {
    const keys = itemsFrom(body, "keys", keyFrom);
    if (!keys.ok) return keys;
    const expiresSeconds = secondsFrom(body["expiresSeconds"]);
    if (!expiresSeconds.ok) return expiresSeconds;
    const disposition = dispositionFrom(body["disposition"]);
    if (!disposition.ok) return disposition;
    return granted({
      keys: keys.value,
      expiresSeconds: expiresSeconds.value,
      disposition: disposition.value,
    });
  });
}

type Body = Readonly<Record<string, unknown>>;

function requestFrom<W>(
  http: HttpRequest,
  parameters: readonly string[],
  wantedFrom: (body: Body) => Result<W>,
): Result<AccessRequest<W>> {
  if (http.body.length > MAX_BODY_BYTES) return refused({ code: "REQUEST_TOO_LARGE" });
  const appToken = bearerTokenFrom(http.headers.get("authorization") ?? []);
  if (!appToken.ok) return appToken;
  if (http.query.length > 0) return invalid("query", "is not used here", "send a JSON body");
  const body = strictJsonObjectFrom(http.body);
  if (body === undefined)
    return invalid("body", "is not a JSON object with each name once", `send one with ${parameters[0]}`);
  const unknown = unknownName(body, parameters);
  if (unknown !== undefined) return invalid(shortened(unknown), "is not a parameter", useOf(parameters));
  const wanted = wantedFrom(body);
  return wanted.ok
    ? granted({ appToken: appToken.value, sourceIp: http.sourceIp, wanted: wanted.value })
    : wanted;
}

/** An unknown name is refused: a typo must not change what is signed. */
function unknownName(given: Body, known: readonly string[]): string | undefined {
  return Object.keys(given).find((name) => !known.includes(name));
}

function useOf(names: readonly string[]): string {
  return `use ${names.join(", ")}`;
}

function itemsFrom<T>(
  body: Body,
  name: string,
  itemFrom: (item: unknown, where: string) => Result<T>,
): Result<readonly T[]> {
  const list = body[name];
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_ITEMS)
    return invalid(name, `is not a list of 1 to ${MAX_ITEMS}`, "send one, and more in further requests");
  const items: T[] = [];
  for (const [index, given] of list.entries()) {
    const item = itemFrom(given, `${name}[${index}]`);
    if (!item.ok) return item;
    items.push(item.value);
  }
  return granted(items);
}

const FILE_FIELDS = ["key", "name", "contentType", "bytes"];

function fileFrom(given: unknown, where: string): Result<WantedUpload> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return invalid(where, "is not an object", 'send {"key":"photos/a.jpg","contentType":"image/jpeg"}');
  const file = given as Body;
  const unknown = unknownName(file, FILE_FIELDS);
  if (unknown !== undefined)
    return invalid(`${where}.${shortened(unknown)}`, "is not a field of a file", useOf(FILE_FIELDS));
  const target = targetFrom(file, where);
  if (!target.ok) return target;
  const contentType = contentTypeFrom(file["contentType"], `${where}.contentType`);
  if (!contentType.ok) return contentType;
  const bytes = bytesFrom(file["bytes"], `${where}.bytes`);
  if (!bytes.ok) return bytes;
  return granted({ target: target.value, contentType: contentType.value, bytes: bytes.value });
}

function targetFrom({ key, name }: Body, where: string): Result<WantedUpload["target"]> {
  if ((key === undefined) === (name === undefined))
    return invalid(
      where,
      "has not one of key and name",
      "send a whole key, or a name below the first folder",
    );
  if (key === undefined) {
    // Its characters are checked as a part of the key that it makes.
    return typeof name === "string" && name !== ""
      ? granted({ kind: "name", name })
      : invalid(`${where}.name`, "is not a text with a name", "send a name such as a.jpg");
  }
  const parsed = keyFrom(key, `${where}.key`);
  return parsed.ok ? granted({ kind: "key", key: parsed.value }) : parsed;
}

function keyFrom(given: unknown, where: string): Result<ObjectKey> {
  if (typeof given !== "string") return invalid(where, "is not a text", "send a key such as photos/a.jpg");
  const parsed = parsedObjectKey(given);
  return "key" in parsed ? granted(parsed.key) : invalid(where, parsed.problem.is, parsed.problem.fix);
}

function contentTypeFrom(given: unknown, where: string): Result<string> {
  if (typeof given !== "string")
    return invalid(
      where,
      given === undefined ? "is missing" : "is not a text",
      "send one such as image/jpeg",
    );
  const problem = mediaTypeProblem(given);
  return problem === undefined ? granted(given) : invalid(where, problem.is, problem.fix);
}

function bytesFrom(given: unknown, where: string): Result<number | undefined> {
  if (given === undefined) return granted(undefined);
  return isWhole(given, 0, MAX_FILE_BYTES)
    ? granted(given)
    : invalid(
        where,
        `is not a whole number up to ${MAX_FILE_BYTES}`,
        "send the file's size, or leave it out",
      );
}

function secondsFrom(given: unknown): Result<number | undefined> {
  if (given === undefined) return granted(undefined);
  return isWhole(given, MIN_SIGNED_SECONDS, MAX_SIGNED_SECONDS)
    ? granted(given)
    : invalid(
        "expiresSeconds",
        `is not a whole number from ${MIN_SIGNED_SECONDS} to ${MAX_SIGNED_SECONDS}`,
        "send seconds, such as 900",
      );
}

function isWhole(given: unknown, min: number, max: number): given is number {
  return Number.isInteger(given) && Number(given) >= min && Number(given) <= max;
}

/** OSS sends it back as a header. */
function dispositionFrom(given: unknown): Result<string | undefined> {
  if (given === undefined) return granted(undefined);
  return typeof given === "string" &&
    given.length <= MAX_DISPOSITION_LENGTH &&
    /^(inline|attachment)(;[\x20-\x7e]*)?$/.test(given)
    ? granted(given)
    : invalid(
        "disposition",
        "is not inline or attachment, with parameters in printable ASCII",
        "send attachment; filename=a.jpg, and other names as filename*=UTF-8''%E7%85%A7.jpg",
      );
}
