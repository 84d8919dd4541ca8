import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addressLimitFrom } from "../../../../functions/http/address-limit-settings.ts";
import { callerNetwork, networkOf } from "../../../../functions/http/caller-network.ts";
import { settingsOf } from "../../../../functions/http/settings.ts";
import { tokenGuard } from "../../../../functions/http/token-guard.ts";
import { addressCounts } from "../../../../shared/adapters/rate-limit/address-counts.ts";
import { sentenceOf } from "../../../../shared/domain/problem.ts";
import { httpRequest } from "../../../support/http-requests.ts";

describe("ADDRESS_LIMIT", () => {
  const read = (value: string | undefined) => {
    const settings = settingsOf({ ADDRESS_LIMIT: value });
    return { by: addressLimitFrom(settings), problems: settings.problems.map(sentenceOf) };
  };

  it.each([
    [undefined, "peer"],
    ["peer", "peer"],
    [" off ", "off"],
    ["X-Real-IP", { header: "X-Real-IP" }],
    ["x-forwarded-for", { header: "x-forwarded-for" }],
  ])("%j", (value, by) => {
    expect(read(value)).toEqual({ by, problems: [] });
  });

  it.each(["of", "none", "true", "OFF", "Forwarded", "X-Real-IP, X-Forwarded-For", "X-Real-IP:", "-", "X-"])(
    "refuses %s, which may be a typo",
    (value) => {
      expect(read(value).problems).toEqual([
        `ADDRESS_LIMIT is ${JSON.stringify(value)}; write peer, off, or the header that your proxy sets: X-Real-IP or X-Forwarded-For`,
      ]);
    },
  );
});

describe("the network that refused tokens are counted by", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:2::", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::ffff:cb00:7107", "203.0.113.7"],
    ["64:ff9b::203.0.113.7", "64:ff9b:0:0::/64"],
    ["unknown", undefined],
    ["203.0.113.7:80", undefined],
    ["203.0.113", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each([
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "fd00::1",
    "fe80::1%eth0",
    undefined,
  ])("is none for a connection from %s, which may be a proxy that all callers come through", (sourceIp) => {
    expect(callerNetwork(httpRequest({ sourceIp }), "peer")).toBeUndefined();
  });

  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["172.32.0.1", "172.32.0.1"],
    ["100.128.0.1", "100.128.0.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
  ])("is that of a public connection: %s", (sourceIp, network) => {
    const headers = { "x-real-ip": "198.51.100.1", "x-forwarded-for": "198.51.100.1" };
    expect(callerNetwork(httpRequest({ sourceIp, headers }), "peer")).toBe(network);
  });

  it.each<[string, string | readonly string[] | undefined, string | undefined]>([
    ["one address", "198.51.100.1", "198.51.100.1"],
    [
      "the last of several: the others are the caller's own words",
      "203.0.113.9, 198.51.100.1",
      "198.51.100.1",
    ],
    ["the last of several headers", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"],
    ["an address inside the company, as the operator says so", "10.0.0.5", "10.0.0.5"],
    ["IPv6", "2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["no address", "unknown", undefined],
    ["no header", undefined, undefined],
  ])("is that of the proxy's header, with %s", (_case, value, network) => {
    const request = httpRequest({ sourceIp: "127.0.0.1", headers: { "x-forwarded-for": value } });
    expect(callerNetwork(request, { header: "X-Forwarded-For" })).toBe(network);
  });
});

describe("the guard", () => {
  const warnings: string[] = [];
  const LIMIT = { requests: 3, seconds: 60 };
  const refusedToken = { status: 401, headers: {}, body: '{"StatusCode":"401","Code":"InvalidToken"}' };
  const guardOf = () =>
    tokenGuard({
      by: "peer",
      refused: addressCounts(LIMIT, 100),
      limit: LIMIT.requests,
      allowedOrigins: ["https://app.example.com"],
      warn: (message) => warnings.push(message),
    });
  const from = (sourceIp: string, change: Parameters<typeof httpRequest>[0] = {}) =>
    httpRequest({ sourceIp, ...change });

  beforeEach(() => {
    warnings.length = 0;
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  });
  afterEach(() => void vi.useRealTimers());

  async function closed(sourceIp: string) {
    const guard = guardOf();
    for (let at = 0; at < LIMIT.requests; at += 1) {
      expect(await guard.before(from(sourceIp))).toBeUndefined();
      await guard.after(from(sourceIp), refusedToken);
    }
    return guard;
  }

  it("answers 429 after so many refused tokens, to a page too, until the window ends", async () => {
    const guard = await closed("203.0.113.7");
    vi.setSystemTime(Date.now() + 20_000);
    const answer = await guard.before(
      from("203.0.113.7", { headers: { origin: "https://app.example.com" } }),
    );
    expect(answer).toMatchObject({
      status: 429,
      headers: {
        "Retry-After": "40",
        "Access-Control-Allow-Origin": "https://app.example.com",
        "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate",
        "Cache-Control": "no-store",
      },
    });
    expect(JSON.parse(answer?.body ?? "")).toMatchObject({
      StatusCode: "429",
      Code: "TooManyRequests",
      RequestId: "1-request",
    });
    vi.setSystemTime(Date.now() + 40_000);
    expect(await guard.before(from("203.0.113.7"))).toBeUndefined();
  });

  it("closes no other address, but the whole /64 of IPv6", async () => {
    const guard = await closed("2001:db8:1:2::1");
    expect(await guard.before(from("2001:db8:1:2:ffff::9"))).toMatchObject({ status: 429 });
    expect(await guard.before(from("2001:db8:1:3::1"))).toBeUndefined();
    expect(await guard.before(from("203.0.113.7"))).toBeUndefined();
  });

  it("lets requests without a token, and preflights, through: they cost little, and a load balancer looks at /healthz", async () => {
    const guard = await closed("203.0.113.7");
    expect(
      await guard.before(from("203.0.113.7", { path: "/healthz", headers: { authorization: undefined } })),
    ).toBeUndefined();
    expect(await guard.before(from("203.0.113.7", { method: "OPTIONS" }))).toBeUndefined();
  });

  it.each([
    ["a good token", { status: 200, headers: {}, body: '{"Code":"Success"}' }],
    ["an expired token, which was good", { ...refusedToken, body: '{"Code":"TokenExpired"}' }],
    ["no token", { ...refusedToken, body: '{"Code":"MissingToken"}' }],
    ["no access", { status: 403, headers: {}, body: '{"Code":"AccessDenied"}' }],
    ["keys that cannot be fetched", { status: 503, headers: {}, body: '{"Code":"KeysUnavailable"}' }],
  ])("does not count %s", async (_case, response) => {
    const guard = guardOf();
    for (let at = 0; at < 10; at += 1) await guard.after(from("203.0.113.7"), response);
    expect(await guard.before(from("203.0.113.7"))).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it("tells the operator once for a window, however many requests come", async () => {
    const guard = await closed("203.0.113.7");
    for (let at = 0; at < 10; at += 1) {
      await guard.before(from("203.0.113.7"));
      await guard.after(from("203.0.113.7"), refusedToken);
    }
    expect(warnings).toEqual([
      "203.0.113.7 has sent 3 refused tokens: for 60 s it gets 429, without a line here. See docs/fair-use.md",
    ]);
  });
});
