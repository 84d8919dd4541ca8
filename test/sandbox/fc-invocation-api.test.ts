import { createHmac } from "node:crypto";
import { Readable } from "node:stream";
import Fc2 from "@alicloud/fc2";
import openApiModule, { $OpenApiUtil, OpenApiUtil } from "@alicloud/openapi-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fcServer } from "../../sandbox/fc/server.ts";
import { openSession } from "../../sandbox/sts/session.ts";
import {
  type AccessKey,
  addPolicy,
  addUser,
  attachPolicy,
  newAccessKey,
  type World,
} from "../../sandbox/world.ts";
import {
  ACCOUNT_ID,
  type DeployedFunction,
  deploy,
  listen,
  SOON,
  worldWithFunctionRole,
} from "../support/fc-function.ts";

// The default of a CommonJS module is its exports for Node and esbuild, and the class itself for vitest.
const OpenApiClient = "default" in openApiModule ? openApiModule.default : openApiModule;

const CODE = `exports.handler = async (event, context) => {
  const text = event.toString("utf8");
  process.stdout.write("heard " + text + "\\n");
  if (text === "throw") throw new Error("oops");
  return text === "qualifier" ? context.service.qualifier : "heard " + text;
};`;

const TAIL = /^FC Invoke Start RequestId: 1-.*\nheard hello\nFC Invoke End RequestId: 1-.*\n$/;

let invoker: AccessKey;
let stranger: AccessKey;
let deployed: DeployedFunction;
let world: World;
let origin: string;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  const atEnd = (step: () => unknown) => undo.push(step);
  world = worldWithFunctionRole();
  [invoker, stranger] = usersIn(world);
  deployed = await deploy(CODE, {}, {}, world, atEnd);
  origin = await listen(fcServer(world, [deployed.target]), atEnd);
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

describe("@alicloud/fc2, unmodified, against the API of 2016-08-15", () => {
  const clientWith = (key: { readonly id: string; readonly secret: string }, more = {}) =>
    new Fc2(ACCOUNT_ID, {
      accessKeyID: key.id,
      accessKeySecret: key.secret,
      region: "cn-hangzhou",
      endpoint: origin,
      ...more,
    });

  it("invokes a function", async () => {
    const { headers, data } = await clientWith(invoker).invokeFunction("any", "example", "hello");
    expect(data).toBe("heard hello");
    expect(headers).toMatchObject({
      "content-type": "application/octet-stream",
      "x-fc-request-id": expect.stringMatching(/^1-/),
      "x-fc-invocation-duration": expect.stringMatching(/^\d+$/),
      "x-fc-max-memory-usage": expect.stringMatching(/^\d+$/),
    });
    expect(headers).not.toHaveProperty("x-fc-error-type");
    expect(world.journal.at(-1)).toMatchObject({
      principal: `acs:ram::${ACCOUNT_ID}:user/invoker`,
      operation: "InvokeFunction",
      resource: `acs:fc:cn-hangzhou:${ACCOUNT_ID}:functions/example`,
      because: expect.stringMatching(/invoke.* allows fc:InvokeFunction/),
      requestId: headers["x-fc-request-id"],
      status: 200,
    });
  });

  it("gets the log of an invocation", async () => {
    const { headers } = await clientWith(invoker).invokeFunction("any", "example", "hello", {
      "x-fc-log-type": "Tail",
    });
    expect(Buffer.from(headers["x-fc-log-result"] ?? "", "base64").toString()).toMatch(TAIL);
  });

  it("gets a function's error with status 200", async () => {
    const { headers, data } = await clientWith(invoker).invokeFunction("any", "example", "throw");
    expect(headers["x-fc-error-type"]).toBe("UnhandledInvocationError");
    expect(JSON.parse(String(data))).toMatchObject({ errorMessage: "oops", errorType: "Error" });
  });

  it("invokes with a role's temporary credentials", async () => {
    const session = sessionOf(world);
    const key = { id: session.accessKeyId, secret: session.accessKeySecret };
    const { data } = await clientWith(key, { securityToken: session.securityToken }).invokeFunction(
      "any",
      "example",
      "hello",
    );
    expect(data).toBe("heard hello");
  });

  it("invokes asynchronously: accepted at once", async () => {
    const { headers, data } = await clientWith(invoker).invokeFunction("any", "example", "later", {
      "x-fc-invocation-type": "Async",
    });
    expect(data).toBe("");
    await expect
      .poll(() => world.journal.filter(({ requestId }) => requestId === headers["x-fc-request-id"]), SOON)
      .toMatchObject([{ status: 202 }, { status: 200, because: "asynchronous, attempt 1 of 4" }]);
  });

  it("names the version LATEST, and no other", async () => {
    const client = clientWith(invoker);
    expect((await client.invokeFunction("any", "example", "qualifier", {}, "LATEST")).data).toBe("LATEST");
    await expect(client.invokeFunction("any", "example", "qualifier", {}, "7")).rejects.toMatchObject({
      name: "FCVersionNotFoundError",
    });
  });

  it.each([
    ["a wrong secret", () => clientWith({ ...invoker, secret: "wrong" }), "SignatureNotMatch"],
    ["an unknown key", () => clientWith({ id: "LTAIunknown", secret: "x" }), "InvalidAccessKeyID"],
    ["a user without fc:InvokeFunction", () => clientWith(stranger), "AccessDenied"],
    [
      "a token of another session",
      () => {
        const [one, other] = [sessionOf(world), sessionOf(world)];
        return clientWith(
          { id: one.accessKeyId, secret: one.accessKeySecret },
          { securityToken: other.securityToken },
        );
      },
      "InvalidSecurityToken",
    ],
  ])("refuses %s, and does not run the function", async (_case, client, code) => {
    const before = deployed.logs.length;
    await expect(client().invokeFunction("any", "example", "hello")).rejects.toMatchObject({
      code,
      name: `FC${code}Error`,
    });
    expect(deployed.logs).toHaveLength(before);
    expect(world.journal.at(-1)).toMatchObject({ operation: "InvokeFunction", code });
  });

  it("says which function does not exist, to who may invoke functions", async () => {
    await expect(clientWith(invoker).invokeFunction("any", "other", "")).rejects.toMatchObject({
      code: "FunctionNotFound",
    });
    await expect(clientWith(stranger).invokeFunction("any", "other", "")).rejects.toMatchObject({
      code: "AccessDenied",
    });
  });

  it("has no other API", async () => {
    await expect(clientWith(invoker).listServices()).rejects.toMatchObject({
      code: "PathNotSupported",
      message: expect.stringContaining("'GET' against '/2016-08-15/services' is not supported"),
    });
    expect(world.journal.at(-1)).toMatchObject({
      operation: "GET /2016-08-15/services",
      code: "PathNotSupported",
    });
  });

  it("refuses a request when the client's clock is 16 minutes off, and a body that was exchanged", async () => {
    world.clock.skew(16 * 60_000);
    await expect(clientWith(invoker).invokeFunction("any", "example", "hello")).rejects.toMatchObject({
      code: "AccessDenied",
      message: expect.stringContaining("is too large"),
    });
    world.clock.skew(0);

    const path = "/2016-08-15/services/any/functions/example/invocations";
    const date = new Date().toUTCString();
    const md5 = "XUFAKrxLKna5cZ2REBfFkg==";
    const signature = createHmac("sha256", invoker.secret).update(`POST\n${md5}\n\n${date}\n${path}`);
    const headers = {
      date,
      "content-md5": md5,
      authorization: `FC ${invoker.id}:${signature.digest("base64")}`,
    };
    const send = async (body: string) =>
      (await fetch(origin + path, { method: "POST", headers, body: Buffer.from(body) })).text();
    expect(await send("hello")).toBe("heard hello");
    expect(JSON.parse(await send("other"))).toMatchObject({ ErrorCode: "InvalidArgument" });
  });

  it("asks for an Authorization header", async () => {
    const response = await fetch(`${origin}/2016-08-15/services/any/functions/example/invocations`, {
      method: "POST",
    });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        ErrorCode: "MissingRequiredHeader",
        ErrorMessage: "required HTTP header Authorization was not specified",
      },
    ]);
  });
});

describe("the SDKs' common core, as @alicloud/fc20230330 uses it, against the API of 2023-03-30", () => {
  const invoke = async (
    key: { readonly id: string; readonly secret: string; readonly securityToken?: string },
    event: string,
    { name = "example", query = {}, headers = {} } = {},
  ) => {
    const client = new OpenApiClient(
      new $OpenApiUtil.Config({
        accessKeyId: key.id,
        accessKeySecret: key.secret,
        ...(key.securityToken === undefined ? {} : { securityToken: key.securityToken }),
        endpoint: origin.replace("http://", ""),
        protocol: "http",
      }),
    );
    const params = new $OpenApiUtil.Params({
      action: "InvokeFunction",
      version: "2023-03-30",
      protocol: "HTTP",
      pathname: `/2023-03-30/functions/${name}/invocations`,
      method: "POST",
      authType: "AK",
      style: "ROA",
      reqBodyType: "json",
      bodyType: "string",
    });
    const request = new $OpenApiUtil.OpenApiRequest({
      query,
      headers,
      stream: Readable.from([Buffer.from(event)]),
    });
    const answer = await client.callApi(params, request, {} as never);
    return { headers: answer["headers"], body: answer["body"] };
  };

  it("invokes a function", async () => {
    const { headers, body } = await invoke(invoker, "hello", {
      query: { qualifier: "LATEST" },
      headers: { "x-fc-log-type": "Tail" },
    });
    expect(body).toBe("heard hello");
    expect(headers).toMatchObject({ "x-fc-request-id": expect.stringMatching(/^1-/) });
    expect(Buffer.from(headers["x-fc-log-result"], "base64").toString()).toMatch(TAIL);
  });

  it("invokes the version LATEST when the qualifier is empty", async () => {
    expect((await invoke(invoker, "qualifier", { query: { qualifier: "" } })).body).toBe("LATEST");
  });

  it("invokes with a role's temporary credentials", async () => {
    const { accessKeyId: id, accessKeySecret: secret, securityToken } = sessionOf(world);
    expect((await invoke({ id, secret, securityToken }, "hello")).body).toBe("heard hello");
  });

  it.each([
    ["a wrong secret", () => invoke({ ...invoker, secret: "wrong" }, "x"), "SignatureNotMatch"],
    ["an unknown key", () => invoke({ id: "LTAIunknown", secret: "x" }, "x"), "InvalidAccessKeyID"],
    ["a user without fc:InvokeFunction", () => invoke(stranger, "x"), "AccessDenied"],
    ["an unknown function", () => invoke(invoker, "x", { name: "other" }), "FunctionNotFound"],
    ["an unknown version", () => invoke(invoker, "x", { query: { qualifier: "7" } }), "VersionNotFound"],
  ])("refuses %s", async (_case, call, code) => {
    await expect(call()).rejects.toMatchObject({ code });
  });

  it("refuses a body that is not the one whose hash was signed", async () => {
    const pathname = "/2023-03-30/functions/example/invocations";
    const headers: Record<string, string> = {
      "x-acs-date": new Date().toISOString(),
      "x-acs-content-sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    };
    headers["authorization"] = OpenApiUtil.getAuthorization(
      { method: "POST", pathname, query: {}, headers } as never,
      "ACS3-HMAC-SHA256",
      headers["x-acs-content-sha256"] ?? "",
      invoker.id,
      invoker.secret,
    );
    const send = async (body: string) =>
      (await fetch(origin + pathname, { method: "POST", headers, body: Buffer.from(body) })).text();
    expect(await send("hello")).toBe("heard hello");
    expect(JSON.parse(await send("other"))).toMatchObject({ Code: "SignatureNotMatch" });
  });
});

describe("an HTTP trigger with authType function", () => {
  /** As the documents' example signs: the x-acs headers, and no body. */
  const signed = (key: AccessKey, pathname: string, query = {}) => {
    const headers: Record<string, string> = { "x-acs-date": new Date().toISOString() };
    headers["authorization"] = OpenApiUtil.getAuthorization(
      { method: "POST", pathname, query, headers } as never,
      "ACS3-HMAC-SHA256",
      "",
      key.id,
      key.secret,
    );
    return headers;
  };

  it("runs the function for who signed and may invoke it, and for nobody else", async () => {
    const { target } = await deploy(
      `exports.handler = async () => "ran";`,
      { authType: "function" },
      {},
      world,
    );
    const door = await listen(fcServer(world, [target]));
    const send = async (headers: Record<string, string>) => {
      const response = await fetch(`${door}/hello?foo=bar`, { method: "POST", headers });
      const body = await response.text();
      return [response.status, response.ok ? body : JSON.parse(body).Code];
    };
    expect(await send(signed(invoker, "/hello", { foo: "bar" }))).toEqual([200, "ran"]);
    expect(await send({})).toEqual([400, "MissingRequiredHeader"]);
    expect(await send(signed(invoker, "/other", { foo: "bar" }))).toEqual([403, "SignatureNotMatch"]);
    expect(await send(signed(stranger, "/hello", { foo: "bar" }))).toEqual([403, "AccessDenied"]);
    expect(world.journal.at(-1)).toMatchObject({
      operation: "POST /hello",
      principal: `acs:ram::${ACCOUNT_ID}:user/stranger`,
      status: 403,
      because: expect.stringMatching(/^identity policy: no statement allows fc:InvokeFunction/),
    });
    expect(
      await send({ ...signed(invoker, "/hello", { foo: "bar" }), "x-acs-security-token": "unsigned" }),
    ).toEqual([403, "SignatureNotMatch"]);
  });
});

/** One user who may invoke the function, and one who may nothing. */
function usersIn(cloud: World): [AccessKey, AccessKey] {
  const account = cloud.accounts.get(ACCOUNT_ID);
  if (account === undefined) throw new Error("no account");
  addPolicy(
    cloud,
    account,
    "invoke",
    JSON.stringify({
      Version: "1",
      Statement: [
        {
          Effect: "Allow",
          Action: "fc:InvokeFunction",
          Resource: [`acs:fc:cn-hangzhou:${ACCOUNT_ID}:functions/example`, "acs:fc:*:*:functions/other"],
        },
      ],
    }),
  );
  const [one, other] = ["invoker", "stranger"].map((name) => {
    const user = addUser(cloud, account, name);
    const key = newAccessKey(cloud);
    user.accessKeys.push(key);
    if (name === "invoker") attachPolicy(cloud, user, "Custom", "invoke");
    return key;
  });
  if (one === undefined || other === undefined) throw new Error("no keys");
  return [one, other];
}

/** A session of the function's role, which may invoke functions in this world. */
function sessionOf(cloud: World) {
  const role = cloud.accounts.get(ACCOUNT_ID)?.roles.get("function-role");
  if (role === undefined) throw new Error("no role");
  if (role.attached.length === 0) attachPolicy(cloud, role, "Custom", "invoke");
  return openSession(cloud, {
    accountId: ACCOUNT_ID,
    role,
    name: "test",
    policy: undefined,
    sourceIdentity: undefined,
    durationSeconds: 900,
  });
}
