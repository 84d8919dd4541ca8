import { describe, expect, it } from "vitest";
import { settingsOf } from "../../../../../functions/http/settings.ts";
import { telemetrySettingsFrom } from "../../../../../functions/http/telemetry/settings.ts";

const KEY = "a-key-that-nobody-may-see";
const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

function read(environment: Readonly<Record<string, string>>) {
  const settings = settingsOf(environment);
  const { metricsPort, traces, resource } = telemetrySettingsFrom(settings);
  return { metricsPort, traces, resource, problems: settings.problems };
}

describe("METRICS_PORT", () => {
  it("is a port, or 0 for a free one, and nothing where it is not set", () => {
    expect(read({ METRICS_PORT: "9464" })).toMatchObject({ metricsPort: 9464, problems: [] });
    expect(read({ METRICS_PORT: "0", PORT: "0" })).toMatchObject({ metricsPort: 0, problems: [] });
    expect(read({})).toMatchObject({ metricsPort: undefined, traces: undefined, problems: [] });
  });

  it.each(["65536", "-1", "x", "9464.5"])("%s is refused", (METRICS_PORT) => {
    const fix = "write a port number from 0 to 65535";
    expect(read({ METRICS_PORT }).problems).toEqual([
      { where: "METRICS_PORT", is: `is "${METRICS_PORT}"`, fix },
    ]);
  });

  it.each([{ PORT: "8080" }, { FC_SERVER_PORT: "8080" }])(
    "must not be the port of the server: %j",
    (server) => {
      expect(read({ METRICS_PORT: "8080", ...server }).problems).toEqual([
        {
          where: "METRICS_PORT",
          is: "is 8080, the port of the server itself",
          fix: "write another port, such as 9464",
        },
      ]);
      expect(read({ METRICS_PORT: "9000" }).problems).toHaveLength(1);
    },
  );
});

describe("the collector", () => {
  it.each([
    ["http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"],
    ["https://c.example.com/otlp/", "https://c.example.com/otlp/v1/traces"],
  ])("%s takes traces at %s", (OTEL_EXPORTER_OTLP_ENDPOINT, url) => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT }).traces?.url).toBe(url);
  });

  it("has a whole address of its own for traces, which wins", () => {
    const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = "https://c.example.com/adapt/api/otlp/traces";
    expect(read({ ...COLLECTOR, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }).traces?.url).toBe(
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    );
  });

  it.each([
    ["no address", `adapt_${KEY}`, "is not an address of http or https"],
    ["another scheme", `grpc://c.example.com/${KEY}`, "is not an address of http or https"],
    ["a password", `https://user:${KEY}@c.example.com`, "has a user or a password"],
    ["a query", `https://c.example.com/?key=${KEY}`, "has a ? or a # part"],
  ])("refuses %s, and does not show it", (_what, value, is) => {
    const { problems } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: value });
    expect(problems).toMatchObject([{ where: "OTEL_EXPORTER_OTLP_ENDPOINT", is }]);
    expect(JSON.stringify(problems)).not.toContain(KEY);
  });

  it("gets its headers, percent-decoded", () => {
    const OTEL_EXPORTER_OTLP_HEADERS = "authorization=Basic%20abc%3D, x-more=1";
    expect(read({ ...COLLECTOR, OTEL_EXPORTER_OTLP_HEADERS }).traces?.headers).toEqual({
      authorization: "Basic abc=",
      "x-more": "1",
    });
  });

  it.each(["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"])(
    "gets no %s over http, except on loopback",
    (name) => {
      const headers = { [name]: `x-key=${KEY}` };
      const { problems } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c.example.com", ...headers });
      expect(problems).toMatchObject([{ fix: "write https:// (http:// only for a loopback address)" }]);
      expect(JSON.stringify(problems)).not.toContain(KEY);
      for (const endpoint of ["https://c.example.com", "http://localhost:4318"])
        expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...headers }).problems).toEqual([]);
    },
  );

  it.each([KEY, `=${KEY}`, `a b=${KEY}`, `a=${KEY}%zz`, `a=${KEY}%0d%0ax:y`])(
    "refuses the headers %j, and does not show them",
    (OTEL_EXPORTER_OTLP_HEADERS) => {
      const { problems } = read({ ...COLLECTOR, OTEL_EXPORTER_OTLP_HEADERS });
      expect(problems[0]).toMatchObject({ where: "OTEL_EXPORTER_OTLP_HEADERS" });
      expect(JSON.stringify(problems)).not.toContain(KEY);
    },
  );

  it("speaks JSON, and says so to those who want something else", () => {
    expect(read({ ...COLLECTOR, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }).problems).toEqual([]);
    expect(read({ ...COLLECTOR, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }).problems).toMatchObject([
      { where: "OTEL_EXPORTER_OTLP_PROTOCOL", is: 'is "grpc"' },
    ]);
  });
});

describe("which requests are traced", () => {
  it.each([
    [{}, { root: "always_on", parentBased: true, ratio: 1 }],
    [{ OTEL_TRACES_SAMPLER: "always_off" }, { root: "always_off", parentBased: false, ratio: 1 }],
    [
      { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.1" },
      { root: "traceidratio", parentBased: true, ratio: 0.1 },
    ],
  ])("%j", (environment, sampling) => {
    expect(read({ ...COLLECTOR, ...environment })).toMatchObject({ traces: { sampling }, problems: [] });
  });

  it.each([
    [{ OTEL_TRACES_SAMPLER: "xray" }, "OTEL_TRACES_SAMPLER"],
    [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "10" }, "OTEL_TRACES_SAMPLER_ARG"],
    [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "10%" }, "OTEL_TRACES_SAMPLER_ARG"],
  ])("%j is refused", (environment, where) => {
    expect(read({ ...COLLECTOR, ...environment }).problems).toMatchObject([{ where }]);
  });
});

it("the sender is oss-valet, or what the operator says", () => {
  expect(read({}).resource).toEqual({ "service.name": "oss-valet" });
  expect(
    read({ OTEL_SERVICE_NAME: "valet", OTEL_RESOURCE_ATTRIBUTES: "a.b=c%2Cd,service.name=x" }).resource,
  ).toEqual({
    "a.b": "c,d",
    "service.name": "valet",
  });
});
