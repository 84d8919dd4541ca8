import { describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { acs3Request, rpcRequest, send, type WireAnswer, type WireRequest } from "../support/rpc-requests.ts";
import { sandboxForTests } from "../support/services-for-tests.ts";
import type { ClientKey } from "../support/sts-clients.ts";

const sandbox = await sandboxForTests();
const caller: ClientKey = { accessKeyId: sandbox.accessKeyId, accessKeySecret: sandbox.accessKeySecret };
const wanted = { RoleArn: sandbox.roleArn, RoleSessionName: "alice" };

const ask = (request: WireRequest) => send(sandbox.sts.url, request);
const acs3 = (change?: Parameters<typeof acs3Request>[3], parameters = {}) =>
  acs3Request(sandbox.sts.url, caller, { ...wanted, ...parameters }, change);
const rpc = (method: "GET" | "POST", parameters: Readonly<Record<string, string | undefined>> = {}) =>
  rpcRequest(method, caller, { ...wanted, ...parameters });

describe("a request signed with ACS3", () => {
  it("is served", async () => {
    expect(codeOf(await ask(acs3()))).toBe("200");
  });

  it("is served when the signature comes before the signed headers, as aliyun-java-sdk-core writes it", async () => {
    const asJava = (text: string) => text.replace(/(,SignedHeaders=.*)(,Signature=.*)/, "$2$1");
    expect(codeOf(await ask(withAuthorization(acs3(), asJava)))).toBe("200");
  });

  it("has action, version and format in the query too, as aliyun-java-sdk-core sends them", async () => {
    const inQuery = { Action: "AssumeRole", Version: "2015-04-01", Format: "JSON", Policy: "" };
    expect(codeOf(await ask(acs3({}, inQuery)))).toBe("200");
  });

  it.each<[string, (good: WireRequest) => WireRequest, string]>([
    [
      "another parameter",
      (r) => ({ ...r, target: r.target.replace("alice", "bobby") }),
      "400 SignatureDoesNotMatch",
    ],
    [
      "a further parameter",
      (r) => ({ ...r, target: `${r.target}&DurationSeconds=900` }),
      "400 SignatureDoesNotMatch",
    ],
    ["a body", (r) => withBody(r, "DurationSeconds=900"), "400 SignatureDoesNotMatch"],
    ["another nonce", (r) => withHeader(r, "x-acs-signature-nonce", "other"), "400 SignatureDoesNotMatch"],
    [
      "another action",
      (r) => withHeader(r, "x-acs-action", "GetCallerIdentity"),
      "400 SignatureDoesNotMatch",
    ],
    [
      "another body hash",
      (r) => withHeader(r, "x-acs-content-sha256", "0".repeat(64)),
      "400 SignatureDoesNotMatch",
    ],
    ["another method", (r) => ({ ...r, method: "GET" }), "400 SignatureDoesNotMatch"],
    ["another path", (r) => ({ ...r, target: `/x${r.target.slice(1)}` }), "404 InvalidApi.NotFound"],
    [
      "a parameter given twice",
      (r) => ({ ...r, target: `${r.target}&RoleSessionName=bobby` }),
      "400 DuplicateParameter",
    ],
    [
      "a further x-acs header",
      (r) => withHeader(r, "x-acs-region-id", "cn-hangzhou"),
      "400 IncompleteSignature",
    ],
    [
      "a signature cut short",
      (r) => withAuthorization(r, (text) => text.slice(0, -1)),
      "400 IncompleteSignature",
    ],
    [
      "no names of signed headers",
      (r) => withAuthorization(r, (text) => text.replace(/SignedHeaders=[^,]*,/, "")),
      "400 IncompleteSignature",
    ],
    [
      "a second signature",
      (r) => withAuthorization(r, (text) => `${text},Signature=${"0".repeat(64)}`),
      "400 IncompleteSignature",
    ],
    [
      "another algorithm",
      (r) => withAuthorization(r, (text) => text.replace("SHA256", "SM3")),
      "400 IncompleteSignature",
    ],
  ])("and changed afterwards is refused: %s", async (_case, change, code) => {
    expect(codeOf(await ask(change(acs3())))).toBe(code);
  });

  it.each<[string, Parameters<typeof acs3Request>[3], string]>([
    ["no date", { headers: { "x-acs-date": undefined } }, "400 MissingTimestamp"],
    ["no nonce", { headers: { "x-acs-signature-nonce": undefined } }, "400 MissingSignatureNonce"],
    ["no body hash", { headers: { "x-acs-content-sha256": undefined } }, "400 IncompleteSignature"],
    [
      "a body hash of another body",
      { headers: { "x-acs-content-sha256": "0".repeat(64) } },
      "400 IncompleteSignature",
    ],
    ["no action", { headers: { "x-acs-action": undefined } }, "400 MissingAction"],
    ["an unknown action", { headers: { "x-acs-action": "AssumeRoles" } }, "404 InvalidApi.NotFound"],
    [
      "an action that every object has",
      { headers: { "x-acs-action": "constructor" } },
      "404 InvalidApi.NotFound",
    ],
    ["no version", { headers: { "x-acs-version": undefined } }, "400 MissingVersion"],
    ["another version", { headers: { "x-acs-version": "2015-05-01" } }, "400 InvalidVersion"],
    [
      "a date of another form",
      { headers: { "x-acs-date": "Mon, 23 Nov 2026 16:28:40 GMT" } },
      "400 InvalidTimeStamp.Format",
    ],
    [
      "a date of long ago",
      { headers: { "x-acs-date": "2020-01-01T00:00:00Z" } },
      "400 InvalidTimeStamp.Expired",
    ],
    ["an unsigned host", { unsigned: ["host"] }, "400 IncompleteSignature"],
    ["an unsigned nonce", { unsigned: ["x-acs-signature-nonce"] }, "400 IncompleteSignature"],
  ])("is refused with %s", async (_case, change, code) => {
    expect(codeOf(await ask(acs3(change)))).toBe(code);
  });

  it("may carry its parameters in a form or in JSON", async () => {
    const inForm = {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "DurationSeconds=899",
    };
    expect(codeOf(await ask(acs3(inForm)))).toBe("400 InvalidParameter.DurationSeconds");
    const inJson = { headers: { "content-type": "application/json" }, body: '{"DurationSeconds":899}' };
    expect(codeOf(await ask(acs3(inJson)))).toBe("400 InvalidParameter.DurationSeconds");
  });

  it("is told the server's string to sign", async () => {
    const answer = await ask(withAuthorization(acs3(), (text) => text.replace(/.{64}$/, "0".repeat(64))));
    expect(JSON.parse(answer.text)).toEqual({
      RequestId: expect.stringMatching(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/),
      HostId: "sts.aliyuncs.com",
      Code: "SignatureDoesNotMatch",
      Message: expect.stringMatching(
        /^Specified signature is not matched with our calculation\. server string to sign is:ACS3-HMAC-SHA256\n[0-9a-f]{64}$/,
      ),
      Recommend: expect.stringMatching(
        /^https:\/\/api\.aliyun\.com\/troubleshoot\?q=SignatureDoesNotMatch&product=Sts&requestId=[0-9A-F-]{36}$/,
      ),
    });
  });
});

describe.each(["GET", "POST"] as const)("a request signed with HMAC-SHA1, %s", (method) => {
  it("is served, whatever the case of its format", async () => {
    expect(codeOf(await ask(rpc(method)))).toBe("200");
    expect(codeOf(await ask(rpc(method, { Format: "json" })))).toBe("200");
  });

  it.each<[string, (wire: string) => string, string]>([
    ["another parameter", (wire) => wire.replace("=alice", "=bobby"), "400 SignatureDoesNotMatch"],
    ["a further parameter", (wire) => `${wire}&DurationSeconds=900`, "400 SignatureDoesNotMatch"],
    ["a parameter given twice", (wire) => `${wire}&RoleSessionName=bobby`, "400 DuplicateParameter"],
    ["a signature given twice", (wire) => `${wire}&Signature=x`, "400 DuplicateParameter"],
    ["broken UTF-8", (wire) => `${wire}&x=%FF`, "400 InvalidParameter"],
  ])("and changed afterwards is refused: %s", async (_case, change, code) => {
    const good = rpc(method);
    const changed =
      method === "GET" ? { ...good, target: change(good.target) } : { ...good, body: change(good.body) };
    expect(codeOf(await ask(changed))).toBe(code);
  });

  it.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ["no access key", { AccessKeyId: undefined }, "400 MissingAccessKeyId"],
    ["no time stamp", { Timestamp: undefined }, "400 MissingTimestamp"],
    ["no nonce", { SignatureNonce: undefined }, "400 MissingSignatureNonce"],
    ["no signature method", { SignatureMethod: undefined }, "400 MissingSignatureMethod"],
    ["another signature method", { SignatureMethod: "HMAC-MD5" }, "400 InvalidSignatureMethod"],
    ["another signature version", { SignatureVersion: "2.0" }, "400 IncompleteSignature"],
    ["no version", { Version: undefined }, "400 MissingVersion"],
    ["no role", { RoleArn: undefined }, "400 MissingRoleArn"],
    ["no session name", { RoleSessionName: undefined }, "400 MissingRoleSessionName"],
    [
      "a time stamp of another zone",
      { Timestamp: "2026-11-23T16:28:40+08:00" },
      "400 InvalidTimeStamp.Format",
    ],
    ["a time stamp that is no time", { Timestamp: "2026-13-45T99:99:99Z" }, "400 InvalidTimeStamp.Format"],
  ])("is refused with %s", async (_case, change, code) => {
    expect(codeOf(await ask(rpc(method, change)))).toBe(code);
  });

  it("is told the server's string to sign, which names the method", async () => {
    const spoilt = rpcRequest(method, { ...caller, accessKeySecret: "wrong" }, wanted);
    const { Message } = JSON.parse((await ask(spoilt)).text) as { readonly Message: string };
    expect(Message).toContain(
      `server string to sign is:${method}&%2F&AccessKeyId%3D${caller.accessKeyId}%26`,
    );
  });
});

describe("a blank that an SDK sends as a plus sign", () => {
  const Policy = `{ "Version": "1", "Statement": [
    { "Effect": "Allow", "Action": "oss:GetObject", "Resource": "acs:oss:*:*:examplebucket/a+b c/*" } ] }`;
  const asForm = (wire: string) => wire.replaceAll("%20", "+");

  it.each<[string, () => WireRequest]>([
    ["ACS3, query", () => acs3(undefined, { Policy })],
    ["HMAC-SHA1, query", () => rpc("GET", { Policy })],
    ["HMAC-SHA1, form", () => rpc("POST", { Policy })],
  ])("is a blank, and %%2B a plus sign: %s", async (_case, signed) => {
    const request = signed();
    const answer = await ask({ ...request, target: asForm(request.target), body: asForm(request.body) });
    expect(codeOf(answer)).toBe("200");
    expect(sandbox.world.sessions.get(credentialsIn(answer).accessKeyId)?.policy).toBe(Policy);
  });
});

describe("a nonce", () => {
  it.each([
    ["ACS3", () => acs3()],
    ["HMAC-SHA1", () => rpc("POST")],
  ] as const)("is good once: %s", async (_case, signed) => {
    const request = signed();
    expect(codeOf(await ask(request))).toBe("200");
    expect(codeOf(await ask(request))).toBe("400 SignatureNonceUsed");
  });

  it("is not used up by a forged copy that comes first", async () => {
    const request = acs3();
    const forged = { ...request, target: request.target.replace("alice", "bobby") };
    expect(codeOf(await ask(forged))).toBe("400 SignatureDoesNotMatch");
    expect(codeOf(await ask(request))).toBe("200");
  });

  it("may be the same as another key's", async () => {
    const nonce = { "x-acs-signature-nonce": "a nonce of two", "x-acs-action": "GetCallerIdentity" };
    const administrator = acs3Request(sandbox.sts.url, sandbox.administrator, {}, { headers: nonce });
    expect(codeOf(await ask(acs3({ headers: nonce })))).toBe("200");
    expect(codeOf(await ask(administrator))).toBe("200");
  });

  it("stays used when time passes in the cloud, as long as the request would count as fresh", async () => {
    const request = acs3();
    await ask(request);
    sandbox.clock.advance(3_600_000);
    expect(codeOf(await ask(request))).toBe("400 SignatureNonceUsed");
  });
});

describe("the gateway", () => {
  it.each(["PUT", "DELETE", "HEAD"])("refuses the method %s", async (method) => {
    expect((await ask({ ...rpc("GET"), method })).status).toBe(405);
  });

  it("refuses a body that is neither a form nor JSON, and one of more than a megabyte", async () => {
    const form = rpc("POST");
    const plain = withHeader(form, "content-type", "text/plain");
    expect(codeOf(await ask(plain))).toBe("400 InvalidParameter.ContentType");
    expect(codeOf(await ask(withBody(form, "x".repeat(1_048_577))))).toBe("413 RequestTooLarge");
  });

  it("answers in XML where no format is named", async () => {
    const answer = await ask(rpc("GET", { Format: undefined }));
    expect(answer.contentType).toBe("text/xml;charset=utf-8");
    expect(answer.text).toMatch(
      /^<\?xml version='1\.0' encoding='UTF-8'\?><AssumeRoleResponse><RequestId>[0-9A-F-]{36}<\/RequestId><AssumedRoleUser><AssumedRoleId>\d{18}:alice<\/AssumedRoleId><Arn>acs:ram::1234567890123456:role\/ramosstest\/alice<\/Arn><\/AssumedRoleUser><Credentials><SecurityToken>CAIS/,
    );
  });

  it("answers errors in XML too, escaped", async () => {
    const answer = await ask(rpc("GET", { Format: undefined, Version: undefined, RoleArn: "<&>" }));
    expect(answer.text).toMatch(
      /^<\?xml version='1\.0' encoding='UTF-8'\?><Error><RequestId>[0-9A-F-]{36}<\/RequestId><HostId>sts\.aliyuncs\.com<\/HostId><Code>MissingVersion<\/Code><Message>Version is mandatory for this action\.<\/Message><Recommend>[^<]*&amp;product=Sts&amp;/,
    );
  });

  it("writes every request into the journal, with the decision and without a secret", async () => {
    await ask(rpc("POST", { RoleSessionName: "journaled" }));
    const spoilt = rpcRequest("POST", { ...caller, accessKeySecret: "wrong" }, wanted);
    await ask(spoilt);
    const [granted, refused] = sandbox.world.journal.slice(-2);
    expect(granted).toMatchObject({
      service: "sts",
      operation: "AssumeRole",
      principal: "acs:ram::1234567890123456:user/oss-valet-caller",
      resource: "acs:ram::1234567890123456:role/ramosstest",
      status: 200,
      code: undefined,
      because:
        "identity policy: statement 0 of assume-ram-oss-test allows sts:AssumeRole on acs:ram::1234567890123456:role/ramosstest; trust policy: statement 0 of trust policy allows sts:AssumeRole by acs:ram::1234567890123456:user/oss-valet-caller",
    });
    expect(refused).toMatchObject({
      principal: undefined,
      status: 400,
      code: "SignatureDoesNotMatch",
      because: "Specified signature is not matched with our calculation.",
    });
    const written = JSON.stringify(sandbox.world.journal);
    expect(written).not.toContain(caller.accessKeySecret);
    expect(written).not.toContain("CAIS");
  });

  it("refuses a token that another sandbox made, even for a key that it knows", async () => {
    const other = await startSandbox();
    try {
      const elsewhere = await send(other.sts.url, rpcRequest("POST", otherCaller(other), { ...wanted }));
      const here = await ask(rpc("POST"));
      const own = credentialsIn(here);
      const key = { ...own, securityToken: credentialsIn(elsewhere).securityToken };
      expect(codeOf(await ask(rpcRequest("GET", key, { Action: "GetCallerIdentity" })))).toBe(
        "400 InvalidSecurityToken.Malformed",
      );
    } finally {
      await other.stop();
    }
  });
});

describe("GetCallerIdentity", () => {
  it("names a user, and needs no permission", async () => {
    const answer = await ask(rpc("GET", { Action: "GetCallerIdentity" }));
    expect(JSON.parse(answer.text)).toMatchObject({
      IdentityType: "RAMUser",
      AccountId: "1234567890123456",
      Arn: "acs:ram::1234567890123456:user/oss-valet-caller",
      UserId: expect.stringMatching(/^\d{18}$/),
    });
  });
});

function otherCaller(other: Sandbox): ClientKey {
  return { accessKeyId: other.accessKeyId, accessKeySecret: other.accessKeySecret };
}

function credentialsIn(answer: WireAnswer): Required<ClientKey> {
  const { Credentials } = JSON.parse(answer.text) as {
    readonly Credentials: {
      readonly AccessKeyId: string;
      readonly AccessKeySecret: string;
      readonly SecurityToken: string;
    };
  };
  return {
    accessKeyId: Credentials.AccessKeyId,
    accessKeySecret: Credentials.AccessKeySecret,
    securityToken: Credentials.SecurityToken,
  };
}

/** Status and, of an error, its code. */
function codeOf({ status, text }: WireAnswer): string {
  const [, code] = /(?:"Code":"|<Code>)([^"<]+)/.exec(text) ?? [];
  return code === undefined ? String(status) : `${status} ${code}`;
}

function withHeader(request: WireRequest, name: string, value: string): WireRequest {
  return { ...request, headers: { ...request.headers, [name]: value } };
}

function withAuthorization(request: WireRequest, change: (text: string) => string): WireRequest {
  return withHeader(request, "authorization", change(request.headers["authorization"] ?? ""));
}

function withBody(request: WireRequest, body: string): WireRequest {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  return { ...request, headers: { ...request.headers, ...form }, body };
}
