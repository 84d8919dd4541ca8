import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fcServer } from "../../sandbox/fc/server.ts";
import {
  ACCOUNT_ID,
  type DeployedFunction,
  deploy,
  deployWithTrigger,
  listen,
  SOON,
  worldWithFunctionRole,
} from "../support/fc-function.ts";

/** Answers with the event that it was given. */
const ECHO = `exports.handler = async (event) => ({ statusCode: 200, body: event.toString("utf8") });`;
/** Answers with what the request's body says. */
const REPLAY = `exports.handler = async (event) => JSON.parse(event).body;`;
const JSON_TYPE = { "Content-Type": "application/json" };

type Deployed = DeployedFunction & { readonly origin: string };
let echoing: Deployed;
let replaying: Deployed;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  const shared = (code: string) => deployWithTrigger(code, {}, {}, (step) => undo.push(step));
  echoing = await shared(ECHO);
  replaying = await shared(REPLAY);
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

describe("an HTTP request becomes an event", () => {
  it("of the documented form for a GET: no body, and yet marked as base64", async () => {
    const { origin, target } = await deployWithTrigger(ECHO);
    const response = await send(origin, "GET", "/?parameter1=value1&parameter2=value2", {
      accept: "*/*",
      "user-agent": "CurlHttpClient",
    });
    const event = JSON.parse(response.body);
    expect(event).toEqual({
      version: "v1",
      rawPath: "/",
      headers: { Accept: "*/*", "User-Agent": "CurlHttpClient" },
      queryParameters: { parameter1: "value1", parameter2: "value2" },
      body: "",
      isBase64Encoded: true,
      requestContext: {
        accountId: ACCOUNT_ID,
        domainName: expect.stringMatching(/^example-[a-z]{8}\.cn-hangzhou\.fcapp\.run$/),
        domainPrefix: expect.stringMatching(/^example-[a-z]{8}$/),
        requestId: response.headers["x-fc-request-id"],
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        timeEpoch: expect.stringMatching(/^\d{13}$/),
        http: {
          method: "GET",
          path: "/",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "CurlHttpClient",
        },
      },
    });
    expect(event.requestContext.requestId).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/);
    expect(target.instances()).toHaveLength(1);
  });

  it("of the documented form for a POST of JSON: the body as text", async () => {
    const { origin } = await deployWithTrigger(ECHO);
    const { body } = await send(
      origin,
      "POST",
      "/",
      {
        accept: "*/*",
        "content-type": "application/json",
        "user-agent": "curl/8.7.1",
        "content-length": "20",
      },
      '{"message": "Hello"}',
    );
    expect(JSON.parse(body)).toMatchObject({
      headers: {
        Accept: "*/*",
        "Content-Length": "20",
        "Content-Type": "application/json",
        "User-Agent": "curl/8.7.1",
      },
      queryParameters: {},
      body: '{"message": "Hello"}',
      isBase64Encoded: false,
    });
  });

  it.each([
    ["text/plain; charset=utf-8", "é", false],
    ["application/ld+json", "é", false],
    ["application/xhtml+xml", "é", false],
    ["Application/XML", "é", false],
    ["application/atom+xml", "é", false],
    ["application/javascript", "é", false],
    ["application/x-www-form-urlencoded", "w6k=", true],
    ["application/octet-stream", "w6k=", true],
    ["application/problem+json", "w6k=", true],
    [undefined, "w6k=", true],
  ])("with a body of type %s as %s", async (type, body, isBase64Encoded) => {
    const { origin } = echoing;
    const headers = type === undefined ? {} : { "content-type": type };
    const response = await send(origin, "POST", "/", headers, "é");
    expect(JSON.parse(response.body)).toMatchObject({ body, isBase64Encoded });
  });

  it("writes header names as Go does, and joins repeated headers and parameters with a comma", async () => {
    const { origin } = echoing;
    const { body } = await send(origin, "GET", "/?b=2&a=1&b=3&c=%26&__proto__=x", {
      authorization: ["Bearer one", "Bearer two"] as never,
      "x-REQUEST-id": "abc",
      "x-forwarded-for": "203.0.113.9",
    });
    const event = JSON.parse(body);
    expect(event.headers).toEqual({
      Authorization: "Bearer one,Bearer two",
      "X-Forwarded-For": "203.0.113.9",
      "X-Request-Id": "abc",
    });
    expect(Object.entries(event.queryParameters)).toEqual([
      ["b", "2,3"],
      ["a", "1"],
      ["c", "&"],
      ["__proto__", "x"],
    ]);
    expect(event.requestContext.http.sourceIp).toBe("127.0.0.1");
  });

  it("hands on neither the connection's headers nor such as only FC may set", async () => {
    const { origin } = echoing;
    const { body } = await send(origin, "GET", "/", {
      connection: "close",
      "keep-alive": "timeout=5",
      "x-fc-security-token": "forged",
      "x-fcx": "kept",
    });
    expect(JSON.parse(body).headers).toEqual({ "X-Fcx": "kept" });
  });

  it("keeps the path encoded in rawPath, and decodes it in http.path", async () => {
    const { origin } = echoing;
    const event = JSON.parse((await send(origin, "GET", "/a%20b/%E4%BD%A0+?x=1", {})).body);
    expect([event.rawPath, event.requestContext.http.path]).toEqual(["/a%20b/%E4%BD%A0+", "/a b/你+"]);
  });
});

describe("a request beyond FC's limits is refused with 400 InvalidArgument", () => {
  it.each([
    ["headers above 8 KB", { headers: { "x-long": "x".repeat(8192) } }],
    ["path and query above 4 KB", { path: `/?${"q".repeat(4096)}` }],
    ["a body above 32 MB", { headers: { "content-length": String(32 * 1024 * 1024 + 1) } }],
    [
      "an asynchronous body above 128 KB",
      { headers: { "x-fc-invocation-type": "Async" }, body: "x".repeat(131_073) },
    ],
    ["a path that does not decode", { path: "/%E4%BD" }],
  ])("%s", async (_case, { path = "/", headers = {}, body = undefined }: RequestParts) => {
    const { origin, target } = await deployWithTrigger(ECHO);
    const response = await send(origin, "POST", path, headers, body);
    expect([response.status, JSON.parse(response.body)]).toEqual([
      400,
      {
        RequestId: response.headers["x-fc-request-id"],
        Code: "InvalidArgument",
        Message: expect.any(String),
      },
    ]);
    expect(target.instances()).toEqual([]);
  });

  it("lets 8 KB of headers and 4 KB of path through", async () => {
    const { origin } = await deployWithTrigger(`exports.handler = async () => "ran";`);
    const host = origin.slice("http://".length);
    const used = "Host".length + host.length + "x-long".length + "Connection".length + "close".length;
    const response = await send(origin, "GET", `/?${"q".repeat(4094)}`, {
      "x-long": "x".repeat(8192 - used),
      connection: "close",
    });
    expect(response).toMatchObject({ status: 200, body: "ran" });
  });

  it("an absolute request target", async () => {
    const { origin } = await deployWithTrigger(ECHO);
    const port = Number(new URL(origin).port);
    const answer = await raw(
      port,
      "GET http://other.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("what a function returns becomes an HTTP response", () => {
  it.each([
    ["text", "Hello World!", { status: 200, body: "Hello World!" }],
    ["JSON without statusCode", '{"message": "hi"}', { status: 200, body: '{"message": "hi"}' }],
    ["a status and text", '{"statusCode":201,"body":"made"}', { status: 201, body: "made" }],
    ["an object as body", '{"statusCode":200,"body":{"a":1}}', { status: 200, body: '{"a":1}' }],
    ["no body", '{"statusCode":204}', { status: 204, body: "" }],
    ["base64", '{"statusCode":200,"body":"w6k=","isBase64Encoded":true}', { status: 200, body: "é" }],
    ["broken base64", '{"statusCode":200,"body":"w6k","isBase64Encoded":true}', { status: 200, body: "w6k" }],
    ["null", "null", { status: 200, body: "null" }],
  ])("%s", async (_case, returned, expected) => {
    const { origin } = replaying;
    const response = await send(origin, "POST", "/", JSON_TYPE, returned);
    expect(response).toMatchObject({
      ...expected,
      headers: {
        "content-type": "application/json",
        "content-disposition": "attachment",
        "x-fc-request-id": expect.stringMatching(/^1-/),
      },
    });
  });

  it("keeps the function's headers, and drops those that FC reserves", async () => {
    const { origin } = replaying;
    const returned = {
      statusCode: 200,
      headers: {
        "content-type": "text/html",
        "Cache-Control": "no-store",
        "X-Fc-Request-Id": "forged",
        Connection: "close",
        "Content-Length": "9999",
        Date: "never",
        "keep-alive": "timeout=99",
        Server: "mine",
        "Content-Disposition": "inline",
        Upgrade: "h2c",
        Trailer: "x-checksum",
        "Transfer-Encoding": "gzip",
      },
      body: "x",
    };
    const { headers } = await send(origin, "POST", "/", JSON_TYPE, JSON.stringify(returned));
    expect(headers).toMatchObject({
      "content-type": "text/html",
      "cache-control": "no-store",
      "content-length": "1",
      "content-disposition": "attachment",
    });
    expect(headers["x-fc-request-id"]).toMatch(/^1-/);
    expect(headers["date"]).not.toBe("never");
    for (const name of ["server", "upgrade", "trailer", "transfer-encoding"]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it.each([
    ["headers above 8 KB", { statusCode: 200, headers: { "x-long": "x".repeat(8192) } }],
    ["a header that is no string", { statusCode: 200, headers: { "x-a": 1 } }],
    [
      "a header that would split the response",
      { statusCode: 200, headers: { "x-a": "b\r\nSet-Cookie: c=d" } },
    ],
    ["a status that is none", { statusCode: "200" }],
  ])("refuses %s with 502 BadResponse", async (_case, returned) => {
    const { origin } = replaying;
    const response = await send(origin, "POST", "/", JSON_TYPE, JSON.stringify(returned));
    expect([response.status, JSON.parse(response.body).Code]).toEqual([502, "BadResponse"]);
    expect(response.headers["x-fc-request-id"]).toMatch(/^1-/);
  });

  it("leaves Content-Disposition alone on a custom domain", async () => {
    const { origin } = await deployWithTrigger(ECHO, { customDomain: "sts.example.com" });
    const response = await send(origin, "GET", "/", {});
    expect(response.headers["content-disposition"]).toBeUndefined();
    expect(JSON.parse(response.body).requestContext).toMatchObject({
      domainName: "sts.example.com",
      domainPrefix: "sts",
    });
  });
});

describe("a function error", () => {
  it.each([
    ["an uncaught error", `throw new Error("the password is 123")`],
    ["a process that exits", `process.exit(1)`],
  ])("is 502 and hides what happened: %s", async (_case, body) => {
    const { origin } = await deployWithTrigger(`exports.handler = async () => { ${body}; };`);
    const response = await send(origin, "GET", "/", {});
    expect(response).toMatchObject({
      status: 502,
      body: "Internal Server Error",
      headers: { "content-type": "application/json", "x-fc-request-id": expect.stringMatching(/^1-/) },
    });
  });
});

describe("the journal", () => {
  const RESOURCE = `acs:fc:cn-hangzhou:${ACCOUNT_ID}:functions/example`;

  it("tells method and path, what the client was answered, and why it was let in", async () => {
    const { origin, world } = await deployWithTrigger(`exports.handler = async () => { throw 1; };`);
    const { headers } = await send(origin, "GET", "/credentials?format=secret", {});
    expect(world.journal).toEqual([
      {
        timeMs: expect.any(Number),
        service: "fc",
        operation: "GET /credentials",
        principal: undefined,
        resource: RESOURCE,
        status: 502,
        code: "UnhandledInvocationError",
        because: "the trigger is anonymous",
        requestId: headers["x-fc-request-id"],
      },
    ]);
  });

  it.each([
    ["the function's own refusal", { statusCode: 401, body: "no" }, { status: 401, code: undefined }],
    ["a response that is none", { statusCode: 99 }, { status: 502, code: "BadResponse" }],
  ])("has the status of %s", async (_case, returned, entry) => {
    const { origin, world } = replaying;
    await send(origin, "POST", "/a", JSON_TYPE, JSON.stringify(returned));
    expect(world.journal.at(-1)).toMatchObject({ operation: "POST /a", ...entry });
  });

  it("has a preflight that the platform answers", async () => {
    const { origin, world } = await deployWithTrigger(ECHO, { methods: ["GET"] });
    const headers = { origin: "https://app.example", "access-control-request-method": "GET" };
    await send(origin, "OPTIONS", "/credentials", headers);
    expect(world.journal).toMatchObject([
      {
        operation: "OPTIONS /credentials",
        status: 200,
        because: "a preflight, which the platform answers itself",
      },
    ]);
  });

  it("has a request to a platform without a function", async () => {
    const { world } = echoing;
    const origin = await listen(fcServer(world, []));
    const { status, body, headers } = await send(origin, "GET", "/credentials", {});
    expect([status, JSON.parse(body).Code]).toEqual([404, "FunctionNotFound"]);
    expect(world.journal.at(-1)).toMatchObject({
      operation: "GET /credentials",
      status: 404,
      code: "FunctionNotFound",
      requestId: headers["x-fc-request-id"],
    });
  });

  it("tells of a client that left before the answer", async () => {
    const { origin, target, world } = await deployWithTrigger(
      `exports.handler = () => new Promise(() => {});`,
    );
    const client = httpRequest(`${origin}/wait`);
    client.on("error", () => {});
    client.end();
    await expect.poll(() => target.instances(), SOON).toHaveLength(1);
    client.destroy();
    await expect
      .poll(() => world.journal, SOON)
      .toMatchObject([{ operation: "GET /wait", status: 499, code: "ClientClosedRequest" }]);
  });
});

describe("methods and CORS", () => {
  const ORIGIN = { origin: "https://app.example" };
  const PREFLIGHT = {
    ...ORIGIN,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  };
  const REFLECTED = {
    "access-control-allow-origin": "https://app.example",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "Date,x-fc-request-id",
  };

  it("refuses a method that the trigger does not list with 403", async () => {
    const { origin, target, world } = await deployWithTrigger(ECHO, { methods: ["GET"] });
    const response = await send(origin, "POST", "/", {});
    expect([response.status, JSON.parse(response.body).Code]).toEqual([403, "MethodNotAllowed"]);
    expect(target.instances()).toEqual([]);
    expect(world.journal).toMatchObject([{ status: 403, code: "MethodNotAllowed" }]);
  });

  it("reflects any origin, with credentials, where the function says nothing", async () => {
    const { origin } = echoing;
    expect((await send(origin, "GET", "/", ORIGIN)).headers).toMatchObject(REFLECTED);
    expect((await send(origin, "GET", "/", {})).headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("adds nothing to an origin that the function allows itself", async () => {
    const { origin } = replaying;
    const returned = { statusCode: 200, headers: { "access-control-allow-origin": "https://other.example" } };
    const { headers } = await send(
      origin,
      "POST",
      "/",
      { ...JSON_TYPE, ...ORIGIN },
      JSON.stringify(returned),
    );
    expect(headers["access-control-allow-origin"]).toBe("https://other.example");
    expect(headers).not.toHaveProperty("access-control-allow-credentials");
  });

  it("answers a preflight itself where the trigger does not list OPTIONS", async () => {
    const { origin, target } = await deployWithTrigger(ECHO, { methods: ["GET", "POST"] });
    const response = await send(origin, "OPTIONS", "/", PREFLIGHT);
    expect(response).toMatchObject({
      status: 200,
      body: "",
      headers: {
        ...REFLECTED,
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization",
      },
    });
    expect(target.instances()).toEqual([]);
  });

  it("lets the function answer a preflight where the trigger lists OPTIONS", async () => {
    const { origin } = await deployWithTrigger(
      `exports.handler = async () => ({ statusCode: 204, headers: { "Access-Control-Allow-Origin": "null" } });`,
      { methods: ["POST", "OPTIONS"] },
    );
    const response = await send(origin, "OPTIONS", "/", PREFLIGHT);
    expect([response.status, response.headers["access-control-allow-origin"]]).toEqual([204, "null"]);
  });
});

describe("invocations", () => {
  it("answers an asynchronous request at once with 202, and tries again after errors", async () => {
    const { origin, logs } = await deployWithTrigger(
      `exports.handler = async () => { process.stdout.write("ran\\n"); throw new Error("again"); };`,
      { maxAsyncRetryAttempts: 2 },
    );
    const response = await send(origin, "POST", "/", { "x-fc-invocation-type": "Async" });
    expect(response).toMatchObject({
      status: 202,
      body: "",
      headers: { "x-fc-request-id": expect.stringMatching(/^1-/) },
    });
    await expect.poll(() => logs.filter((line) => line === "ran"), SOON).toHaveLength(3);
  });

  it("runs an asynchronous request once where retries are switched off", async () => {
    const { origin, world } = await deployWithTrigger(
      `exports.handler = async () => { throw new Error("no more"); };`,
      { maxAsyncRetryAttempts: 0 },
    );
    await send(origin, "POST", "/", { "x-fc-invocation-type": "Async" });
    await expect.poll(() => world.journal.length, SOON).toBe(2);
    await send(origin, "GET", "/", {});
    expect(world.journal).toMatchObject([
      { operation: "POST /", status: 202, code: undefined },
      {
        operation: "InvokeFunction",
        status: 200,
        code: "UnhandledInvocationError",
        because: "asynchronous, attempt 1 of 1",
      },
      { operation: "GET /", status: 502 },
    ]);
  });

  it("ends the instance of a request whose client has gone", async () => {
    const { origin, target } = await deployWithTrigger(
      `exports.handler = async (event) => JSON.parse(event).rawPath === "/wait" ? new Promise(() => {}) : "ran";`,
    );
    const client = httpRequest(`${origin}/wait`);
    client.on("error", () => {});
    client.end();
    await expect.poll(() => target.instances(), SOON).toHaveLength(1);
    const [waiting] = target.instances();
    client.destroy();
    await expect.poll(() => target.instances(), SOON).toEqual([]);
    await send(origin, "GET", "/", {});
    expect(target.instances()[0]?.id).not.toBe(waiting?.id);
  });

  it("chooses among functions by the domain that the Host header names", async () => {
    const world = worldWithFunctionRole();
    const first = await deploy(`exports.handler = async () => "first";`, { name: "first" }, {}, world);
    const second = await deploy(
      `exports.handler = async (event) => "second";`,
      { name: "second", customDomain: "second.example.com" },
      {},
      world,
    );
    const origin = await listen(fcServer(world, [first.target, second.target]));
    const bodyFor = async (host: string) => (await send(origin, "GET", "/", { host })).body;
    expect([await bodyFor("second.example.com:80"), await bodyFor("127.0.0.1")]).toEqual(["second", "first"]);
  });

  it("chooses among functions by the path, where the deployment has routes", async () => {
    const world = worldWithFunctionRole();
    const named = (name: string) =>
      deploy(`exports.handler = async () => "${name}";`, { name }, {}, world).then(({ target }) => target);
    const functions = await Promise.all(["f1", "f2", "f3", "f4", "f5"].map(named));
    // The table and its outcomes: FC "Configure a custom domain name", the example of the route matching rules.
    const routes = [
      { path: "/", functionName: "f1" },
      { path: "/*", functionName: "f2" },
      { path: "/login", functionName: "f3" },
      { path: "/login/a", functionName: "f4" },
      { path: "/login/*", functionName: "f5" },
    ];
    const origin = await listen(fcServer(world, functions, routes));
    const bodyFor = async (path: string) => (await send(origin, "GET", path, { host: "127.0.0.1" })).body;
    expect(await bodyFor("/")).toBe("f1");
    expect(await bodyFor("/user?a=/login")).toBe("f2");
    expect(await bodyFor("/login")).toBe("f3");
    expect(await bodyFor("/login/a")).toBe("f4");
    expect(await bodyFor("/login/a/b")).toBe("f5");
    expect(await bodyFor("/login/b")).toBe("f5");

    const bare = await listen(fcServer(world, functions, routes.slice(2)));
    expect(await send(bare, "GET", "/user", { host: "127.0.0.1" })).toMatchObject({
      status: 404,
      body: expect.stringContaining("FunctionNotFound"),
    });
  });
});

interface RequestParts {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends exactly these headers and Host: fetch would add its own. */
function send(
  origin: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    request.on("error", reject);
    if (body === undefined && headers["content-length"] !== undefined) request.flushHeaders();
    else request.end(body);
  });
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
