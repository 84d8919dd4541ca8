import { describe, expect, it } from "vitest";
import { type LocalRequest, refusalFor } from "../../../../cli/sidecar/local-request.ts";

const DOOR = { port: 4321, secret: "c2VjcmV0LXBhdGg" };

const GOOD: LocalRequest = {
  method: "GET",
  target: `/${DOOR.secret}`,
  headers: { host: ["127.0.0.1:4321"], "user-agent": ["Python/3.12"] },
};

function refusalWith(change: Partial<LocalRequest>): string | undefined {
  return refusalFor({ ...GOOD, ...change }, DOOR);
}

function refusalWithHeaders(headers: LocalRequest["headers"]): string | undefined {
  return refusalWith({ headers: { ...GOOD.headers, ...headers } });
}

describe("a request of an SDK on this machine", () => {
  it.each(["127.0.0.1:4321", "localhost:4321", "LOCALHOST:4321", "127.0.0.1", "localhost"])(
    "may have credentials at %s",
    (host) => {
      expect(refusalWithHeaders({ host: [host] })).toBeUndefined();
    },
  );

  it("may name an empty body", () => {
    expect(
      refusalWithHeaders({ "content-length": ["0"], "content-type": ["application/json"] }),
    ).toBeUndefined();
  });

  it("may have undici's Sec-Fetch-Mode, which fetch of Node.js sends", () => {
    expect(refusalWithHeaders({ "sec-fetch-mode": ["cors"] })).toBeUndefined();
  });
});

describe("a request without the secret path gets nothing", () => {
  it.each([
    "/",
    "",
    "*",
    `/${DOOR.secret}/`,
    `/${DOOR.secret}?x=1`,
    `/${DOOR.secret.slice(0, -1)}`,
    `/${DOOR.secret}a`,
    `/${DOOR.secret.toLowerCase()}`,
    `//${DOOR.secret}`,
    `/%63${DOOR.secret.slice(1)}`,
    `http://127.0.0.1:4321/${DOOR.secret}`,
    "/latest/meta-data/ram/security-credentials/",
  ])("%s", (target) => {
    expect(refusalWith({ target })).toBe("wrong path");
  });

  it("and does not learn what else is wrong", () => {
    expect(refusalWith({ target: "/", method: "POST", headers: { origin: ["null"] } })).toBe("wrong path");
  });
});

describe("a request of a page gets nothing", () => {
  it.each([
    ["another name that leads here (DNS rebinding)", ["rebound.example:4321"]],
    ["another name without a port", ["rebound.example"]],
    ["a name that begins like this machine's", ["127.0.0.1.example:4321"]],
    ["a name below localhost", ["a.localhost:4321"]],
    ["another port", ["127.0.0.1:4322"]],
    ["an address in another form", ["127.1:4321"]],
    ["two names", ["127.0.0.1:4321", "rebound.example:4321"]],
    ["an empty name", [""]],
    ["no name", undefined],
  ])("Host is %s", (_case, host) => {
    expect(refusalWithHeaders({ host })).toBe("the header Host is not 127.0.0.1:4321 or localhost:4321");
  });

  it.each([
    ["origin", "https://page.example"],
    ["origin", "null"],
    ["origin", "http://127.0.0.1:4321"],
    ["sec-fetch-site", "cross-site"],
    ["sec-fetch-site", "same-site"],
    ["sec-fetch-site", "same-origin"],
    ["sec-fetch-site", "none"],
    ["x-forwarded-for", "203.0.113.7"],
    ["forwarded", "for=203.0.113.7"],
  ])("it has %s: %s", (name, value) => {
    expect(refusalWithHeaders({ [name]: [value] })).toBe(
      `it has the header ${name}: a browser or a proxy sent it`,
    );
  });
});

describe("a request that is no question gets nothing", () => {
  it.each(["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "get", ""])("the method %s", (method) => {
    expect(refusalWith({ method })).toBe("the method is not GET");
  });

  it.each([
    ["content-length", "1"],
    ["content-length", "99999999"],
    ["transfer-encoding", "chunked"],
  ])("a body: %s: %s", (name, value) => {
    expect(refusalWithHeaders({ [name]: [value] })).toBe("it has a body");
  });
});
