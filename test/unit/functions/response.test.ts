import { describe, expect, it } from "vitest";
import { credentialsBody } from "../../../functions/credentials/response.ts";
import { sessionNameFor } from "../../../shared/domain/policy/session-name.ts";
import { CREDENTIALS, NOW_MS } from "../../support/stubs.ts";
import { grantOf, OWN_FOLDER, rulesWith } from "../../support/valet.ts";

const TEAM = { name: "team", allow: ["read"], prefix: "teams/{team}/", bucket: "other-bucket" };
const sessionName = sessionNameFor({ issuerUrl: "https://login.example.com/", user: "alice" });

function answer(format: "default" | "appserver" | "ali-oss", claims: object = {}) {
  const grant = grantOf(rulesWith(OWN_FOLDER, TEAM), { sub: "alice", ...claims });
  const body = credentialsBody(
    { credentials: { ...CREDENTIALS, expiresAtMs: NOW_MS + 3_599_999 }, grant, sessionName },
    {
      format,
      oss: { region: "cn-hangzhou", endpoint: "https://oss-cn-hangzhou.aliyuncs.com" },
      requestId: "1-request",
      nowMs: NOW_MS,
    },
  );
  return JSON.stringify(body);
}

describe("200", () => {
  it("default: one flat object, every value a text, times without milliseconds and never later than STS's", () => {
    expect(JSON.parse(answer("default"))).toEqual({
      StatusCode: "200",
      Code: "Success",
      AccessKeyId: CREDENTIALS.accessKeyId,
      AccessKeySecret: CREDENTIALS.accessKeySecret,
      SecurityToken: CREDENTIALS.securityToken,
      Expiration: "2026-11-23T10:00:00Z",
      LastUpdated: "2026-11-23T09:00:00Z",
      RequestId: "1-request",
      SessionName: sessionName,
      OssRegion: "cn-hangzhou",
      OssBucket: "examplebucket",
      OssEndpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      KeyPrefix: "users/alice/",
      Permissions: "read,write,list,delete",
    });
  });

  it("default: tells all grants where there are several, as a text that holds JSON", () => {
    const body = JSON.parse(answer("default", { team: "red" }));
    expect(body).toMatchObject({ KeyPrefix: "users/alice/", OssBucket: "examplebucket" });
    expect(JSON.parse(body.Grants)).toEqual([
      {
        Bucket: "examplebucket",
        KeyPrefix: "users/alice/",
        Permissions: ["read", "write", "list", "delete"],
      },
      { Bucket: "other-bucket", KeyPrefix: "teams/red/", Permissions: ["read"] },
    ]);
    expect(Object.values(body).every((value) => typeof value === "string")).toBe(true);
  });

  it("appserver: the documented body, with a numeric StatusCode", () => {
    expect(answer("appserver")).toBe(
      `{"StatusCode":200,"AccessKeyId":"${CREDENTIALS.accessKeyId}","AccessKeySecret":"${CREDENTIALS.accessKeySecret}",` +
        `"SecurityToken":"${CREDENTIALS.securityToken}","Expiration":"2026-11-23T10:00:00Z"}`,
    );
  });

  it("ali-oss: the options of its constructor", () => {
    expect(JSON.parse(answer("ali-oss"))).toEqual({
      accessKeyId: CREDENTIALS.accessKeyId,
      accessKeySecret: CREDENTIALS.accessKeySecret,
      stsToken: CREDENTIALS.securityToken,
      expiration: "2026-11-23T10:00:00Z",
      region: "oss-cn-hangzhou",
      bucket: "examplebucket",
    });
  });
});
