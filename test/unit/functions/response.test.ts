import { describe, expect, it } from "vitest";
import { credentialsBody } from "../../../functions/credentials/response.ts";
import type { OssEndpoints } from "../../../shared/domain/oss-endpoint.ts";
import { sessionNameFor } from "../../../shared/domain/policy/session-name.ts";
import { CREDENTIALS, NOW_MS } from "../../support/stubs.ts";
import { grantOf, OWN_FOLDER, rulesWith } from "../../support/valet.ts";

const TEAM = { name: "team", allow: ["read"], prefix: "teams/{team}/", bucket: "other-bucket" };
const sessionName = sessionNameFor({ issuerUrl: "https://login.example.com/", user: "alice" });

const REGION = { url: "https://oss-cn-hangzhou.aliyuncs.com", cname: false };
const FILES = { url: "https://files.example.com", cname: true };
const TEAMS = { url: "https://teams.example.com", cname: true };
/** OSS_ENDPOINT=https://files.example.com */
const OWN_DOMAIN: OssEndpoints = { ofBuckets: new Map([["examplebucket", FILES]]), others: REGION };

function answer(
  format: "default" | "appserver" | "ali-oss",
  claims: object = {},
  endpoints: OssEndpoints = { ofBuckets: new Map(), others: REGION },
  rules = rulesWith(OWN_FOLDER, TEAM),
) {
  const grant = grantOf(rules, { sub: "alice", ...claims });
  const body = credentialsBody(
    { credentials: { ...CREDENTIALS, expiresAtMs: NOW_MS + 3_599_999 }, grant, sessionName },
    {
      format,
      oss: { region: "cn-hangzhou", endpoints },
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
      endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      authorizationV4: true,
    });
  });
});

describe("200 of a bucket with its own domain", () => {
  it("default: the domain, and OssCname, by which a client puts no bucket before it", () => {
    const body = JSON.parse(answer("default", {}, OWN_DOMAIN));
    expect(body).toMatchObject({
      OssBucket: "examplebucket",
      OssEndpoint: "https://files.example.com",
      OssCname: "true",
    });
    expect(JSON.parse(answer("default"))).not.toHaveProperty("OssCname");
  });

  it("default: no key but Oss… that ali-oss would take for one of its options", () => {
    for (const key of Object.keys(JSON.parse(answer("default", { team: "red" }, OWN_DOMAIN))))
      expect(key).toMatch(/^(Oss(Region|Bucket|Endpoint|Cname)|(?!.*(region|bucket|endpoint|cname)).*)$/i);
  });

  it("default: a grant of a bucket without one says its endpoint, and that it is no domain of its own", () => {
    const { Grants } = JSON.parse(answer("default", { team: "red" }, OWN_DOMAIN));
    expect(JSON.parse(Grants)).toEqual([
      {
        Bucket: "examplebucket",
        KeyPrefix: "users/alice/",
        Permissions: ["read", "write", "list", "delete"],
      },
      {
        Bucket: "other-bucket",
        KeyPrefix: "teams/red/",
        Permissions: ["read"],
        Endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
        Cname: false,
      },
    ]);
  });

  it("default: a grant of another bucket with its own domain says only the domain", () => {
    const both = { ...OWN_DOMAIN, ofBuckets: new Map([...OWN_DOMAIN.ofBuckets, ["other-bucket", TEAMS]]) };
    const { Grants } = JSON.parse(answer("default", { team: "red" }, both));
    expect(JSON.parse(Grants)[1]).toEqual({
      Bucket: "other-bucket",
      KeyPrefix: "teams/red/",
      Permissions: ["read"],
      Endpoint: "https://teams.example.com",
    });
  });

  it("default: bucket, endpoint and OssCname belong together, also where the first grant is of another bucket", () => {
    const body = JSON.parse(answer("default", { team: "red" }, OWN_DOMAIN, rulesWith(TEAM, OWN_FOLDER)));
    expect(body).toMatchObject({
      OssBucket: "other-bucket",
      OssEndpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      KeyPrefix: "teams/red/",
    });
    expect(body).not.toHaveProperty("OssCname");
    expect(JSON.parse(body.Grants)).toEqual([
      { Bucket: "other-bucket", KeyPrefix: "teams/red/", Permissions: ["read"] },
      {
        Bucket: "examplebucket",
        KeyPrefix: "users/alice/",
        Permissions: ["read", "write", "list", "delete"],
        Endpoint: "https://files.example.com",
        Cname: true,
      },
    ]);
  });

  it("appserver: the documented body, and what the App needs to make its client", () => {
    expect(JSON.parse(answer("appserver", {}, OWN_DOMAIN))).toEqual({
      StatusCode: 200,
      AccessKeyId: CREDENTIALS.accessKeyId,
      AccessKeySecret: CREDENTIALS.accessKeySecret,
      SecurityToken: CREDENTIALS.securityToken,
      Expiration: "2026-11-23T10:00:00Z",
      OssEndpoint: "https://files.example.com",
      OssCname: "true",
    });
  });

  it("ali-oss: cname is true", () => {
    expect(JSON.parse(answer("ali-oss", {}, OWN_DOMAIN))).toMatchObject({
      bucket: "examplebucket",
      endpoint: "https://files.example.com",
      authorizationV4: true,
      cname: true,
    });
    expect(JSON.parse(answer("ali-oss"))).not.toHaveProperty("cname");
  });
});
