import jwt from "jsonwebtoken";
import { fcHandler } from "../../../functions/http/fc-entry.ts";
import { apiGatewayEvent, fcEvent } from "../../support/fc-events.ts";
import { type FuzzTarget, law } from "../engine/target.ts";
import { checkAnswer, GOOD_TOKEN, secretsIn, valet } from "../support/whole-valet.ts";

const BEARER = `Bearer ${GOOD_TOKEN}`;
const FORM = {
  files: [{ key: "photos/alice/a.jpg", contentType: "image/jpeg", bytes: 5 }],
  expiresSeconds: 900,
};
const URLS = { keys: ["photos/alice/a.jpg"], disposition: "attachment; filename=a.jpg" };

/**
 * Events of Function Compute: whatever bytes the runtime hands over, an answer of the contract with one line in the log, no
 * 5xx, and no secret where none belongs. Credentials go only to the one token that the issuer has signed.
 */
export const target: FuzzTarget = {
  name: "fc-event",
  seeds: [
    fcEvent({ headers: { Authorization: BEARER } }),
    fcEvent({
      headers: { Authorization: BEARER },
      queryParameters: { permissions: "read,list", format: "ali-oss" },
    }),
    fcEvent({
      http: { method: "POST" },
      headers: { authorization: BEARER, Origin: "https://app.example.com" },
      isBase64Encoded: false,
      body: '{"prefix":"users/alice/photos/","durationSeconds":900,"format":"appserver"}',
    }),
    fcEvent({
      http: { method: "POST" },
      headers: { Authorization: BEARER },
      body: Buffer.from('{"permissions":["read"]}').toString("base64"),
    }),
    fcEvent({
      rawPath: "/uploads",
      http: { method: "POST" },
      headers: { Authorization: BEARER },
      isBase64Encoded: false,
      body: JSON.stringify(FORM),
    }),
    fcEvent({
      rawPath: "/downloads",
      http: { method: "POST" },
      headers: { Authorization: BEARER },
      isBase64Encoded: false,
      body: JSON.stringify(URLS),
    }),
    fcEvent({
      http: { method: "OPTIONS" },
      headers: {
        Origin: "https://app.example.com",
        "Access-Control-Request-Headers": "authorization, baggage",
      },
    }),
    fcEvent({ rawPath: "/healthz", http: { method: "HEAD" } }),
    fcEvent({ rawPath: "/nothing" }),
    fcEvent({ headers: { Authorization: 7, Origin: ["https://app.example.com", 1] } }),
    fcEvent({ headers: { Authorization: `Bearer ${jwt.sign({}, "another secret that is long enough")}` } }),
    fcEvent({ headers: { Authorization: [BEARER, BEARER], "X-Refused-Access-Key-Id": "STS.abc" } }),
    apiGatewayEvent({ headers: { Authorization: BEARER } }),
    apiGatewayEvent({
      httpMethod: "POST",
      path: "/uploads",
      body: JSON.stringify(FORM),
      isBase64Encoded: "false",
    }),
    { key1: "value1" },
  ].map((event) => JSON.stringify(event)),
  dictionary: [
    "isBase64Encoded",
    "queryParameters",
    "rawPath",
    "requestContext",
    "http",
    "httpMethod",
    "/credentials",
    "/uploads",
    "/downloads",
    "authorization",
    "origin",
    "access-control-request-headers",
    "durationSeconds",
    "GET",
    "POST",
    "HEAD",
    BEARER,
  ],
  maxLength: 8_000,
  mutate: (input, mutators) => {
    const { random, json, value } = mutators;
    if (!random.oneIn(3)) return json(input);
    // The body is JSON in a text: changed inside.
    try {
      const event = JSON.parse(input.toString("utf8")) as { body?: string; isBase64Encoded?: unknown };
      const body = JSON.parse(event.body ?? "") as unknown;
      return Buffer.from(JSON.stringify({ ...event, body: JSON.stringify(value(body)) }), "utf8");
    } catch {
      return json(input);
    }
  },
  run: async (input) => {
    const service = valet();
    const handler = fcHandler({ handle: service.handle, useCallerCredentials: () => {} });
    const response = await handler(input, { requestId: "1-request" });
    const { statusCode: status, headers, body, isBase64Encoded } = response;
    law("the answer of an event is a text", isBase64Encoded === false && typeof body === "string");
    checkAnswer({ status, headers, body }, service, methodIn(input));
    const entitled = input.includes(GOOD_TOKEN) || hasEscapes(input);
    law(
      "credentials, forms and URLs go to the holder of the token alone",
      entitled || (service.calls() === 0 && secretsIn(body).length === 0),
    );
  },
};

/** HEAD has no body. */
function methodIn(input: Buffer): string | undefined {
  try {
    const event = JSON.parse(input.toString("utf8"));
    return event.requestContext?.http?.method ?? event.httpMethod;
  } catch {
    return undefined;
  }
}

/** With escapes, the token's text need not stand in the bytes. */
function hasEscapes(input: Buffer): boolean {
  return input.includes("\\u");
}
