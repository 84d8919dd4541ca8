import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENGLISH, type ExplanationTexts } from "../../client/src/explain/english.ts";
import { explainOssError } from "../../client/src/index.ts";
import { ValetError } from "../../client/src/valet-error.ts";
import { zh } from "../../client/src/zh.ts";

type RowKey = keyof ExplanationTexts;

const EXPIRED: RowKey = "SecurityTokenExpired|InvalidAccessKeyId|InvalidSecurityToken.Expired";
const SESSION_POLICY: RowKey = "0003-00000301|authorizer's policy";
const NO_ANSWER: RowKey =
  "Network|RequestError|AccessForbidden|to fetch|fetch failed|Load failed|ECONN|ENOTFOUND|EAI_";

function explained(error: unknown): RowKey {
  const { cause, fix } = explainOssError(error);
  const row = Object.entries(ENGLISH).find(([, [c, f]]) => c === cause && f === fix);
  return row?.[0] as RowKey;
}

/** Any error class, with the fields that an SDK gives it. */
function errorWith(name: string, message: string, fields: object): Error {
  return Object.assign(new Error(message), { name, ...fields });
}

const DENIED_XML = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access denied by authorizer's policy.</Message>
<RequestId>6745D0F1A2B3C4D5E6F70001</RequestId><HostId>b.oss-cn-hangzhou.aliyuncs.com</HostId>
<EC>0003-00000301</EC><RecommendDoc>https://api.aliyun.com/troubleshoot?q=0003-00000301</RecommendDoc></Error>`;

const DENIED = {
  code: "AccessDenied",
  ec: "0003-00000301",
  cause: ENGLISH[SESSION_POLICY][0],
  fix: ENGLISH[SESSION_POLICY][1],
  requestId: "6745D0F1A2B3C4D5E6F70001",
  learnMore: "https://api.aliyun.com/troubleshoot?q=0003-00000301",
};

describe("explainOssError gives code, EC, cause, fix, request id and page for", () => {
  const FACTS = { code: "AccessDenied", requestId: DENIED.requestId };
  it.each<[string, unknown]>([
    [
      "a ValetError",
      new ValetError("OSS refused the upload.", {
        ...FACTS,
        ec: DENIED.ec,
        source: "oss",
        retryable: false,
        status: 403,
      }),
    ],
    [
      "an error of ali-oss",
      errorWith("AccessDeniedError", "Access denied by authorizer's policy.", {
        ...FACTS,
        status: 403,
        ecCode: DENIED.ec,
      }),
    ],
    [
      "a ServiceError of the SDK for TypeScript, in its OperationError",
      errorWith("OperationError", "operation error PutObject: …", {
        opName: "PutObject",
        cause: errorWith("ServiceError", "Error returned by Service. …", {
          ...FACTS,
          statusCode: 403,
          ec: DENIED.ec,
        }),
      }),
    ],
    ["a body in XML", DENIED_XML],
    [
      "a body in JSON",
      JSON.stringify({ Code: "AccessDenied", EC: DENIED.ec, RequestId: DENIED.requestId }, null, 2),
    ],
    ["a parsed body", { Code: "AccessDenied", EC: DENIED.ec, RequestId: DENIED.requestId }],
    [
      "an error of axios, with the body as its answer's data",
      errorWith("AxiosError", "Request failed with status code 403", {
        code: "ERR_BAD_REQUEST",
        response: { status: 403, data: DENIED_XML },
      }),
    ],
  ])("%s", (_form, error) => {
    expect(explainOssError(error)).toEqual(DENIED);
  });

  it("an error of AWS' SDK, which has no EC and keeps the request id in its metadata", () => {
    const error = errorWith("AccessDenied", "Access denied by authorizer's policy.", {
      $metadata: { httpStatusCode: 403, requestId: DENIED.requestId },
    });
    const { ec: _, learnMore: __, ...withoutEc } = DENIED;
    expect(explainOssError(error)).toEqual(withoutEc);
  });

  it("an error of a Tea SDK, whose codes have parts", () => {
    const error = errorWith("ClientError", "code: 403, … request id: 6745D0F1", {
      code: "InvalidSecurityToken.Expired",
      statusCode: 403,
      data: { Code: "InvalidSecurityToken.Expired", RequestId: "6745D0F1" },
    });
    expect(explained(error)).toBe(EXPIRED);
    expect(explainOssError(error).code).toBe("InvalidSecurityToken.Expired");
  });
});

describe("the guide's three classic errors", () => {
  it.each<[string, object, RowKey]>([
    [
      "The security token you provided is invalid.",
      { code: "InvalidSecurityToken", ec: "0002-00000008" },
      "InvalidSecurityToken",
    ],
    [
      "The security token you provided has expired.",
      { code: "SecurityTokenExpired", ec: "0002-00000007" },
      EXPIRED,
    ],
    [
      "The OSS Access Key Id you provided does not exist in our records.",
      { code: "InvalidAccessKeyId", ec: "0002-00000902" },
      EXPIRED,
    ],
    [
      "The specified bucket does not exist.",
      { code: "NoSuchBucket", ec: "0015-00000101" },
      "NoSuchBucket|InvalidBucketName|SecondLevelDomain",
    ],
  ])("%s", (message, fields, row) => {
    expect(explained(errorWith("Error", message, fields))).toBe(row);
  });
});

describe("what is more exact wins", () => {
  it.each<[string, object, RowKey]>([
    ["an EC over its code", { code: "AccessDenied", ec: "0003-00000001" }, "0003-00000001|bucket acl"],
    ["a code without EC", { code: "AccessDenied" }, "AccessDenied|status: 403"],
    ["an EC that the table lacks", { code: "AccessDenied", ec: "0003-00000999" }, "AccessDenied|status: 403"],
    [
      "a lost token over its key",
      { code: "InvalidAccessKeyId", ec: "0002-00000003" },
      "SecurityTokenNotMatch|0002-00000002|0002-00000003",
    ],
    [
      "a disabled key over an unknown one",
      { code: "InvalidAccessKeyId", ec: "0002-00000904" },
      "0002-00000904|UserDisable",
    ],
    [
      "the message, where an SDK drops the EC",
      {
        code: "AccessDenied",
        message: "The bucket you are attempting to access must be addressed using the specified endpoint.",
      },
      "0003-00001403|specified endpoint",
    ],
    [
      "a wrong clock over a wrong argument",
      { code: "InvalidArgument", message: "Invalid signing date in Authorization header." },
      "RequestTimeTooSkewed|0002-00000235|signing date",
    ],
    ["a refusal of the function over OSS's", { code: "AccessDenied", source: "valet" }, "valet:AccessDenied"],
    ["the function's own body", { Code: "AccessDenied", ErrorCode: "AccessDenied" }, "valet:AccessDenied"],
    [
      "an expired App token over a security token's",
      { code: "TokenExpired", source: "valet" },
      "MissingToken|InvalidToken|TokenExpired|AppToken",
    ],
  ])("%s", (_case, error, row) => {
    expect(explained(error)).toBe(row);
  });
});

describe("no answer: offline, a wrong address, or CORS", () => {
  it.each<[string, unknown]>([
    ["Chrome", new TypeError("Failed to fetch")],
    ["Firefox", new TypeError("NetworkError when attempting to fetch resource.")],
    ["Safari", new TypeError("Load failed")],
    [
      "Node.js",
      new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }),
    ],
    ["React Native", new TypeError("Network request failed")],
    ["axios", errorWith("AxiosError", "Network Error", { code: "ERR_NETWORK" })],
    [
      "ali-oss in a browser",
      errorWith(
        "RequestError",
        'XHR error (req "error"), PUT https://b.example.com/users/alice/NoSuchKey.txt -1',
        {
          code: "RequestError",
          status: -1,
        },
      ),
    ],
    [
      "this package",
      new ValetError("No answer.", { code: "NetworkError", source: "network", retryable: true }),
    ],
  ])("%s", (_where, error) => {
    expect(explained(error)).toBe(NO_ANSWER);
  });

  it("is not what a mistake in the App's code says", () => {
    const mistake = new TypeError("Cannot read properties of undefined (reading 'fetch')");
    expect(explainOssError(mistake)).toEqual({
      code: "TypeError",
      cause: ENGLISH[""][0],
      fix: ENGLISH[""][1],
    });
  });
});

describe("it takes anything and never throws", () => {
  const circle: { cause?: object } = {};
  circle.cause = { cause: circle };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throwing = Object.defineProperty({ code: "NoSuchKey" }, "message", {
    get() {
      throw new Error("not now");
    },
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["an empty text", ""],
    ["a number", 42],
    ["a symbol", Symbol("x")],
    ["an object without prototype", Object.create(null)],
    ["a circle of causes", circle],
    ["a revoked proxy", proxy],
    ["fields of other types", { code: 7, name: null, message: {}, ec: [], requestId: false, cause: 1 }],
  ])("%s", (_case, error) => {
    expect(explainOssError(error)).toEqual({ code: "Unknown", cause: ENGLISH[""][0], fix: ENGLISH[""][1] });
  });

  it("whatever a generator thinks of, below any of the names that are read", () => {
    const name = fc.constantFrom(
      "code",
      "Code",
      "name",
      "ec",
      "message",
      "cause",
      "response",
      "data",
      "$metadata",
      "source",
    );
    const error = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.dictionary(name, fc.anything({ withNullPrototype: true })),
    );
    fc.assert(
      fc.property(error, (thrown) => {
        const { code, cause, fix, ...more } = explainOssError(thrown);
        expect([code, cause, fix, ...Object.values(more)].map((text) => typeof text)).not.toContain(
          "undefined",
        );
        expect(Object.values(ENGLISH)).toContainEqual([cause, fix]);
      }),
    );
  });

  it("a getter that throws", () => {
    expect(explained(throwing)).toBe("NoSuchKey");
  });

  it("an EC that is none does not become an address", () => {
    const error = { code: "AccessDenied", ec: "javascript:alert(1)" };
    expect(explainOssError(error)).toEqual({
      code: "AccessDenied",
      cause: ENGLISH["AccessDenied|status: 403"][0],
      fix: ENGLISH["AccessDenied|status: 403"][1],
    });
  });

  it("repeats no message: @alicloud/credentials puts a whole answer into one, keys included", () => {
    const error = new Error('Get credentials failed: {"AccessKeyId":"STS.x","AccessKeySecret":"hunter2"}');
    expect(JSON.stringify(explainOssError(error))).not.toMatch(/hunter2|STS\.x/);
  });
});

describe("Chinese", () => {
  it("has every row of the English table", () => {
    expect(Object.keys(zh)).toEqual(Object.keys(ENGLISH));
    for (const texts of Object.values(zh))
      for (const text of texts) expect(text).toMatch(/\p{Script=Han}.*。$/u);
  });

  it("explains the same error", () => {
    const [cause, fix] = zh[SESSION_POLICY];
    expect(explainOssError(DENIED_XML, zh)).toEqual({ ...DENIED, cause, fix });
  });
});

it("every name that a text puts in backquotes is one that the reader finds", () => {
  const KNOWN = new Set(
    "get() now() bucket endpoint cname region prefix permissions requestId learnMore ETag OSS_ENDPOINT ALLOWED_ORIGINS"
      .split(" ")
      .concat("valet doctor"),
  );
  for (const table of [ENGLISH, zh])
    for (const [, name = ""] of JSON.stringify(table).matchAll(/`([^`]+)`/g)) expect(KNOWN).toContain(name);
});
