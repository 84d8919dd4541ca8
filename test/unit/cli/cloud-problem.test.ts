import { describe, expect, it } from "vitest";
import { AlienAnswer, cloudProblemFrom, problemText, remedyOf } from "../../../cli/shared/cloud-problem.ts";

const SUSPECTS = { keys: "ALIBABA_CLOUD", address: "RAM_ENDPOINT" };

it("names the account's own key as the mistake, and no other refusal of a permission", () => {
  const refused = (words: string) =>
    remedyOf({ kind: "refused", code: "NoPermission", words, policyType: undefined }, SUSPECTS);
  expect(refused("Roles may not be assumed by root accounts.")).toMatch(
    /^ALIBABA_CLOUD_ACCESS_KEY_ID is a key of the account itself \(root\)/,
  );
  expect(refused("You are not authorized to do this action.")).toMatch(/^look up NoPermission: /);
});

/** As the SDK for STS and RAM, ali-oss, and fetch reject: names, codes and messages as they were seen. */
it("the public endpoint that is closed to new accounts: what to set, and who needs it", () => {
  const problem = cloudProblemFrom({
    status: 400,
    code: "PublicEndpointForbidden",
    message: "Not allowed using the OSS public endpoint, please use CNAME instead.",
  });
  expect(problemText(problem)).toMatch(/^PublicEndpointForbidden: Not allowed/);
  expect(remedyOf(problem, SUSPECTS)).toMatch(
    /^bind a domain of your own .* > Domain Names\) and write it into OSS_ENDPOINT: .* since 2025-03-20 \(docs\/deploy\.md\)$/,
  );
});

describe("what an SDK rejects with, in words", () => {
  it.each<[string, object, string]>([
    [
      "the SDK: in vain",
      {
        name: "RequestTimeoutError",
        message: "ReadTimeout(15000). POST https://ram.aliyuncs.com/?RoleName=x failed.",
      },
      "no answer: no answer within 15 s",
    ],
    [
      "ali-oss: in vain",
      { name: "ResponseTimeoutError", message: "Response timeout for 15000ms" },
      "no answer: no answer within 15 s",
    ],
    [
      "fetch: in vain",
      { name: "TimeoutError", code: 23, message: "The operation was aborted due to timeout" },
      "no answer: no answer within 15 s",
    ],
    [
      "the SDK: refused",
      { code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:1POST http://127.0.0.1:1/ failed." },
      "no answer: nothing listens there (ECONNREFUSED)",
    ],
    [
      "the SDK: cut",
      { code: "ECONNRESET", message: "read ECONNRESETPOST http://127.0.0.1:1/ failed." },
      "no answer: the connection was cut (ECONNRESET)",
    ],
    [
      "ali-oss: cut",
      {
        name: "ResponseError",
        code: "ResponseError",
        status: -1,
        message: "read ECONNRESET, GET http://localhost:1/examplebucket/?bucketInfo= -1",
      },
      "no answer: the connection was cut (ECONNRESET)",
    ],
    [
      "ali-oss: no host",
      {
        name: "RequestError",
        code: "RequestError",
        status: -1,
        message: "getaddrinfo ENOTFOUND b.nosuch.invalid, GET http://b.nosuch.invalid/ -1",
      },
      "no answer: no such host (ENOTFOUND)",
    ],
    [
      "fetch: no host",
      { name: "TypeError", message: "fetch failed", cause: { code: "ENOTFOUND" } },
      "no answer: no such host (ENOTFOUND)",
    ],
    [
      "fetch: a proxy that opens TLS",
      { name: "TypeError", message: "fetch failed", cause: { code: "SELF_SIGNED_CERT_IN_CHAIN" } },
      "no answer: its certificate is not trusted, or it does not speak TLS (SELF_SIGNED_CERT_IN_CHAIN)",
    ],
    [
      "the SDK: a page",
      new SyntaxError("Unexpected token '<', \"<html>\" is not valid JSON"),
      "not an answer from this service: not JSON",
    ],
    [
      "the SDK: no code",
      { name: "ClientError", code: "undefined", statusCode: 404, data: {}, message: "undefined: code: 404" },
      "not an answer from this service: status 404 without an error code",
    ],
    [
      "ali-oss: a redirect",
      { name: "UnknownError", status: 302, message: "Unknow error, status: 302" },
      "not an answer from this service: status 302 without an error code",
    ],
    [
      "ours: something is missing",
      new AlienAnswer("it has no role"),
      "not an answer from this service: it has no role",
    ],
    [
      "the SDK: a refusal",
      {
        code: "NoPermission",
        statusCode: 403,
        data: { Message: "You are not authorized." },
        message: "NoPermission: code: 403, request id: X",
      },
      "NoPermission: You are not authorized.",
    ],
    [
      "ali-oss: a refusal",
      { code: "AccessDenied", status: 403, message: "Access denied by bucket policy." },
      "AccessDenied: Access denied by bucket policy.",
    ],
  ])("%s", (_case, error, text) => {
    expect(problemText(cloudProblemFrom(error))).toBe(text);
  });
});

it.each([
  ["nobody answers", { code: "ECONNREFUSED" }, /^fix RAM_ENDPOINT, or this machine's connection to it/],
  ["somebody else does", new SyntaxError("no JSON"), /^check RAM_ENDPOINT:/],
  ["the service is out of order", { code: "ServiceUnavailable" }, /^wait a moment/],
  ["the keys are wrong", { code: "SignatureDoesNotMatch" }, /^set ALIBABA_CLOUD_ACCESS_KEY_SECRET/],
  [
    "nothing is known of the code",
    { code: "EntityNotExist.Odd One" },
    /^look up EntityNotExist\.Odd One: https:\/\/api\.aliyun\.com\/troubleshoot\?q=EntityNotExist\.Odd%20One$/,
  ],
])("says what to do where %s", (_case, error, remedy) => {
  expect(remedyOf(cloudProblemFrom(error), SUSPECTS)).toMatch(remedy);
});
