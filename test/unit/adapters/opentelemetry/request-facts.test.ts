import { describe, expect, it } from "vitest";
import {
  httpFacts,
  refusalFacts,
  routeOf,
  sourceOf,
  stepFacts,
} from "../../../../shared/adapters/opentelemetry/request-facts.ts";
import { refusedEntry, vendedEntry } from "../../../support/telemetry-entries.ts";

describe("what metrics and spans say of a request", () => {
  it("is its method, route, status and scheme, and nothing else of the line in the log", () => {
    expect(httpFacts(vendedEntry())).toEqual({
      "http.request.method": "GET",
      "http.route": "/credentials",
      "http.response.status_code": 200,
      "url.scheme": "http",
    });
  });

  it.each(["PROPFIND", "get", "", "GET "])("is _OTHER for the method %j", (method) => {
    expect(httpFacts(vendedEntry({ method }))["http.request.method"]).toBe("_OTHER");
  });

  it.each(["/x", "/credentials/", "/CREDENTIALS", "", "/credentials?x"])("is no route for %j", (path) => {
    expect(routeOf(vendedEntry({ path }))).toBeUndefined();
  });

  it("is no route for a path of another function, which this server does not have", () => {
    const refusal = { code: "NOT_FOUND" } as const;
    expect(
      routeOf(refusedEntry({ status: 404, code: "NotFound", path: "/uploads", refusal })),
    ).toBeUndefined();
  });

  it("is an error from 500 on, by its reason, and by _OTHER for a bug", () => {
    const refusal = { code: "STS_DENIED", stsCode: "NoPermission" } as const;
    expect(httpFacts(refusedEntry({ status: 500, code: "ServerError", refusal }))["error.type"]).toBe(
      "STS_DENIED",
    );
    expect(httpFacts(refusedEntry({ status: 500, code: "ServerError" }))["error.type"]).toBe("_OTHER");
    const missing = { code: "TOKEN_MISSING" } as const;
    expect(
      httpFacts(refusedEntry({ status: 401, code: "MissingToken", refusal: missing })),
    ).not.toHaveProperty("error.type");
  });

  it("of a refusal is its code and its check: no field or text that a caller chose", () => {
    const invalid = { code: "REQUEST_INVALID", field: "mine", problem: "mine" } as const;
    expect(refusalFacts(refusedEntry({ status: 400, code: "InvalidRequest", refusal: invalid }))).toEqual({
      "oss_valet.refusal.code": "REQUEST_INVALID",
    });
    const token = { code: "TOKEN_INVALID", check: "audience" } as const;
    expect(refusalFacts(refusedEntry({ status: 401, code: "InvalidToken", refusal: token }))).toEqual({
      "oss_valet.refusal.code": "TOKEN_INVALID",
      "oss_valet.refusal.check": "audience",
    });
    expect(refusalFacts(vendedEntry())).toBeUndefined();
  });

  it("counts credentials by their source, and only those of an answer", () => {
    expect(sourceOf(vendedEntry())).toBe("sts");
    expect(sourceOf(vendedEntry({ cachedIn: "bridge" }))).toBe("bridge");
    expect(sourceOf(vendedEntry({ code: "ServerError" }))).toBeUndefined();
  });

  it("blames the step that waits for somebody else", () => {
    const refusal = { code: "STS_THROTTLED", retryAfterSeconds: 1 } as const;
    const entry = refusedEntry({ status: 503, code: "StsThrottled", refusal });
    expect(stepFacts("sts", entry)).toEqual({ "oss_valet.step": "sts", "error.type": "STS_THROTTLED" });
    expect(stepFacts("token", entry)).toEqual({ "oss_valet.step": "token" });
  });
});
