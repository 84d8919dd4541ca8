import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fcResponseFrom, httpRequestFromFcEvent } from "../../functions/http/fc-event.ts";
import type { TokenIssuer } from "../../sandbox/idp/issuer.ts";
import { fcEvent } from "../support/fc-events.ts";
import { BREAKING_TEXTS, NO_TEXTS, PROTOTYPE_NAMES } from "../support/hostile-texts.ts";
import { httpRequest } from "../support/http-requests.ts";
import { CREDENTIALS } from "../support/stubs.ts";
import { OWN_FOLDER, rulesWith } from "../support/valet.ts";
import { loginIssuer, wholeService } from "../support/whole-service.ts";

let issuer: TokenIssuer;
let token: string;
beforeAll(async () => {
  issuer = loginIssuer();
  token = issuer.token();
});

type Change = Parameters<typeof httpRequest>[0];

/** Every status and code that docs/errors.md lists for a caller's mistake. */
const TABLE = new Set([
  "400 InvalidRequest",
  "401 MissingToken",
  "401 InvalidToken",
  "403 AccessDenied",
  "404 NotFound",
  "405 MethodNotAllowed",
  "413 RequestTooLarge",
]);

/**
 * Sends a hostile request with alice's token. It is refused by the table, without STS, or answered as if it had
 * said nothing: with credentials for alice's folder or below, and never a longer session.
 */
async function send(change: Change) {
  const { handle, sts, auditLog } = wholeService(issuer, rulesWith(OWN_FOLDER));
  const response = await handle(
    httpRequest({ ...change, headers: { authorization: `Bearer ${token}`, ...change?.headers } }),
  );
  expect(auditLog.entries).toHaveLength(1);
  for (const [name, value] of Object.entries(response.headers))
    expect(`${name}: ${value}`).toMatch(/^[\x20-\x7e]+$/);
  if (response.status === 200) {
    for (const call of sts.calls) {
      expect(call.durationSeconds).toBeLessThanOrEqual(3600);
      for (const { Resource } of JSON.parse(call.sessionPolicy).Statement) {
        expect(Resource).toMatch(/^acs:oss:\*:\*:examplebucket(\/users\/alice\/[^*?]*\*)?$/);
      }
    }
    return "200";
  }
  expect(sts.calls).toEqual([]);
  if (response.status === 204) return "204";
  if (change?.method === "HEAD") {
    expect(response.body).toBe("");
    return `${response.status}`;
  }
  const { Code } = JSON.parse(response.body) as { readonly Code: string };
  expect(TABLE).toContain(`${response.status} ${Code}`);
  return `${response.status} ${Code}`;
}

const REFUSED = "400 InvalidRequest";

describe("hostile texts as parameters", () => {
  it.each(BREAKING_TEXTS)("%j is refused as every parameter and name, in query and body", async (text) => {
    for (const name of ["permissions", "prefix", "durationSeconds", "format", text]) {
      // A text that is a folder's name is read, and is none of alice's.
      const answer = name === "prefix" && text === "alice/" ? "403 AccessDenied" : REFUSED;
      expect(await send({ query: [[name, text]] })).toBe(answer);
      expect(await send({ method: "POST", body: { [name]: text } })).toBe(answer);
    }
  });

  it.each(BREAKING_TEXTS)(
    "P15: %j inside alice's own prefix is refused, or stays inside it",
    async (text) => {
      const answer = await send({ query: [["prefix", `users/alice/${text}/`]] });
      expect([REFUSED, "200"]).toContain(answer);
    },
  );

  it("P7: a prefix of any length inside alice's own is granted or refused, and never causes a 500", async () => {
    const answers = new Map<string, number>();
    for (let length = 1; length <= 1100; length += 7) {
      const answer = await send({ query: [["prefix", `users/alice/${"a".repeat(length)}/`]] });
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    expect([...answers.keys()].sort()).toEqual(["200", REFUSED]);
  });

  it.each(NO_TEXTS)("%j is refused as every parameter in a body", async (value) => {
    for (const name of ["permissions", "prefix", "format"]) {
      expect(await send({ method: "POST", body: { [name]: value } })).toBe(REFUSED);
    }
    if (value !== 1e21)
      expect(await send({ method: "POST", body: { durationSeconds: value } })).toBe(REFUSED);
  });

  it.each(PROTOTYPE_NAMES)("%s is not accepted as a parameter", async (name) => {
    expect(await send({ query: [[name, "x"]] })).toBe(REFUSED);
    expect(await send({ method: "POST", body: `{${JSON.stringify(name)}:"x"}` })).toBe(REFUSED);
  });

  it.each([1e21, 1e308, 43_200, 3601, 2 ** 53])(
    "S2: a session of %d seconds is refused",
    async (durationSeconds) => {
      expect(await send({ method: "POST", body: { durationSeconds } })).toBe(REFUSED);
    },
  );
});

describe("H3 H4: hostile headers", () => {
  it.each(BREAKING_TEXTS)("%j is refused as a token, and is in no header of the answer", async (text) => {
    expect(await send({ headers: { authorization: `Bearer ${text}` } })).toMatch(
      /^(401 (Invalid|Missing)Token|400 InvalidRequest)$/,
    );
  });

  it.each(BREAKING_TEXTS)("%j in any other header changes nothing", async (text) => {
    const headers = {
      origin: text,
      "x-forwarded-for": text,
      "x-fc-request-id": text,
      host: text,
      cookie: text,
    };
    expect(await send({ headers })).toBe("200");
  });

  it.each([
    "x-http-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-host",
    "x-user",
    "x-fc-access-key-id",
  ])("H6 H8: %s changes nothing", async (name) => {
    expect(await send({ headers: { [name]: "PUT /admin" } })).toBe("200");
  });
});

describe("H5: hostile bodies", () => {
  it.each<[string, string | Buffer, string]>([
    ["10 MB", Buffer.alloc(10 * 1024 * 1024, "x"), "413 RequestTooLarge"],
    ["deep lists", "[".repeat(8000), REFUSED],
    ["deep lists as a parameter", `{"prefix":${"[".repeat(4000)}${"]".repeat(4000)}}`, REFUSED],
    ["deep objects", `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`, REFUSED],
    [
      "many names",
      JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 1]))),
      REFUSED,
    ],
    ["many permissions", JSON.stringify({ permissions: Array(2000).fill("read") }), "200"],
    ["quotes that a slow expression would stumble over", `{"prefix":"${'\\"'.repeat(4000)}`, REFUSED],
    ["control characters", Buffer.from([0, 1, 2, 3]), REFUSED],
    ["a byte order mark before nothing", Buffer.from([0xef, 0xbb, 0xbf]), REFUSED],
    ["a form", "prefix=users/alice/&permissions=read", REFUSED],
    ["XML", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", REFUSED],
  ])("%s", async (_what, body, answer) => {
    expect(await send({ method: "POST", body })).toBe(answer);
  });
});

describe("H2 H6: odd methods and paths", () => {
  it.each([
    "",
    "get",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "DEBUG",
    "GET ",
    "GET\r\n",
    "\u0000",
    "M".repeat(5000),
  ])("method %j", async (method) => {
    expect(await send({ method })).toBe("405 MethodNotAllowed");
  });

  it.each([
    "",
    "/",
    "*",
    "credentials",
    "/credentials/",
    "/credentials?x",
    "/credentials;x",
    "/credentials/..",
    "/./credentials",
    "/x/../credentials",
    "http://h/credentials",
    "/credentials%00",
    "/credentials\u0000",
    "/healthz/",
    "/__proto__",
    `/${"x".repeat(9000)}`,
  ])("path %j", async (path) => {
    expect(await send({ path })).toBe("404 NotFound");
  });
});

describe("H7 H10: hostile events through the whole of the function", () => {
  it.each<[string, Record<string, unknown>]>([
    ["no event", { requestContext: undefined }],
    ["no headers", { headers: undefined }],
    ["headers as a list", { headers: ["Authorization"] }],
    ["parameters as a text", { queryParameters: "prefix=x" }],
    ["a parameter that is a list", { queryParameters: { permissions: ["read"] } }],
    ["a body that is a number", { body: 7 }],
    ["a body that is an object", { body: { permissions: ["read"] }, http: { method: "POST" } }],
    ["bad base64", { body: "%%%", http: { method: "POST" } }],
    ["__proto__ in headers", { headers: JSON.parse('{"__proto__":"x","Authorization":"Bearer a.b.c"}') }],
    ["an asynchronous call", { headers: { Authorization: "Bearer a.b.c", "X-Fc-Invocation-Type": "Async" } }],
  ])("%s", async (_what, change) => {
    const { handle, sts, auditLog } = wholeService(issuer, rulesWith(OWN_FOLDER));
    const event = fcEvent({ headers: { Authorization: `Bearer ${token}` }, ...change });
    const request = httpRequestFromFcEvent(Buffer.from(JSON.stringify(event)), "1");
    const { statusCode, body } = fcResponseFrom(await handle(request));
    expect(TABLE).toContain(`${statusCode} ${JSON.parse(body).Code}`);
    expect(sts.calls).toEqual([]);
    expect(auditLog.entries).toHaveLength(1);
  });
});

it("H9: every unusable token is answered alike", async () => {
  const { handle } = wholeService(issuer, rulesWith(OWN_FOLDER));
  const tokens = [
    issuer.token({}, { unpublishedKey: true }),
    issuer.token({ aud: "billing" }),
    issuer.token({ iss: "https://evil.example/" }),
    issuer.token({}, { algorithm: "none" }),
    issuer.token({}, { algorithm: "HS256", secret: "x".repeat(32) }),
    `${token.slice(0, -4)}AAAA`,
    "a.b.c",
  ];
  const answers = new Set<string>();
  for (const bad of tokens) {
    const { status, headers, body } = await handle(
      httpRequest({ headers: { authorization: `Bearer ${bad}` } }),
    );
    answers.add(JSON.stringify([status, headers, body]));
  }
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).not.toContain(CREDENTIALS.accessKeySecret);
});

const vectors = process.env["TEST_VECTORS_DIR"];
const there = vectors !== undefined && existsSync(`${vectors}/json-test-suite.json`);

describe.skipIf(!there)("public lists (TEST_VECTORS_DIR)", () => {
  const linesOf = (file: string) =>
    readFileSync(`${vectors}/fuzzdb/${file}.txt`, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));

  it("naughty strings as every parameter", { timeout: 120_000 }, async () => {
    const naughty: readonly string[] = JSON.parse(readFileSync(`${vectors}/blns.json`, "utf8"));
    for (const text of naughty) {
      for (const name of ["permissions", "prefix", "durationSeconds", "format"]) {
        const answer = name === "prefix" && text.endsWith("/") ? /^40[03] / : /^400 /;
        expect(await send({ query: [[name, text]] }), JSON.stringify(text)).toMatch(answer);
      }
    }
  });

  it("JSONTestSuite's and fuzzdb's JSON as bodies", { timeout: 120_000 }, async () => {
    const suite = JSON.parse(readFileSync(`${vectors}/json-test-suite.json`, "utf8"));
    const bodies = Object.values<string>(suite.test_parsing).map((text) => Buffer.from(text, "base64"));
    expect(bodies.length).toBeGreaterThan(200);
    for (const body of [...bodies, ...linesOf("JSON_Fuzzing").map((line) => Buffer.from(line))]) {
      if (body.length === 0) continue;
      const answer = await send({ method: "POST", body });
      expect([REFUSED, "413 RequestTooLarge", ...(body.toString().trim() === "{}" ? ["200"] : [])]).toContain(
        answer,
      );
    }
  });

  it("fuzzdb's parameter pollution, methods, headers and line ends", { timeout: 120_000 }, async () => {
    for (const line of linesOf("hpp"))
      expect(await send({ query: `prefix=users/alice/&${line}` })).toBe(REFUSED);
    for (const method of linesOf("http-protocol-methods")) {
      // The answer to HEAD has no body that could name a code.
      const known = { GET: "200", POST: "200", OPTIONS: "204", HEAD: "405" }[method];
      expect(await send({ method })).toBe(known ?? "405 MethodNotAllowed");
    }
    for (const name of linesOf("http-request-header-field-names")) {
      if (name.toLowerCase() === "authorization") continue;
      expect(await send({ headers: { [name.toLowerCase()]: "x" } })).toBe("200");
    }
    for (const line of linesOf("crlf-injection")) {
      expect(
        await send({ query: [["prefix", decodeURIComponent(line.replace(/%(?![0-9a-f]{2})/gi, "%25"))]] }),
      ).toBe(REFUSED);
    }
  });
});
