import { describe, expect, it } from "vitest";
import { fcResponseFrom, httpRequestFromFcEvent } from "../../../../functions/http/fc-event.ts";
import { apiGatewayEvent, fcEvent, fcEventBytes } from "../../../support/fc-events.ts";

const read = (event: unknown) => httpRequestFromFcEvent(event, "1-req");

describe("the event of an HTTP trigger", () => {
  it("is read from the Buffer that the runtime hands over", () => {
    expect(read(fcEventBytes())).toEqual({
      method: "GET",
      path: "/credentials",
      query: [],
      headers: new Map([
        ["accept", ["*/*"]],
        ["authorization", ["Bearer a.b.c"]],
        ["user-agent", ["curl/8.7.1"]],
      ]),
      body: Buffer.alloc(0),
      sourceIp: "203.0.113.7",
      requestId: "1-req",
      unreadable: undefined,
    });
  });

  it("has no parameter where `s local start` writes a missing query as null", () => {
    expect(read(fcEvent({ queryParameters: { null: "" } })).query).toEqual([]);
  });

  it.each([
    ["text", JSON.stringify(fcEvent())],
    ["an object", fcEvent()],
    ["bytes of another kind", new Uint8Array(fcEventBytes())],
  ])("is read from %s as well", (_kind, event) => {
    expect(read(event)).toEqual(read(fcEventBytes()));
  });

  it("gives header names in lower case, however they are sent", () => {
    const headers = read(fcEvent({ headers: { AUTHORIZATION: "a", "X-Forwarded-For": "b" } })).headers;
    expect([...headers]).toEqual([
      ["authorization", ["a"]],
      ["x-forwarded-for", ["b"]],
    ]);
  });

  it("H3: keeps both values of a header that is sent in two spellings", () => {
    const headers = read(
      fcEvent({ headers: { Authorization: "Bearer a", authorization: "Bearer b" } }),
    ).headers;
    expect(headers.get("authorization")).toEqual(["Bearer a", "Bearer b"]);
  });

  it("leaves values that are joined by commas as they are: a comma may also belong to the value", () => {
    const request = read(
      fcEvent({ headers: { Authorization: "Bearer a,Bearer b" }, queryParameters: { b: "2,3" } }),
    );
    expect(request.headers.get("authorization")).toEqual(["Bearer a,Bearer b"]);
    expect(request.query).toEqual([["b", "2,3"]]);
  });

  it("decodes a body in base64, and reads a text body as UTF-8", () => {
    const json = '{"prefix":"fotos/é/"}';
    expect(read(fcEvent({ body: Buffer.from(json).toString("base64") })).body.toString()).toBe(json);
    expect(read(fcEvent({ body: json, isBase64Encoded: false })).body.toString()).toBe(json);
    expect(read(fcEvent({ body: null })).body).toHaveLength(0);
  });

  it("takes the path as it was sent, not decoded", () => {
    const event = fcEvent({ rawPath: "/%63redentials", http: { path: "/credentials" } });
    expect(read(event).path).toBe("/%63redentials");
  });

  it("H8: takes the address of the connection, never a header's", () => {
    const event = fcEvent({ headers: { "X-Forwarded-For": "198.51.100.1", "X-Real-Ip": "198.51.100.1" } });
    expect(read(event).sourceIp).toBe("203.0.113.7");
    expect(read(fcEvent({ http: { sourceIp: "" } })).sourceIp).toBeUndefined();
  });

  it("drops headers that are neither strings nor lists of strings", () => {
    expect(read(fcEvent({ headers: { Authorization: [7], Accept: 7, Origin: {} } })).headers.size).toBe(0);
  });

  it.each([undefined, null, {}])("may be without parameters: %j", (queryParameters) => {
    expect(read(fcEvent({ queryParameters }))).toMatchObject({ query: [], unreadable: undefined });
  });

  // Only events that no HTTP trigger has made have such: `s invoke -e`, a test event of the console.
  it.each([
    ["a list", { permissions: ["read"] }],
    ["a number", { durationSeconds: 900 }],
    ["null under a mistyped name", { prefx: null }],
    ["an object", { prefix: { a: "b" } }],
    ["one text and one number", { permissions: "read", durationSeconds: 900 }],
    ["a query as it stands in a URL", "permissions=read"],
    ["a list of pairs", [["permissions", "read"]]],
  ])("parameters that are not strings are refused, not dropped: %s", (_what, queryParameters) => {
    expect(read(fcEvent({ queryParameters })).unreadable).toEqual({
      code: "REQUEST_INVALID",
      field: "The event's queryParameters",
      problem: 'must be an object of texts, such as {"permissions":"read"}',
    });
  });

  it.each([
    ["an object", { permissions: ["read"] }, false],
    ["a number", 7, true],
    ["false", false, true],
    ["no base64", "!", true],
    ["one digit of base64, which is no byte", "e", true],
    ["the padding of base64 alone", "==", true],
    ["base64 with padding that does not fit", "e30==", true],
    ["JSON that says it is base64", '{"permissions":["read"]}', true],
  ])("a body of another kind is refused, not dropped: %s", (_what, body, isBase64Encoded) => {
    expect(read(fcEvent({ http: { method: "POST" }, body, isBase64Encoded })).unreadable).toEqual({
      code: "REQUEST_INVALID",
      field: "The event's body",
      problem: "must be a text: JSON, or its base64 with isBase64Encoded true",
    });
  });
});

describe("the event of API Gateway", () => {
  it("is read from the Buffer that the runtime hands over", () => {
    expect(read(Buffer.from(JSON.stringify(apiGatewayEvent())))).toEqual({
      method: "GET",
      path: "/credentials",
      query: [["permissions", "read"]],
      headers: new Map([
        ["authorization", ["Bearer a.b.c"]],
        ["x-ca-request-id", ["0A1B"]],
      ]),
      body: Buffer.alloc(0),
      sourceIp: undefined,
      requestId: "1-req",
      unreadable: undefined,
    });
  });

  it("H8: has no address of the caller, whatever headers and fields say", () => {
    const headers = {
      "X-Forwarded-For": "198.51.100.1",
      "X-Ca-Client-Ip": "198.51.100.1",
      CaClientIp: "198.51.100.1",
    };
    expect(read(apiGatewayEvent({ headers, sourceIp: "198.51.100.1" })).sourceIp).toBeUndefined();
  });

  it("H3: keeps both values of a header that is sent in two spellings", () => {
    const headers = { Authorization: "Bearer a", AUTHORIZATION: "Bearer b" };
    expect(read(apiGatewayEvent({ headers })).headers.get("authorization")).toEqual(["Bearer a", "Bearer b"]);
  });

  it("H3: keeps every value of a header that is a list", () => {
    const headers = { Authorization: "Bearer a", AUTHORIZATION: ["Bearer b", 7] };
    expect(read(apiGatewayEvent({ headers })).headers.get("authorization")).toEqual(["Bearer a", "Bearer b"]);
  });

  it.each([true, "true"])("has a body in base64 where it says %j", (isBase64Encoded) => {
    const body = Buffer.from('{"permissions":["read"]}').toString("base64");
    const event = apiGatewayEvent({ httpMethod: "POST", body, isBase64Encoded });
    expect(read(event).body.toString()).toBe('{"permissions":["read"]}');
    expect(read(apiGatewayEvent({ body: "!", isBase64Encoded })).unreadable).toMatchObject({
      field: "The event's body",
    });
  });

  it.each([false, "false", undefined])("has a body as it is where it says %j", (isBase64Encoded) => {
    expect(read(apiGatewayEvent({ body: "{}", isBase64Encoded })).body.toString()).toBe("{}");
  });

  it("takes no parameter from the path's template", () => {
    expect(read(apiGatewayEvent({ pathParameters: { prefix: "users/bob/" } })).query).toEqual([
      ["permissions", "read"],
    ]);
  });

  it("is refused where a parameter is no text", () => {
    expect(read(apiGatewayEvent({ queryParameters: { permissions: ["read"] } })).unreadable).toMatchObject({
      field: "The event's queryParameters",
    });
  });
});

describe("H10: an event that is not from an HTTP trigger and not from API Gateway", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty text", ""],
    ["no JSON", Buffer.from("hello")],
    ["half a JSON", fcEventBytes().subarray(0, 50)],
    ["JSON null", Buffer.from("null")],
    ["a list", Buffer.from("[]")],
    ["a text in JSON", Buffer.from('"x"')],
    ["a timer's event", { triggerTime: "2026-11-23T09:00:00Z", triggerName: "t", payload: "" }],
    ["an event without a method", fcEvent({ http: { method: undefined } })],
    ["an event whose method is no text", fcEvent({ http: { method: ["GET"] } })],
    ["an event without a path", fcEvent({ rawPath: undefined })],
    ["an event without a context", fcEvent({ requestContext: null })],
    ["an event of both", { ...fcEvent({ rawPath: undefined }), ...apiGatewayEvent() }],
    [
      "API Gateway's with a context",
      apiGatewayEvent({ requestContext: { http: { sourceIp: "198.51.100.1" } } }),
    ],
    ["API Gateway's without a method", apiGatewayEvent({ httpMethod: undefined })],
    ["API Gateway's without a path", apiGatewayEvent({ path: null })],
    ["deep nesting", Buffer.from("[".repeat(100_000))],
  ])("%s is an unreadable request, and throws nothing", (_what, event) => {
    expect(read(event)).toEqual({
      method: "",
      path: "",
      query: [],
      headers: new Map(),
      body: Buffer.alloc(0),
      sourceIp: undefined,
      requestId: "1-req",
      unreadable: {
        code: "REQUEST_INVALID",
        field: "The event",
        problem: "does not come from an HTTP trigger or API Gateway; invoke the function through its URL",
      },
    });
  });
});

it("the response has the form that the runtime accepts: a text body, and isBase64Encoded false", () => {
  expect(fcResponseFrom({ status: 401, headers: { A: "b" }, body: "{}" })).toEqual({
    statusCode: 401,
    headers: { A: "b" },
    isBase64Encoded: false,
    body: "{}",
  });
});
