import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startContainer } from "../../sandbox/fc/container-server.ts";
import { codeDirWith, listen, SOON } from "../support/fc-function.ts";
import { freePort } from "../support/free-port.ts";

const INVOCATIONS = "/2023-03-30/functions/function/invocations";
const CODE = `exports.handler = async (event, context) => {
  process.stdout.write("heard\\n");
  const text = event.toString("utf8");
  if (text === "throw") throw new Error("oops");
  return text.startsWith("{") ? { statusCode: 201, body: text } : { text, context, OSS_BUCKET: process.env.OSS_BUCKET };
};`;

/** The variables of a recorded command line of fc3 0.1.22. */
const ENVIRONMENT = {
  FC_RUNTIME: "nodejs20",
  FC_TIMEOUT: "10",
  FC_FUNC_CODE_PATH: "/code/",
  ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIenvironment",
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret",
  ALIBABA_CLOUD_SECURITY_TOKEN: "",
  FC_ACCOUNT_ID: "1234567890123456",
  FC_FUNCTION_HANDLER: "index.handler",
  FC_FUNCTION_MEMORY_SIZE: "512",
  FC_FUNCTION_NAME: "credentials",
  FC_REGION: "cn-hangzhou",
  FC_CUSTOM_LISTEN_PORT: "9000",
  FC_INSTANCE_ID: "5cb7e9a9-8d5d-4f0b-a4ef-0d8b6b5cf5b4",
  OSS_BUCKET: "examplebucket",
};

/** The headers of `s local invoke`. */
const INVOKE_HEADERS = {
  "content-type": "application/octet-stream",
  "x-fc-request-id": "0d8b6b5c-8d5d-4f0b-a4ef-5cb7e9a9f5b4",
  "x-fc-function-name": "credentials",
  "x-fc-function-memory": "512",
  "x-fc-function-timeout": "10",
  "x-fc-function-handler": "index.handler",
  "x-fc-region": "cn-hangzhou",
  "x-fc-account-id": "1234567890123456",
  "x-fc-access-key-id": "LTAIheader",
  "x-fc-access-key-secret": "secret of the header",
  "x-fc-security-token": "",
  "x-fc-initialization-timeout": "",
  "x-fc-function-initializer": "",
  "x-fc-log-type": "Tail",
  "x-fc-event-type": "Default",
  "x-fc-http-path": "/",
};
/** What `s local start` adds to the client's request. */
const HTTP_HEADERS = { "x-fc-http-path": "/credentials", "x-fc-event-type": "HTTP", "x-fc-log-type": "Tail" };

describe("the route inside FC's images", () => {
  let origin: string;
  const undo: (() => unknown)[] = [];
  beforeAll(async () => {
    const atEnd = (step: () => unknown) => undo.push(step);
    const codeDir = codeDirWith({ "index.js": CODE }, atEnd);
    const { listener, stop } = await startContainer({ codeDir, environment: ENVIRONMENT });
    atEnd(stop);
    origin = await listen(listener, atEnd);
  });
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  it("answers when it is asked whether it is ready", async () => {
    expect((await fetch(origin)).status).toBe(200);
  });

  it("runs the function with a raw event, and the keys that the request carries", async () => {
    const response = await fetch(origin + INVOCATIONS, {
      method: "POST",
      headers: INVOKE_HEADERS,
      body: "hello",
    });
    expect(await response.json()).toMatchObject({
      text: "hello",
      OSS_BUCKET: "examplebucket",
      context: {
        requestId: INVOKE_HEADERS["x-fc-request-id"],
        credentials: {
          accessKeyId: "LTAIheader",
          accessKeySecret: "secret of the header",
          securityToken: "",
        },
        function: { name: "credentials", handler: "index.handler", memory: 512, timeout: 10 },
        accountId: "1234567890123456",
        region: "cn-hangzhou",
      },
    });
    expect(response.headers.get("x-fc-request-id")).toBe(INVOKE_HEADERS["x-fc-request-id"]);
    expect(atob(response.headers.get("x-fc-log-result") ?? "")).toMatch(
      /^FC Invoke Start RequestId: .*\nheard\nFC Invoke End RequestId: .*\n$/,
    );
    expect(response.headers.get("x-fc-invocation-duration")).toMatch(/^\d+$/);
    expect(response.headers.get("x-fc-max-memory-usage")).toMatch(/^\d+$/);
  });

  it("takes the keys of its environment where the request carries none", async () => {
    const response = await fetch(origin + INVOCATIONS, { method: "POST", body: "hello" });
    expect(await response.json()).toMatchObject({
      context: { credentials: { accessKeyId: "LTAIenvironment", securityToken: "" } },
    });
  });

  it("describes a function's error with status 200", async () => {
    const response = await fetch(origin + INVOCATIONS, {
      method: "POST",
      headers: INVOKE_HEADERS,
      body: "throw",
    });
    expect([response.status, response.headers.get("x-fc-error-type")]).toEqual([
      200,
      "UnhandledInvocationError",
    ]);
    expect(await response.json()).toMatchObject({ errorMessage: "oops" });
  });

  it("turns what s local start passes on into an HTTP event, without its ?null", async () => {
    const send = async (query: string) => {
      const response = await fetch(`${origin}${INVOCATIONS}?${query}`, {
        headers: { ...HTTP_HEADERS, authorization: "Bearer x" },
      });
      return { status: response.status, event: (await response.json()) as HttpEvent };
    };
    const { status, event } = await send("null");
    expect(status).toBe(201);
    expect(event).toMatchObject({
      rawPath: "/credentials",
      queryParameters: {},
      headers: { Authorization: "Bearer x" },
      requestContext: { http: { method: "GET", path: "/credentials" } },
    });
    expect(event.headers).not.toHaveProperty("X-Fc-Http-Path");
    expect((await send("permissions=read")).event.queryParameters).toEqual({ permissions: "read" });
  });
});

describe.skipIf(process.platform === "win32")("the stand-in for docker", () => {
  const STAND_IN = fileURLToPath(new URL("../../scripts/docker-stand-in.mjs", import.meta.url));
  const docker = (line: string) => promisify(execFile)("/bin/sh", ["-c", `node ${STAND_IN} ${line}`]);
  const variables = (more = {}) =>
    Object.entries({ ...ENVIRONMENT, ...more })
      .map(([name, value]) => ` -e "${name}=${value}"`)
      .join("");
  const IMAGE = "registry.hub.docker.com/aliyunfc/runtime-nodejs20:3.1.0";

  it("passes the checks that fc3 makes before it starts anything", async () => {
    expect((await docker("--version")).stdout).toMatch(/^Docker version /);
    await docker("info");
    await docker(`pull ${IMAGE}`);
  });

  it("runs the container of s local invoke until it is killed", async () => {
    const [name, port] = [randomUUID(), await freePort()];
    const codeDir = codeDirWith({ "index.js": CODE });
    await docker(
      `run --name ${name} -d --platform linux/amd64 --rm -p ${port}:9000 --memory=512m -v ${codeDir}:/code ${variables()}   ${IMAGE}`,
    );
    let killed = false;
    onTestFinished(async () => {
      if (!killed) await docker(`kill ${name}`);
    });
    const origin = `http://localhost:${port}`;
    const response = await fetch(origin + INVOCATIONS, {
      method: "POST",
      headers: INVOKE_HEADERS,
      body: "hello",
    });
    expect(await response.json()).toMatchObject({ text: "hello", OSS_BUCKET: "examplebucket" });
    expect((await docker("ps")).stdout).toContain(name);

    await docker(`kill ${name}`);
    killed = true;
    await expect.poll(() => fetch(origin).catch(() => "gone"), SOON).toBe("gone");
    expect((await docker("ps")).stdout).not.toContain(name);
  });

  it("runs the container of s local start in the foreground, with its log", async () => {
    const [name, port] = [randomUUID(), await freePort()];
    const codeDir = codeDirWith({ "index.js": CODE });
    const line = `run -i --name ${name} --platform linux/amd64 --rm -p ${port}:9000 --memory=512m -v ${codeDir}:/code ${variables()}   ${IMAGE} --http --server`;
    const started = spawn(`exec node ${STAND_IN} ${line}`, { shell: true });
    onTestFinished(() => void started.kill("SIGTERM"));
    let log = "";
    started.stdout.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    const ended = new Promise((resolve) => started.on("exit", resolve));
    const origin = `http://127.0.0.1:${port}`;
    await expect
      .poll(
        () =>
          fetch(origin).then(
            ({ status }) => status,
            () => 0,
          ),
        SOON,
      )
      .toBe(200);
    const response = await fetch(`${origin}${INVOCATIONS}?null`, { headers: HTTP_HEADERS });
    expect([response.status, ((await response.json()) as HttpEvent).rawPath]).toEqual([201, "/credentials"]);
    await expect.poll(() => log, SOON).toContain("heard\n");
    started.kill("SIGTERM");
    await ended;
  });

  it("ends the container of s local start when s is gone without a docker kill, as after a signal", async () => {
    const [name, port] = [randomUUID(), await freePort()];
    const codeDir = codeDirWith({ "index.js": CODE });
    const line = `run -i --name ${name} --rm -p ${port}:9000 -v ${codeDir}:/code ${variables()} ${IMAGE} --http --server`;
    const started = spawn(`exec node ${STAND_IN} ${line}`, { shell: true });
    onTestFinished(() => void started.kill("SIGTERM"));
    await expect.poll(async () => (await docker("ps")).stdout, SOON).toContain(name);
    started.stdin.end();
    await expect.poll(async () => (await docker("ps")).stdout, SOON).not.toContain(name);
  });

  it.each([
    [
      "another runtime",
      `run -d -p 1:9000 -v /tmp:/code -e FC_RUNTIME=python3.12 image`,
      /the stand-in supports only nodejs20, not python3\.12/,
    ],
    // s local start --debug-port 9229
    [
      "breakpoints",
      `run -i -p 1:9000 -v /tmp:/code -e FC_RUNTIME=nodejs20 -p 9229:9229 image`,
      /breakpoints/,
    ],
    ["an option that it does not know", `run --privileged image`, /--privileged/],
    [
      "a name that is a path",
      `run --name ../../x -d -p 1:9000 -v /tmp:/code -e FC_RUNTIME=nodejs20 i`,
      /name/,
    ],
  ])("refuses %s", async (_case, line, message) => {
    await expect(docker(line)).rejects.toMatchObject({ code: 125, stderr: expect.stringMatching(message) });
  });
});

interface HttpEvent {
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly queryParameters: Readonly<Record<string, string>>;
}
