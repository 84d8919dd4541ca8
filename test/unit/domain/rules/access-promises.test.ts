import { describe, expect, it } from "vitest";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, rulesOf } from "../../../support/valet.ts";

const promising = (promise: string) => accessFile({ tests: [{ claims: { sub: "alice" }, can: [promise] }] });

describe("a promise of access.yaml's tests", () => {
  it.each([
    ["read users/alice/a.jpg", { permission: "read", bucket: undefined, key: "users/alice/a.jpg" }],
    ["write users/alice/a b.jpg", { permission: "write", bucket: undefined, key: "users/alice/a b.jpg" }],
    ["list users/alice/", { permission: "list", bucket: undefined, key: "users/alice/" }],
    ["list", { permission: "list", bucket: undefined, key: "" }],
    ["list oss://other-bucket", { permission: "list", bucket: "other-bucket", key: "" }],
    ["read oss://other-bucket/a/b", { permission: "read", bucket: "other-bucket", key: "a/b" }],
  ])("reads %s", (text, read) => {
    expect(rulesOf(promising(text)).tests[0]?.can).toEqual([{ text, ...read }]);
  });

  it.each([
    ["read", 'is "read"', "write a permission and a key, such as read users/alice/a.jpg"],
    [
      "read oss://other-bucket/",
      'is "read oss://other-bucket/"',
      "write a permission and a key, such as read users/alice/a.jpg",
    ],
    ["reed a.jpg", 'is "reed a.jpg"', "write a permission and a key, such as read users/alice/a.jpg"],
    ["read /users/a.jpg", 'is "read /users/a.jpg", but keys do not begin with "/"', "write read users/a.jpg"],
    [
      "read  users/bob/a.jpg",
      'is "read  users/bob/a.jpg", whose key has spaces around it',
      "write read users/bob/a.jpg",
    ],
    ["list users/bob/ ", 'is "list users/bob/ ", whose key has spaces around it', "write list users/bob/"],
    [
      "read users/{sub}/a.jpg",
      'is "read users/{sub}/a.jpg", but a promise names one real key, without placeholders',
      "write read users/alice/a.jpg",
    ],
    [
      "read oss://Other/a.jpg",
      'is "read oss://Other/a.jpg"',
      "write oss://, a bucket's name and a key: read oss://examplebucket/a.jpg",
    ],
  ])("refuses %s", (text, is, fix) => {
    expect(accessRulesFrom(promising(text))).toEqual({
      ok: false,
      problems: [{ path: ["tests", 0, "can", 0], is, fix }],
    });
  });
});
