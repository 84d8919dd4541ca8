import { describe, expect, it } from "vitest";
import { credentialsRequestFrom } from "../../../functions/credentials/request.ts";
import { httpRequest } from "../../support/http-requests.ts";

type Change = Parameters<typeof httpRequest>[0];

function read(change: Change) {
  const result = credentialsRequestFrom(httpRequest(change));
  return result.ok ? result.value : result.refusal;
}

const wanted = (change: Change) => {
  const value = read(change);
  return "request" in value ? value.request.wanted : value;
};
const post = (body: unknown): Change => ({ method: "POST", body });
const invalid = (field: string, problem: string) => ({ code: "REQUEST_INVALID", field, problem });
const MISSING = { code: "TOKEN_MISSING" };

describe("the App token", () => {
  it("is the text after Bearer; everything else in the request is optional", () => {
    expect(read({})).toEqual({
      format: "default",
      request: { appToken: "a.b.c", sourceIp: "203.0.113.7", wanted: {} },
    });
  });

  it.each(["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "Bearer   a.b.c", " Bearer a.b.c "])(
    "is read from %j",
    (authorization) => {
      expect(read({ headers: { authorization } })).toMatchObject({ request: { appToken: "a.b.c" } });
    },
  );

  it.each([
    undefined,
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearera.b.c",
    "Bearer\ta.b.c",
    "a.b.c",
    "Basic YTpi",
    "Token a.b.c",
    "Bearer: a.b.c",
  ])("is missing with %j", (authorization) => {
    expect(read({ headers: { authorization } })).toEqual(MISSING);
  });

  it.each([
    ["two headers", ["Bearer a.b.c", "Bearer d.e.f"]],
    ["twice the same", ["Bearer a.b.c", "Bearer a.b.c"]],
    ["two that FC joined", "Bearer a.b.c,Bearer d.e.f"],
    ["one and an empty one", ["Bearer a.b.c", ""]],
    ["one and an empty one, joined", "Bearer a.b.c,"],
  ])("H3: may be there once: %s", (_how, authorization) => {
    expect(read({ headers: { authorization } })).toEqual(
      invalid("Authorization", "appears more than once; send it once, as Bearer <App token>"),
    );
  });

  it.each(["x-authorization", "x-forwarded-authorization", "proxy-authorization", "x-user", "cookie"])(
    "is not taken from %s",
    (name) => {
      expect(read({ headers: { authorization: undefined, [name]: "Bearer a.b.c" } })).toEqual(MISSING);
    },
  );

  it.each(["access_token", "token", "appToken"])(
    "RFC 6750: is not taken from the query or body as %s",
    (name) => {
      const headers = { authorization: undefined };
      expect(read({ headers, query: `${name}=a.b.c` })).toEqual(MISSING);
      expect(read({ headers, ...post({ [name]: "a.b.c" }) })).toEqual(MISSING);
      expect(read({ query: `${name}=a.b.c` })).toMatchObject({ code: "REQUEST_INVALID", field: name });
    },
  );
});

describe("parameters", () => {
  it("of the query", () => {
    expect(
      read({ query: "permissions=write,read&prefix=users/alice/&durationSeconds=900&format=ali-oss" }),
    ).toMatchObject({
      format: "ali-oss",
      request: { wanted: { permissions: ["read", "write"], prefix: "users/alice/", durationSeconds: 900 } },
    });
  });

  it("of a JSON body", () => {
    const body = {
      permissions: ["list"],
      prefix: "users/alice/",
      durationSeconds: 3600,
      format: "appserver",
    };
    expect(read(post(body))).toMatchObject({
      format: "appserver",
      request: { wanted: { permissions: ["list"], prefix: "users/alice/", durationSeconds: 3600 } },
    });
  });

  it("come from query and body together, when no name is in both", () => {
    expect(wanted({ ...post({ prefix: "a/" }), query: "durationSeconds=900" })).toEqual({
      prefix: "a/",
      durationSeconds: 900,
    });
  });

  it.each(["permissions=read&permissions=list", "permissions=read,list"])(
    "that repeat in the query are one list, as FC makes it: %s",
    (query) => {
      expect(wanted({ query })).toEqual({ permissions: ["read", "list"] });
    },
  );

  it("may contain a comma in a body, because nothing joins values there", () => {
    expect(wanted(post({ prefix: "users/alice/a,b/" }))).toEqual({ prefix: "users/alice/a,b/" });
  });

  it.each(["", "{}", " {} "])("may all be missing: body %j", (body) => {
    expect(wanted(post(body))).toEqual({});
  });
});

describe("an error names the parameter and what to write", () => {
  const UNKNOWN = "is not a parameter; use permissions, prefix, durationSeconds, format";
  const TWICE = "appears more than once; send it once";
  const ONE_PREFIX =
    "appears more than once or contains a comma; send one prefix; if it contains a comma, send it in a POST body";
  const PERMISSIONS = "contains an unknown value; use read, write, list, delete";
  const DURATION = "is not a whole number of 900 or more; send seconds, such as 3600";
  const FORMAT = "is unknown; use default, appserver, ali-oss";
  const NO_OBJECT =
    'is not a JSON object with each name once; send one, such as {"permissions":["read"]}, or nothing';

  it.each<[string, Change, string, string]>([
    ["a typo", { query: "permission=read" }, "permission", UNKNOWN],
    ["another case", { query: "Prefix=a/" }, "Prefix", UNKNOWN],
    ["a policy", post({ policy: "{}" }), "policy", UNKNOWN],
    ["a role", post({ roleArn: "acs:ram::1:role/x" }), "roleArn", UNKNOWN],
    ["a session name", { query: "roleSessionName=bob" }, "roleSessionName", UNKNOWN],
    ["__proto__", post('{"__proto__":"a/"}'), "body", NO_OBJECT],
    ["__proto__ in the query", { query: "__proto__=x" }, "__proto__", UNKNOWN],
    ["a name of no letters", { query: "%0d%0a=x" }, "a name", UNKNOWN],
    ["a name with markup", { query: "<b>x</b>=1" }, "bxb", UNKNOWN],
    ["a long name", { query: `${"n".repeat(100)}=1` }, "n".repeat(40), UNKNOWN],
    ["a list's name as axios and jQuery write it", { query: "permissions[]=read" }, "permissions[]", UNKNOWN],
    ["a prefix twice", { query: "prefix=a/&prefix=b/" }, "prefix", ONE_PREFIX],
    ["a prefix twice, joined by FC", { query: "prefix=a/,b/" }, "prefix", ONE_PREFIX],
    ["a duration twice", { query: "durationSeconds=900&durationSeconds=900" }, "durationSeconds", DURATION],
    ["a format twice", { query: "format=default&format=default" }, "format", FORMAT],
    ["one in query and body", { ...post({ prefix: "a/" }), query: "prefix=a/" }, "prefix", TWICE],
    ["no permissions", { query: "permissions=" }, "permissions", PERMISSIONS],
    ["an empty list", post({ permissions: [] }), "permissions", PERMISSIONS],
    ["an unknown permission", { query: "permissions=read,admin" }, "permissions", PERMISSIONS],
    ["a star", { query: "permissions=*" }, "permissions", PERMISSIONS],
    ["another case of one", { query: "permissions=READ" }, "permissions", PERMISSIONS],
    ["blanks between", { query: "permissions=read, write" }, "permissions", PERMISSIONS],
    ["a comma too much", { query: "permissions=read," }, "permissions", PERMISSIONS],
    ["a list in a list", post({ permissions: [["read"]] }), "permissions", PERMISSIONS],
    ["toString", post({ permissions: ["toString"] }), "permissions", PERMISSIONS],
    [
      "a number",
      post({ permissions: 7 }),
      "permissions",
      "is not a list; send a list of read, write, list, delete",
    ],
    [
      "null",
      post({ permissions: null }),
      "permissions",
      "is not a list; send a list of read, write, list, delete",
    ],
    [
      "an empty object",
      post({ permissions: {} }),
      "permissions",
      "is not a list; send a list of read, write, list, delete",
    ],
    [
      "a prefix without its slash",
      { query: "prefix=users/alice" },
      "prefix",
      'must end in "/"; write "users/alice/"',
    ],
    ["an empty prefix", { query: "prefix=" }, "prefix", 'is empty; write a folder such as "photos/"'],
    [
      "a prefix with a star",
      { query: "prefix=users/*/" },
      "prefix",
      `contains "*", which is not allowed in a prefix; write the folder's name without it`,
    ],
    [
      "the whole bucket as a prefix",
      { query: "prefix=/" },
      "prefix",
      'would be the whole bucket; write a folder such as "photos/"',
    ],
    [
      "a prefix with a path step",
      { query: "prefix=users/alice/../bob/" },
      "prefix",
      'has a path step ("." or ".."); name the folder itself',
    ],
    ["a list of prefixes", post({ prefix: ["a/"] }), "prefix", 'is not a text; send a text that ends in "/"'],
    [
      "a prefix that is null",
      post({ prefix: null }),
      "prefix",
      'is not a text; send a text that ends in "/"',
    ],
    ["a duration below STS's", { query: "durationSeconds=899" }, "durationSeconds", DURATION],
    ["a negative duration", post({ durationSeconds: -900 }), "durationSeconds", DURATION],
    ["a fraction", post({ durationSeconds: 900.5 }), "durationSeconds", DURATION],
    ["a leading zero", { query: "durationSeconds=01000" }, "durationSeconds", DURATION],
    ["hex", { query: "durationSeconds=0x384" }, "durationSeconds", DURATION],
    ["an exponent", { query: "durationSeconds=9e2" }, "durationSeconds", DURATION],
    ["a sign", { query: "durationSeconds=%2B900" }, "durationSeconds", DURATION],
    ["blanks", { query: "durationSeconds=%20900" }, "durationSeconds", DURATION],
    ["other digits", { query: "durationSeconds=%EF%BC%99%EF%BC%90%EF%BC%90" }, "durationSeconds", DURATION],
    ["two that FC joined", { query: "durationSeconds=900,900" }, "durationSeconds", DURATION],
    ["infinity", post('{"durationSeconds":1e999}'), "durationSeconds", DURATION],
    ["true", post({ durationSeconds: true }), "durationSeconds", DURATION],
    ["a list of one", post({ durationSeconds: [900] }), "durationSeconds", DURATION],
    ["a format that there is not", { query: "format=xml" }, "format", FORMAT],
    ["an empty format", { query: "format=" }, "format", FORMAT],
    ["a list of formats", post({ format: ["default"] }), "format", FORMAT],
    ["no JSON", post("permissions=read"), "body", NO_OBJECT],
    ["half a JSON", post('{"prefix":'), "body", NO_OBJECT],
    ["no UTF-8", post(Buffer.from([0x22, 0xff, 0x22])), "body", NO_OBJECT],
    ["UTF-16", post(Buffer.from("{}", "utf16le")), "body", NO_OBJECT],
    ["JSON null", post("null"), "body", NO_OBJECT],
    ["a JSON list", post("[]"), "body", NO_OBJECT],
    ["a JSON text", post('"x"'), "body", NO_OBJECT],
    ["H5: a name twice", post('{"prefix":"a/","prefix":"b/"}'), "body", NO_OBJECT],
    ["H5: a name twice, escaped", post('{"prefix":"a/","pr\\u0065fix":"b/"}'), "body", NO_OBJECT],
    [
      "an object inside",
      post('{"prefix":{"a":"b"}}'),
      "prefix",
      'is not a text; send a text that ends in "/"',
    ],
    ["H5: a name twice, further down", post('{"prefix":{"a":"b","a":"c"}}'), "body", NO_OBJECT],
    ["a byte order mark", post("\ufeff{}"), "body", NO_OBJECT],
    ["a body with GET", { body: {} }, "body", "is not allowed with GET; send parameters in the query"],
  ])("%s", (_what, change, field, problem) => {
    expect(read(change)).toEqual(invalid(field, problem));
  });

  it("is found even if a text contains colons and quotes", () => {
    expect(wanted(post({ prefix: 'a:b/\\":"/' }))).toMatchObject({
      code: "REQUEST_INVALID",
      field: "prefix",
    });
    expect(wanted(post({ prefix: 'a":"b/' }))).toEqual({ prefix: 'a":"b/' });
  });

  it("does not quote a long text: it may be a token in the wrong place", () => {
    const token = `eyJ${"x".repeat(300)}`;
    expect(JSON.stringify(read({ query: `prefix=${token}` }))).not.toContain("eyJ");
    expect(JSON.stringify(read({ query: `format=${token}&` }))).not.toContain("eyJ");
  });
});

describe("H5: a large body", () => {
  it("is refused above 16 KiB, before anything else is looked at", () => {
    const headers = { authorization: undefined };
    expect(read({ method: "POST", headers, body: "x".repeat(16 * 1024 + 1) })).toEqual({
      code: "REQUEST_TOO_LARGE",
    });
  });

  it("is read up to that", () => {
    expect(wanted(post(`{}${" ".repeat(16 * 1024 - 2)}`))).toEqual({});
  });
});
