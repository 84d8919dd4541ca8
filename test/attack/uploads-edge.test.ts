import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { TokenIssuer } from "../../sandbox/idp/issuer.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { BREAKING_TEXTS, NO_TEXTS, PROTOTYPE_NAMES } from "../support/hostile-texts.ts";
import { httpRequest } from "../support/http-requests.ts";
import { rulesWith } from "../support/valet.ts";
import { loginIssuer, wholeService } from "../support/whole-service.ts";
import { SIGNING_KEYS, wholeUploads } from "../support/whole-uploads.ts";

const PHOTOS = {
  name: "photos",
  allow: ["read", "upload"],
  prefix: "photos/{sub}/",
  upload: { maxBytes: 1000, contentTypes: ["image/jpeg", "image/png"] },
};
const FILE = { key: "photos/alice/a.jpg", contentType: "image/jpeg" };

let issuer: TokenIssuer;
let token: string;
let rules: AccessRules;
beforeAll(async () => {
  issuer = loginIssuer();
  token = issuer.token();
  rules = rulesWith(PHOTOS);
});

type Change = NonNullable<Parameters<typeof httpRequest>[0]>;

interface Answered {
  readonly said: string;
  readonly body: {
    readonly Message?: string;
    readonly Uploads?: readonly Form[];
    readonly Downloads?: readonly object[];
  };
}

interface Form {
  readonly Key: string;
  readonly Fields: Readonly<Record<string, string>>;
}

/** Sends alice's request. Whatever is asked: no secret in the log or in an error, and a form is of her folder and its rule. */
async function send(path: string, body: unknown, change: Change = {}): Promise<Answered> {
  const { handle, auditLog } = wholeUploads(issuer, rules);
  const headers = { authorization: `Bearer ${token}`, ...change.headers };
  const response = await handle(httpRequest({ method: "POST", path, body, ...change, headers }));
  const [entry, ...others] = auditLog.entries;
  expect([entry?.status, others]).toEqual([response.status, []]);
  const told = response.status === 200 ? JSON.stringify(entry) : `${JSON.stringify(entry)}${response.body}`;
  for (const secret of [
    SIGNING_KEYS.accessKeySecret,
    SIGNING_KEYS.securityToken ?? "",
    token.split(".")[2] ?? "",
  ])
    expect(told).not.toContain(secret);
  expect(JSON.stringify(entry)).not.toContain("photos/alice/a.jpg");
  for (const [name, value] of Object.entries(response.headers))
    expect(`${name}: ${value}`).toMatch(/^[\x20-\x7e]+$/);
  const parsed = JSON.parse(response.body || "{}") as Answered["body"] & { readonly Code?: string };
  for (const { Key, Fields } of parsed.Uploads ?? []) {
    expect(Key).toMatch(/^photos\/alice\/./);
    expect(Key).not.toMatch(/(^|\/)\.{1,2}(\/|$)|\/$|\/\/|\\|[\p{Cc}\u2028\u2029]|\$\{/u);
    expect(["image/jpeg", "image/png"]).toContain(Fields["x-oss-content-type"]);
    expect([Fields["key"], Fields["x-oss-forbid-overwrite"]]).toEqual([Key, "true"]);
  }
  return { said: response.status === 200 ? "200" : `${response.status} ${parsed.Code}`, body: parsed };
}

const uploads = (file: object) => send("/uploads", { files: [{ ...FILE, ...file }] });
const REFUSED = "400 InvalidRequest";
const DENIED = "403 AccessDenied";

describe("hostile keys and names", () => {
  it.each(BREAKING_TEXTS)(
    "%j is refused as a key, and as a name stays below the user's folder",
    async (text) => {
      expect([REFUSED, DENIED]).toContain((await uploads({ key: text })).said);
      expect([REFUSED, DENIED]).toContain((await send("/downloads", { keys: [text] })).said);
      expect([REFUSED, "200"]).toContain((await uploads({ key: undefined, name: text })).said);
      expect([REFUSED, "200"]).toContain((await uploads({ key: `photos/alice/${text}` })).said);
    },
  );

  it.each([
    ["the folder itself", "photos/alice/"],
    ["the folder without its slash", "photos/alice"],
    ["a folder with the same beginning", "photos/alicea/a.jpg"],
    ["another user's folder", "photos/bob/a.jpg"],
    ["another user's folder, by a step", "photos/alice/../bob/a.jpg"],
    ["an encoded step that OSS would keep", "photos/%61lice/a.jpg"],
    ["another case", "photos/Alice/a.jpg"],
    ["OSS's placeholder for a file's name", "photos/alice/\x24{filename}"],
    ["a slash first", "/photos/alice/a.jpg"],
    ["more bytes than a key may have", `photos/alice/${"é".repeat(510)}`],
  ])("%s is refused", async (_what, key) => {
    expect([REFUSED, DENIED]).toContain((await uploads({ key })).said);
    expect([REFUSED, DENIED]).toContain((await send("/downloads", { keys: [key] })).said);
  });

  it.each(NO_TEXTS)("%j is refused as key, name and type", async (value) => {
    expect((await uploads({ key: value })).said).toBe(REFUSED);
    expect((await uploads({ key: undefined, name: value })).said).toBe(REFUSED);
    expect((await uploads({ contentType: value })).said).toBe(REFUSED);
    expect((await send("/downloads", { keys: [value] })).said).toBe(REFUSED);
  });

  it("a key whose form OSS would refuse for its length is refused, and is named", async () => {
    const keys = { ...SIGNING_KEYS, securityToken: "t".repeat(900) };
    const { handle, auditLog } = wholeUploads(issuer, rules, { keys });
    // JSON doubles each of them, and base64 makes four characters of three.
    const file = { contentType: "image/jpeg", name: '"'.repeat(1000) };
    const headers = { authorization: `Bearer ${token}` };
    const asked = { method: "POST", path: "/uploads", body: { files: [FILE, file] }, headers };
    const response = await handle(httpRequest(asked));
    expect([response.status, JSON.parse(response.body).Message]).toEqual([
      400,
      "files[1] makes a form that is too long for OSS; send a shorter key or name.",
    ]);
    expect(auditLog.entries[0]?.refusal).toMatchObject({ code: "REQUEST_INVALID", field: "files[1]" });
  });

  it("one refused file refuses all, and is named", async () => {
    const { said, body } = await send("/uploads", {
      files: [FILE, FILE, { ...FILE, key: "photos/bob/a.jpg" }],
    });
    expect([said, body.Message]).toEqual([DENIED, "No rule grants files[2]."]);
    const urls = await send("/downloads", { keys: ["photos/alice/a.jpg", "photos/bob/a.jpg"] });
    expect([urls.said, urls.body.Message]).toEqual([DENIED, "No rule grants keys[1]."]);
  });
});

describe("lies about type and size", () => {
  it.each([
    ...BREAKING_TEXTS,
    "text/html",
    "image/svg+xml",
    "image/*",
    "*/*",
    "image/jpeg;x=y",
    "IMAGE/JPEG",
    "image",
  ])("%j is no type that the rule allows", async (contentType) => {
    expect([REFUSED, DENIED]).toContain((await uploads({ contentType })).said);
  });

  it.each([-1, 0.5, 1e21, 2 ** 53, Number.NaN, "1", null, [1], {}, true, 5 * 1024 ** 3 + 1])(
    "%j is no size",
    async (bytes) => {
      // JSON has no NaN: it is null.
      expect((await uploads({ bytes })).said).toBe(REFUSED);
    },
  );

  it("a size above the rule's limit is not granted, and one below makes the form take exactly so many", async () => {
    expect((await uploads({ bytes: 1001 })).said).toBe(DENIED);
    for (const [bytes, range] of [
      [0, [0, 0]],
      [-0, [0, 0]],
      [1000, [1000, 1000]],
      [undefined, [0, 1000]],
    ] as const) {
      const { body } = await uploads({ bytes });
      const policy = Buffer.from(body.Uploads?.[0]?.Fields["policy"] ?? "", "base64").toString("utf8");
      expect(JSON.parse(policy).conditions).toContainEqual(["content-length-range", ...range]);
    }
  });
});

describe("hostile requests", () => {
  it.each([
    ["no body", undefined],
    ["an empty object", {}],
    ["a list", []],
    ["no files", { files: [] }],
    ["files that are no list", { files: FILE }],
    ["101 files", { files: Array(101).fill(FILE) }],
    ["a file that is no object", { files: ["photos/alice/a.jpg"] }],
    ["a file that is null", { files: [null] }],
    ["a file that is a list", { files: [[FILE]] }],
    ["key and name", { files: [{ ...FILE, name: "a.jpg" }] }],
    ["neither key nor name", { files: [{ contentType: "image/jpeg" }] }],
    ["no type", { files: [{ key: FILE.key }] }],
    ["an unknown field of a file", { files: [{ ...FILE, acl: "public-read" }] }],
    ["an unknown parameter", { files: [FILE], overwrite: true }],
    ["a name twice", `{"files":[${JSON.stringify(FILE)}],"files":[]}`],
    [
      "a file's name twice",
      `{"files":[{"key":"photos/alice/a.jpg","key":"photos/bob/a.jpg","contentType":"image/jpeg"}]}`,
    ],
    ["59 seconds", { files: [FILE], expiresSeconds: 59 }],
    ["3601 seconds", { files: [FILE], expiresSeconds: 3601 }],
    ["seconds as a text", { files: [FILE], expiresSeconds: "900" }],
    ["half a second more", { files: [FILE], expiresSeconds: 900.5 }],
    ["a form instead of JSON", "files=photos/alice/a.jpg"],
    ["deep lists", "[".repeat(8000)],
    ["control characters", Buffer.from([0, 1, 2])],
  ])("%s is refused", async (_what, body) => {
    expect((await send("/uploads", body)).said).toBe(REFUSED);
  });

  it.each(PROTOTYPE_NAMES)("%s is no parameter and no field", async (name) => {
    expect(
      (await send("/uploads", `{"files":[${JSON.stringify(FILE)}],${JSON.stringify(name)}:1}`)).said,
    ).toBe(REFUSED);
    const file = `{"key":"photos/alice/a.jpg","contentType":"image/jpeg",${JSON.stringify(name)}:1}`;
    expect((await send("/uploads", `{"files":[${file}]}`)).said).toBe(REFUSED);
  });

  it.each([
    ["a query", { query: "expiresSeconds=3600" }, REFUSED],
    ["a token in the query too", { query: "access_token=x" }, REFUSED],
    ["two tokens", { headers: { authorization: ["Bearer a.b.c", "Bearer d.e.f"] } }, REFUSED],
    ["no token", { headers: { authorization: undefined } }, "401 MissingToken"],
    ["another token", { headers: { authorization: "Bearer a.b.c" } }, "401 InvalidToken"],
    ["GET", { method: "GET" }, "405 MethodNotAllowed"],
    ["PUT", { method: "PUT" }, "405 MethodNotAllowed"],
  ])("%s: %j is answered with %s", async (_what, change, answer) => {
    for (const [path, body] of [
      ["/uploads", { files: [FILE] }],
      ["/downloads", { keys: [FILE.key] }],
    ] as const)
      expect((await send(path, body, change)).said).toBe(answer);
  });

  it("300 KB are too many, and a hundred files with the longest keys are not", async () => {
    expect((await send("/uploads", "x".repeat(300_000))).said).toBe("413 RequestTooLarge");
    const longest = Array.from({ length: 100 }, (_, at) => ({
      ...FILE,
      key: `photos/alice/${`${at}`.padEnd(1010, "x")}`,
    }));
    expect((await send("/uploads", { files: longest })).said).toBe("200");
  });

  it.each([
    "attachment\r\nSet-Cookie: a=b",
    "attachment; filename=\u0000",
    "form-data",
    "attachment; filename=é.jpg",
    `attachment; filename=${"a".repeat(600)}`,
    "",
    7,
    null,
  ])("%j is no disposition", async (disposition) => {
    expect((await send("/downloads", { keys: [FILE.key], disposition })).said).toBe(REFUSED);
  });

  it("101 keys are too many", async () => {
    expect((await send("/downloads", { keys: Array(101).fill(FILE.key) })).said).toBe(REFUSED);
  });
});

describe("the log", () => {
  it("has how many, and which keys as digests only", async () => {
    const { handle, auditLog } = wholeUploads(issuer, rules);
    const headers = { authorization: `Bearer ${token}` };
    await handle(httpRequest({ method: "POST", path: "/uploads", body: { files: [FILE] }, headers }));
    await handle(httpRequest({ method: "POST", path: "/downloads", body: { keys: [FILE.key] }, headers }));
    const digest = createHash("sha256").update(FILE.key).digest("hex").slice(0, 32);
    const facts = { issuer: "login", rules: ["photos"], count: 1, keyDigests: [digest] };
    expect(auditLog.entries).toEqual([expect.objectContaining(facts), expect.objectContaining(facts)]);
    expect(auditLog.entries.map(({ expiration }) => expiration)).toEqual([
      "2026-11-23T09:15:00.000Z",
      "2026-11-23T09:10:00.000Z",
    ]);
  });

  it("says why nothing can be signed: 500, and no form", async () => {
    const { handle, auditLog } = wholeUploads(issuer, rules, { keys: null });
    const headers = { authorization: `Bearer ${token}` };
    const response = await handle(
      httpRequest({ method: "POST", path: "/uploads", body: { files: [FILE] }, headers }),
    );
    expect([response.status, JSON.parse(response.body).Code]).toEqual([500, "ServerError"]);
    expect(auditLog.entries[0]?.refusal).toEqual({ code: "SIGNING_KEYS_MISSING" });
  });
});

describe("/credentials, /uploads and /downloads decide alike", () => {
  const READS = { name: "reads", allow: ["read", "upload"], prefix: "photos/{sub}/", upload: PHOTOS.upload };

  async function all(
    change: Change,
    { rule = {}, more = {} }: { readonly rule?: object; readonly more?: object } = {},
    appToken = token,
  ) {
    const content = { rules: [{ ...READS, ...rule }], ...more };
    const access = rulesWith(...content.rules);
    const both = { ...access, ...more } as AccessRules;
    const signed = wholeUploads(issuer, both);
    const vended = wholeService(issuer, both);
    const headers = { authorization: `Bearer ${appToken}`, ...change.headers };
    const asked = [
      [vended, { method: "GET", path: "/credentials" }],
      [signed, { method: "POST", path: "/uploads", body: { files: [FILE] } }],
      [signed, { method: "POST", path: "/downloads", body: { keys: [FILE.key] } }],
    ] as const;
    return Promise.all(
      asked.map(async ([service, request]) => {
        const response = await service.handle(httpRequest({ ...request, ...change, headers }));
        const entry = service.auditLog.entries.at(0);
        const code = (JSON.parse(response.body || "{}") as { readonly Code?: string }).Code;
        return { response, entry, said: `${response.status} ${code ?? ""}` };
      }),
    );
  }

  it.each<[string, Parameters<typeof all>, string]>([
    ["a good token", [{}], "200 Success"],
    ["no token", [{ headers: { authorization: undefined } }], "401 MissingToken"],
    ["a token of nobody", [{ headers: { authorization: "Bearer a.b.c" } }], "401 InvalidToken"],
    [
      "a denied user",
      [
        {},
        {
          more: {
            deny: [
              {
                issuer: undefined,
                user: "alice",
                tokenId: undefined,
                issuedBeforeMs: undefined,
                reason: undefined,
              },
            ],
          },
        },
      ],
      "403 AccessDenied",
    ],
    [
      "a denied token",
      [
        {},
        {
          more: {
            deny: [
              {
                issuer: undefined,
                user: undefined,
                tokenId: undefined,
                issuedBeforeMs: Number.MAX_SAFE_INTEGER,
                reason: undefined,
              },
            ],
          },
        },
      ],
      "401 InvalidToken",
    ],
    ["a rule for others", [{}, { rule: { when: { role: "editor" } } }], "403 AccessDenied"],
    ["a rule that only reports", [{}, { rule: { mode: "report" } }], "403 AccessDenied"],
  ])("%s", async (_what, args, said) => {
    const answers = await all(...args);
    expect(answers.map((answer) => answer.said)).toEqual([said, said, said]);
    const facts = answers.map(({ entry }) => [
      entry?.issuer,
      entry?.sessionName,
      entry?.reported,
      entry?.refusal?.code,
    ]);
    expect(facts).toEqual([facts[0], facts[0], facts[0]]);
  });

  it.each([
    ["https://app.example.com", "https://app.example.com"],
    ["https://evil.example.com", "https://origin-not-allowed.invalid"],
  ])("CORS for a page of %s", async (origin, allowed) => {
    for (const { response } of await all({ headers: { origin } }))
      expect(response.headers["Access-Control-Allow-Origin"]).toBe(allowed);
    const preflights = await all({ method: "OPTIONS", headers: { origin, authorization: undefined } });
    expect(
      preflights.map(({ response }) => [response.status, response.headers["Access-Control-Allow-Methods"]]),
    ).toEqual([
      [204, "GET, POST, OPTIONS"],
      [204, "POST, OPTIONS"],
      [204, "POST, OPTIONS"],
    ]);
    for (const { response } of preflights)
      expect(response.headers["Access-Control-Allow-Origin"]).toBe(allowed);
  });

  it("answers are never stored by a proxy", async () => {
    for (const { response } of await all({})) expect(response.headers["Cache-Control"]).toBe("no-store");
  });
});
