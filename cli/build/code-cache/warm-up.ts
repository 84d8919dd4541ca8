import { readFileSync, writeFileSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { Script } from "node:vm";
import { cacheContent, cacheFile, codeFile, compiled } from "./loader.ts";
import type { WarmUp, WarmUpRequest } from "./requests.ts";

/**
 * Runs in a Node.js without flags: starts one file of a function, sends it requests, and writes the code cache of every
 * file that took part, with all functions that the requests needed. STS and the key sets of issuers are servers in this
 * process. Reports the statuses on standard output.
 */
async function main({ folder, entry, request, environment, requests, documents }: WarmUp): Promise<void> {
  const cloud = http.createServer((incoming, outgoing) => answer(incoming, outgoing, documents));
  await new Promise<void>((resolve) => cloud.listen(0, "127.0.0.1", resolve));
  const { port } = cloud.address() as AddressInfo;
  divert(http, port);
  divert(https, port);
  Object.assign(process.env, environment, { STS_ENDPOINT: `http://127.0.0.1:${port}`, PORT: "0" });
  const report = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;

  const scripts = new Map<string, Script>();
  const load = (name: string): unknown => {
    const path = join(folder, `${name}.js`);
    const script = compiled(readFileSync(path), codeFile(join(folder, name)));
    scripts.set(name, script);
    const target = { exports: {} };
    script.runInThisContext()(target.exports, requireBeside, target, path, dirname(path));
    return target.exports;
  };
  const loaded = new Map<string, unknown>();
  const requireBeside = (id: string): unknown => {
    const [, name] = /^\.\/([\w-]+)\.js$/.exec(id) ?? [];
    if (name === undefined) return require(id);
    if (!loaded.has(name)) loaded.set(name, load(name));
    return loaded.get(name);
  };

  const serverPort = portOfServer();
  const exported = load(entry) as { readonly handler: Handler };
  const ask = request === "event" ? viaHandler(exported.handler) : viaHttp(await serverPort);
  const statuses: number[] = [];
  for (const one of requests) statuses.push(await ask(one));
  for (const [name, script] of scripts) {
    const base = join(folder, name);
    const source = readFileSync(`${base}.js`);
    const data = script.createCachedData();
    if (compiled(source, codeFile(base), data).cachedDataRejected !== false)
      throw new Error("V8 rejects the cache that it has just made");
    writeFileSync(cacheFile(base), cacheContent(source, data));
  }
  report(JSON.stringify({ statuses, files: [...scripts.keys()] }), () => process.exit(0));
}

type Handler = (event: Buffer, context: object) => Promise<{ readonly statusCode: number }>;

/** The answers of STS, and the documents of issuers. */
function answer(incoming: IncomingMessage, outgoing: ServerResponse, documents: WarmUp["documents"]): void {
  incoming.resume();
  const { searchParams } = new URL(incoming.url ?? "/", "http://localhost");
  const document = documents[searchParams.get("document") ?? ""];
  outgoing.setHeader("Content-Type", "application/json");
  outgoing.end(JSON.stringify(document ?? credentialsFor(Number(searchParams.get("DurationSeconds")))));
}

function credentialsFor(seconds: number): object {
  const expiration = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    RequestId: "warm-up",
    AssumedRoleUser: { Arn: "warm-up", AssumedRoleId: "warm-up" },
    Credentials: {
      AccessKeyId: "STS.warm-up",
      AccessKeySecret: "warm-up",
      SecurityToken: "warm-up",
      Expiration: expiration,
    },
  };
}

/** `get` of an address, as the function fetches documents of issuers, goes to this process. */
function divert(module: typeof http | typeof https, port: number): void {
  const get = ({ href }: URL, options: object) =>
    http
      .request({ ...options, host: "127.0.0.1", port, path: `/?document=${encodeURIComponent(href)}` })
      .end();
  Object.assign(module, { get });
}

function viaHandler(handler: Handler): (request: WarmUpRequest) => Promise<number> {
  return async ({ path, method, token, body }) => {
    const event = {
      version: "v1",
      rawPath: path,
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      queryParameters: {},
      body,
      isBase64Encoded: false,
      requestContext: { http: { method, path, sourceIp: "192.0.2.1" } },
    };
    return (await handler(Buffer.from(JSON.stringify(event)), { requestId: "warm-up" })).statusCode;
  };
}

function viaHttp(port: number): (request: WarmUpRequest) => Promise<number> {
  return ({ path, method, token, body }) =>
    new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      const request = http.request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0));
      });
      request.on("error", reject).end(body);
    });
}

/** The port that a server names on standard error. */
function portOfServer(): Promise<number> {
  return new Promise((resolve) => {
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string) => {
      const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
      return port !== undefined || write(text);
    };
  });
}

void main(JSON.parse(process.argv[2] ?? "{}") as WarmUp);
