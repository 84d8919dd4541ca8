/** The event of an HTTP trigger, field by field as Function Compute sends it; a test changes one thing. */
export function fcEvent(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { http, ...rest } = change;
  return {
    version: "v1",
    rawPath: "/credentials",
    body: "",
    isBase64Encoded: true,
    headers: { Accept: "*/*", Authorization: "Bearer a.b.c", "User-Agent": "curl/8.7.1" },
    queryParameters: {},
    requestContext: {
      accountId: "1327000000000000",
      domainName: "valet-abc.cn-hangzhou.fcapp.run",
      domainPrefix: "valet-abc",
      requestId: "1-67aee50c-12345678-0123456789ab",
      time: "2026-11-23T09:00:00Z",
      timeEpoch: "1795424400000",
      http: {
        method: "GET",
        path: "/credentials",
        protocol: "HTTP/1.1",
        sourceIp: "203.0.113.7",
        userAgent: "curl/8.7.1",
        ...(http as object | undefined),
      },
    },
    ...rest,
  };
}

/** As the runtime hands it over: JSON text in a Buffer. */
export function fcEventBytes(change: Readonly<Record<string, unknown>> = {}): Buffer {
  return Buffer.from(JSON.stringify(fcEvent(change)));
}

/** The event of API Gateway for a backend of the kind "event function"; a test changes one thing. */
export function apiGatewayEvent(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    path: "/credentials",
    httpMethod: "GET",
    headers: { Authorization: "Bearer a.b.c", "X-Ca-Request-Id": "0A1B" },
    queryParameters: { permissions: "read" },
    pathParameters: {},
    body: "",
    isBase64Encoded: false,
    ...change,
  };
}
