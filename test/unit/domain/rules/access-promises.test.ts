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
    [
      "upload photos/alice/a b.jpg image/jpeg 2MB",
      {
        permission: "upload",
        bucket: undefined,
        key: "photos/alice/a b.jpg",
        contentType: "image/jpeg",
        bytes: 2e6,
      },
    ],
    [
      "upload oss://other-bucket/a.jpg image/jpeg 3KiB",
      { permission: "upload", bucket: "other-bucket", key: "a.jpg", contentType: "image/jpeg", bytes: 3072 },
    ],
    [
      "upload a.jpg image/jpeg 17",
      { permission: "upload", bucket: undefined, key: "a.jpg", contentType: "image/jpeg", bytes: 17 },
    ],
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
      "upload a.jpg",
      'is "upload a.jpg", which does not end in a file\'s type and size',
      "write all three: upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload a.jpg image/jpeg",
      'is "upload a.jpg image/jpeg", which does not end in a file\'s type and size',
      "write all three: upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload a.jpg image/jpeg 2mb",
      'is "upload a.jpg image/jpeg 2mb", whose size is not one',
      "write a whole number of bytes, kB, MB, GB, KiB, MiB or GiB, such as 2MB",
    ],
    [
      "upload /a.jpg image/jpeg 2MB",
      'is "upload /a.jpg image/jpeg 2MB", but keys do not begin with "/"',
      "write upload a.jpg image/jpeg 2MB",
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
