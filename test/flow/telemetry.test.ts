import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { build } from "../../cli/build/build.ts";
import { type BuiltServer, startBuiltServer } from "../support/built-server.ts";
import { attributeOf, type Collector, type ReceivedSpan, startCollector } from "../support/collector.ts";
import { functionSettings, JWT_SECRET } from "../support/function-settings.ts";
import { type Family, prometheusText } from "../support/prometheus-text.ts";
import { credentialsBody, json, type StubSts, startStubSts } from "../support/stub-sts.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

const COLLECTOR_KEY = "collector-key-that-nobody-may-see";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";

const folder = mkdtempSync(join(tmpdir(), "oss-valet-telemetry-"));
let sts: StubSts;

beforeAll(async () => {
  sts = await startStubSts();
  await build({ outDir: folder, content: ACCESS_WITH_SECRET });
});
afterAll(async () => {
  await sts.close();
  rmSync(folder, { recursive: true });
});

async function server(environment: Readonly<Record<string, string>>): Promise<BuiltServer> {
  const started = await startBuiltServer(folder, { ...functionSettings(sts.host), ...environment });
  onTestFinished(() => void started.child.kill("SIGKILL"));
  return started;
}

async function collector(): Promise<Collector> {
  const started = await startCollector();
  onTestFinished(() => started.close());
  return started;
}

function tokenOf(user: string): string {
  return jwt.sign({ sub: user }, JWT_SECRET, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });
}

function ask({ origin }: BuiltServer, token: string, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${origin}/credentials`, { headers: { authorization: `Bearer ${token}`, ...headers } });
}

async function scraped({ metrics = "" }: BuiltServer): Promise<ReadonlyMap<string, Family>> {
  const response = await fetch(metrics);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return prometheusText(await response.text());
}

/** The value of the one sample with all these labels. */
function sampleOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(count|sum|bucket)$/, ""));
  return family?.samples.find(
    (one) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  )?.value;
}

describe("METRICS_PORT", () => {
  it("counts good and bad requests by route, method and status, refusals by reason, credentials by source", async () => {
    const valet = await server({ METRICS_PORT: "0" });
    const alice = tokenOf("alice");
    for (const token of [alice, alice, "forged.to.ken", tokenOf("bob")]) await ask(valet, token);
    await fetch(`${valet.origin}/credentials`, { method: "PUT" });
    await fetch(`${valet.origin}/no/such/path`);
    const families = await scraped(valet);
    const requests = (labels: Readonly<Record<string, string>>) =>
      sampleOf(families, "http_server_request_duration_seconds_count", labels);
    const GET = { http_request_method: "GET", http_route: "/credentials" };
    expect(requests({ ...GET, http_response_status_code: "200" })).toBe(3);
    expect(requests({ ...GET, http_response_status_code: "401" })).toBe(1);
    expect(requests({ http_request_method: "PUT", http_response_status_code: "405" })).toBe(1);
    expect(requests({ http_response_status_code: "404" })).toBe(1);
    const vended = (source: string) =>
      sampleOf(families, "oss_valet_credentials_vended_total", { oss_valet_credentials_source: source });
    expect(["sts", "memory", "shared", "bridge"].map(vended)).toEqual([2, 1, 0, 0]);
    const refused = (code: string) =>
      sampleOf(families, "oss_valet_refusals_total", { oss_valet_refusal_code: code });
    expect(["TOKEN_INVALID", "METHOD_NOT_ALLOWED", "NOT_FOUND"].map(refused)).toEqual([1, 1, 1]);
    expect(
      sampleOf(families, "oss_valet_step_duration_seconds_count", {
        oss_valet_step: "sts",
        oss_valet_credentials_source: "sts",
      }),
    ).toBe(2);
    expect(sampleOf(families, "http_server_active_requests", { http_request_method: "GET" })).toBe(0);
    expect(sampleOf(families, "process_memory_usage_bytes", {})).toBeGreaterThan(20_000_000);
    expect(sampleOf(families, "target_info", { service_name: "oss-valet" })).toBe(1);
  });

  it("says why STS failed, as an error of the server", async () => {
    sts.answer(json(403, { Code: "NoPermission", Message: "no", RequestId: "r" }));
    onTestFinished(() => sts.answer(json(200, credentialsBody())));
    const valet = await server({ METRICS_PORT: "0" });
    expect((await ask(valet, tokenOf("carol"))).status).toBe(500);
    const families = await scraped(valet);
    for (const name of [
      "http_server_request_duration_seconds_count",
      "oss_valet_step_duration_seconds_count",
    ])
      expect(sampleOf(families, name, { error_type: "STS_DENIED" })).toBe(1);
  });

  it("has no series for what a caller makes up: a method, a path, a parameter", async () => {
    const valet = await server({ METRICS_PORT: "0" });
    const made = "madeupbyastranger";
    await fetch(`${valet.origin}/${made}`);
    await fetch(`${valet.origin}/credentials?${made}=${made}`, {
      headers: { authorization: `Bearer ${tokenOf("alice")}` },
    });
    await fetch(`${valet.origin}/${made}?x=%zz`);
    await fetch(`${valet.origin}/credentials`, { method: "PROPFIND", headers: { traceparent: made } });
    const text = await (await fetch(valet.metrics ?? "")).text();
    expect(text).not.toContain(made);
    expect(text).not.toContain("PROPFIND");
    expect(text).toContain('http_request_method="_OTHER"');
  });

  it("answers /metrics alone, and only to read", async () => {
    const { metrics = "" } = await server({ METRICS_PORT: "0" });
    const { origin } = new URL(metrics);
    expect((await fetch(`${origin}/credentials`)).status).toBe(404);
    const posted = await fetch(metrics, { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("that is taken ends the server with one sentence", async () => {
    const { metrics = "" } = await server({ METRICS_PORT: "0" });
    const { port } = new URL(metrics);
    await expect(server({ METRICS_PORT: port })).rejects.toThrow(
      `server.js ended with 1: oss-valet cannot listen: port ${port} of 127.0.0.1 is in use; set METRICS_PORT to another port, or to 0 for a free one`,
    );
  });

  it("with a mistake is reported together with the mistakes of the other settings, and no key is shown", async () => {
    await expect(
      server({
        METRICS_PORT: "9000",
        PORT: "9000",
        OSS_BUCKET: "",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.example.com",
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=${COLLECTOR_KEY}`,
      }),
    ).rejects.toThrow(
      /OSS_BUCKET is not set[\s\S]*METRICS_PORT is 9000, the port of the server itself; write another port[\s\S]*its keys would be sent unencrypted/,
    );
  });
});

describe("a collector", () => {
  it("gets a span for the request, below the caller's, and one for each step in it", async () => {
    const otlp = await collector();
    const valet = await server({
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${COLLECTOR_KEY}`,
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    });
    const response = await ask(valet, tokenOf("alice"), { traceparent: `00-${TRACE}-${CALLER}-01` });
    const { RequestId } = (await response.json()) as { readonly RequestId: string };
    const spans = await otlp.until(() => (otlp.spans().length > 0 ? otlp.spans() : undefined));
    const request = spans.find(({ name }) => name === "GET /credentials") as ReceivedSpan;
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, kind: 2 });
    expect(attributeOf(request, "http.response.status_code")).toBe(200);
    expect(attributeOf(request, "oss_valet.request.id")).toBe(RequestId);
    const steps = spans.filter(({ parentSpanId }) => parentSpanId === request.spanId);
    expect(steps.map(({ name }) => name)).toEqual(["token", "grant", "policy", "sts"]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    const ends = [request.startTimeUnixNano, ...steps.map(({ endTimeUnixNano }) => endTimeUnixNano)].map(
      BigInt,
    );
    expect(ends.every((end, at) => at === 0 || end >= (ends[at - 1] ?? 0n))).toBe(true);
    expect(BigInt(request.endTimeUnixNano)).toBeGreaterThanOrEqual(ends.at(-1) ?? 0n);
    expect(JSON.parse(await valet.logged(RequestId))).toMatchObject({ traceId: TRACE });
    expect(otlp.requests[0]).toMatchObject({ path: "/v1/traces", headers: { "x-key": COLLECTOR_KEY } });
    expect(otlp.text()).toContain('"deployment.environment.name"');
  });

  it("gets nothing of a request that its caller does not sample, and the line has no traceId", async () => {
    const otlp = await collector();
    const valet = await server({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });
    const unsampled = await ask(valet, tokenOf("alice"), { traceparent: `00-${TRACE}-${CALLER}-00` });
    const { RequestId } = (await unsampled.json()) as { readonly RequestId: string };
    await ask(valet, tokenOf("bob"));
    await otlp.until(() => (otlp.spans().length > 0 ? true : undefined));
    expect(otlp.text()).not.toContain(TRACE);
    expect(JSON.parse(await valet.logged(RequestId))).not.toHaveProperty("traceId");
  });

  it("gets the spans that still wait when the server ends", async () => {
    const otlp = await collector();
    const valet = await server({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url });
    await ask(valet, tokenOf("alice"));
    expect(await valet.stop()).toBe(0);
    expect(otlp.spans().map(({ name }) => name)).toContain("GET /credentials");
  });

  it("that answers 500, is gone, or never answers costs no request, and one line in the log", async () => {
    const troubles = [
      ["answers 500", (otlp: Collector) => otlp.answers(500), /it answers 500/],
      ["is gone", (otlp: Collector) => otlp.close(), /ECONNREFUSED/],
      ["never answers", (otlp: Collector) => otlp.answers("hang"), /no usable answer in time/],
    ] as const;
    const waits = troubles.map(async ([what, trouble, reason]) => {
      const otlp = await collector();
      await trouble(otlp);
      const valet = await server({
        OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
        OTEL_EXPORTER_OTLP_HEADERS: `x-key=${COLLECTOR_KEY}`,
      });
      const token = tokenOf("alice");
      for (let round = 0; round < 20; round += 1) expect((await ask(valet, token)).status, what).toBe(200);
      const { warning } = JSON.parse(await valet.logged('"warning"')) as { readonly warning: string };
      expect(warning).toMatch(reason);
      expect(warning).toContain(`the collector at ${new URL(otlp.url).host} does not take traces`);
      expect((await ask(valet, token)).status, what).toBe(200);
      expect(valet.log().match(/"warning"/g), what).toHaveLength(1);
      expect(valet.log()).not.toContain(COLLECTOR_KEY);
    });
    await Promise.all(waits);
  });
});

it("neither metrics nor spans hold a secret, a user, a session or a key", async () => {
  const otlp = await collector();
  const valet = await server({
    METRICS_PORT: "0",
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-key=${COLLECTOR_KEY}`,
  });
  const user = "alice-whose-name-is-nowhere";
  const token = tokenOf(user);
  const answer = (await (await ask(valet, token)).json()) as Readonly<Record<string, string>>;
  await fetch(`${valet.origin}/uploads`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ files: [{ key: `users/${user}/a.jpg`, contentType: "image/jpeg" }] }),
  });
  await ask(valet, `${token.slice(0, -4)}AAAA`);
  await ask(valet, token, { "x-refused-access-key-id": answer["AccessKeyId"] ?? "" });
  await fetch(`${valet.origin}/${token}`);
  const metrics = await (await fetch(valet.metrics ?? "")).text();
  await valet.stop();
  const all = `${metrics}${otlp.text()}`;
  expect(all).toContain("oss_valet_credentials_vended_total");
  expect(otlp.spans().length).toBeGreaterThan(8);
  const secrets = [
    user,
    token,
    token.slice(-20),
    COLLECTOR_KEY,
    JWT_SECRET,
    "LTAIcaller",
    "caller-secret",
    ...["AccessKeyId", "AccessKeySecret", "SecurityToken", "SessionName", "KeyPrefix"].map(
      (name) => answer[name] ?? "missing",
    ),
  ];
  for (const secret of secrets) expect(all).not.toContain(secret);
});

it("where nothing asks for it, nothing of OpenTelemetry is loaded, and no line has a traceId", async () => {
  const without = mkdtempSync(join(tmpdir(), "oss-valet-no-telemetry-"));
  onTestFinished(() => rmSync(without, { recursive: true }));
  cpSync(folder, without, { recursive: true, filter: (path) => !path.endsWith("telemetry.js") });
  const settings = functionSettings(sts.host);
  const valet = await startBuiltServer(without, settings);
  onTestFinished(() => void valet.child.kill("SIGKILL"));
  const response = await ask(valet, tokenOf("alice"), { traceparent: `00-${TRACE}-${CALLER}-01` });
  const { RequestId } = (await response.json()) as { readonly RequestId: string };
  expect(await valet.logged(RequestId)).not.toContain(TRACE);
  await expect(startBuiltServer(without, { ...settings, METRICS_PORT: "0" })).rejects.toThrow("telemetry.js");
});
