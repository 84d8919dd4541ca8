import { describe, expect, it } from "vitest";
import { downloadsRequestFrom, uploadsRequestFrom } from "../../../functions/uploads/requests.ts";
import { httpRequest } from "../../support/http-requests.ts";

const FILE = { key: "photos/alice/a.jpg", contentType: "image/jpeg" };
const post = (body: unknown) => httpRequest({ method: "POST", path: "/uploads", body });

/** What an App reads, or what was understood. */
function uploads(body: unknown): unknown {
  const result = uploadsRequestFrom(post(body));
  if (result.ok) return result.value.wanted;
  return result.refusal.code === "REQUEST_INVALID"
    ? `${result.refusal.field} ${result.refusal.problem}`
    : result.refusal;
}

function downloads(body: unknown): unknown {
  const result = downloadsRequestFrom(post(body));
  if (result.ok) return result.value.wanted;
  return result.refusal.code === "REQUEST_INVALID"
    ? `${result.refusal.field} ${result.refusal.problem}`
    : result.refusal;
}

const withFile = (change: object) => uploads({ files: [{ ...FILE, ...change }] });

describe("POST /uploads", () => {
  it("asks for one form a file", () => {
    expect(
      uploads({
        files: [
          { ...FILE, bytes: 7 },
          { name: "x/b.png", contentType: "image/png" },
        ],
        expiresSeconds: 60,
      }),
    ).toEqual({
      files: [
        { target: { kind: "key", key: "photos/alice/a.jpg" }, contentType: "image/jpeg", bytes: 7 },
        { target: { kind: "name", name: "x/b.png" }, contentType: "image/png", bytes: undefined },
      ],
      expiresSeconds: 60,
    });
    expect(uploads({ files: [FILE] })).toMatchObject({ expiresSeconds: undefined });
  });

  it("brings the token and the caller's address", () => {
    const result = uploadsRequestFrom(post({ files: [FILE] }));
    expect(result).toMatchObject({ ok: true, value: { appToken: "a.b.c", sourceIp: "203.0.113.7" } });
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "body is not a JSON object with each name once; send one with files"],
    ["an unknown name", { file: [FILE] }, "file is not a parameter; use files, expiresSeconds"],
    ["no files", {}, "files is not a list of 1 to 100; send one, and more in further requests"],
    ["none", { files: [] }, "files is not a list of 1 to 100; send one, and more in further requests"],
    [
      "too many",
      { files: Array(101).fill(FILE) },
      "files is not a list of 1 to 100; send one, and more in further requests",
    ],
    [
      "a text",
      { files: ["a.jpg"] },
      'files[0] is not an object; send {"key":"photos/a.jpg","contentType":"image/jpeg"}',
    ],
    [
      "seconds",
      { files: [FILE], expiresSeconds: 30 },
      "expiresSeconds is not a whole number from 60 to 3600; send seconds, such as 900",
    ],
  ])("refuses %s", (_what, body, told) => {
    expect(uploads(body)).toBe(told);
  });

  it.each<[string, object, string]>([
    [
      "both",
      { name: "a.jpg" },
      "files[0] has not one of key and name; send a whole key, or a name below the first folder",
    ],
    [
      "neither",
      { key: undefined },
      "files[0] has not one of key and name; send a whole key, or a name below the first folder",
    ],
    [
      "a mistyped field",
      { contenttype: "x" },
      "files[0].contenttype is not a field of a file; use key, name, contentType, bytes",
    ],
    ["no type", { contentType: undefined }, "files[0].contentType is missing; send one such as image/jpeg"],
    [
      "a type that is a number",
      { contentType: 1 },
      "files[0].contentType is not a text; send one such as image/jpeg",
    ],
    [
      "a type with parameters",
      { contentType: "Text/Plain; charset=utf-8" },
      "files[0].contentType is not a media type in lower case, without parameters; write text/plain",
    ],
    [
      "a type that is an ending",
      { contentType: "jpg" },
      "files[0].contentType is not a media type in lower case, without parameters; write type/subtype, such as image/jpeg",
    ],
    [
      "bytes",
      { bytes: "7" },
      "files[0].bytes is not a whole number up to 5368709120; send the file's size, or leave it out",
    ],
    ["a key that is a number", { key: 7 }, "files[0].key is not a text; send a key such as photos/a.jpg"],
    ["an empty key", { key: "" }, "files[0].key is empty; send a key such as photos/a.jpg"],
    [
      "an empty name",
      { key: undefined, name: "" },
      "files[0].name is not a text with a name; send a name such as a.jpg",
    ],
    ["a step", { key: "a/../b" }, 'files[0].key has a path step ("." or ".."); name the folder itself'],
    ["two slashes", { key: "a//b" }, 'files[0].key has an empty step ("//", or "/" first); send one slash'],
    ["a slash first", { key: "/a" }, 'files[0].key has an empty step ("//", or "/" first); send one slash'],
    ["a folder", { key: "a/" }, 'files[0].key ends in "/"; send the key of a file'],
    ["a backslash", { key: "a\\b" }, 'files[0].key has a "\\"; separate folders by "/"'],
    [
      "a placeholder",
      { key: "a/\x24{filename}" },
      'files[0].key has "\x24{"; send the whole key, without placeholders',
    ],
    ["a line break", { key: "a\nb" }, "files[0].key has a control character; send it without"],
    [
      "half a character",
      { key: "a\ud800" },
      "files[0].key is not well-formed Unicode; send whole characters",
    ],
    [
      "a long key",
      { key: "é".repeat(512) },
      "files[0].key has 1024 bytes; send 1023 bytes of UTF-8 or fewer",
    ],
  ])("refuses a file with %s", (_what, change, told) => {
    expect(withFile(change)).toBe(told);
  });
});

describe("POST /downloads", () => {
  it("asks for one URL a key", () => {
    expect(
      downloads({ keys: ["a/b.jpg"], disposition: "attachment; filename=b.jpg", expiresSeconds: 3600 }),
    ).toEqual({
      keys: ["a/b.jpg"],
      disposition: "attachment; filename=b.jpg",
      expiresSeconds: 3600,
    });
    expect(downloads({ keys: ["a"] })).toEqual({
      keys: ["a"],
      disposition: undefined,
      expiresSeconds: undefined,
    });
    expect(downloads({ keys: ["a"], disposition: "inline" })).toMatchObject({ disposition: "inline" });
  });

  it.each<[string, unknown, string]>([
    ["no keys", {}, "keys is not a list of 1 to 100; send one, and more in further requests"],
    ["a bad key", { keys: ["a", "b/../c"] }, 'keys[1] has a path step ("." or ".."); name the folder itself'],
    [
      "an unknown name",
      { keys: ["a"], disposal: "inline" },
      "disposal is not a parameter; use keys, expiresSeconds, disposition",
    ],
    [
      "a disposition with a line break",
      { keys: ["a"], disposition: "attachment\r\nx" },
      "disposition is not inline or attachment, with parameters in printable ASCII; send attachment; filename=a.jpg, and other names as filename*=UTF-8''%E7%85%A7.jpg",
    ],
  ])("refuses %s", (_what, body, told) => {
    expect(downloads(body)).toBe(told);
  });

  it("refuses a query, which would be in logs", () => {
    const result = downloadsRequestFrom(
      httpRequest({ method: "POST", query: "keys=a", body: { keys: ["a"] } }),
    );
    expect(result).toMatchObject({
      refusal: { field: "query", problem: "is not used here; send a JSON body" },
    });
  });

  it("refuses a body above 256 KiB", () => {
    expect(downloads("x".repeat(256 * 1024 + 1))).toEqual({ code: "REQUEST_TOO_LARGE" });
  });
});
