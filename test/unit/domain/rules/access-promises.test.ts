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
      "upload a.jpg image/jpeg 0",
      { permission: "upload", bucket: undefined, key: "a.jpg", contentType: "image/jpeg", bytes: 0 },
    ],
    [
      "upload a.jpg image/jpeg 3kB",
      { permission: "upload", bucket: undefined, key: "a.jpg", contentType: "image/jpeg", bytes: 3000 },
    ],
    [
      "upload a.jpg image/jpeg 5GiB",
      { permission: "upload", bucket: undefined, key: "a.jpg", contentType: "image/jpeg", bytes: 5368709120 },
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
      "upload a b.jpg image/jpeg",
      'is "upload a b.jpg image/jpeg", which does not end in a file\'s type and size',
      "write all three: upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload a.jpg 2MB",
      'is "upload a.jpg 2MB", which does not end in a file\'s type and size',
      "write all three: upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload a.jpg 2MB image/jpeg",
      'is "upload a.jpg 2MB image/jpeg", which has the size before the type',
      "write upload a.jpg image/jpeg 2MB",
    ],
    [
      "upload a.jpg image/jpeg 2 MB",
      'is "upload a.jpg image/jpeg 2 MB", which has a blank in its size',
      "write 2MB",
    ],
    [
      "upload a.jpg image/jpeg 2mb",
      'is "upload a.jpg image/jpeg 2mb", which has the size "2mb"',
      "write 2MB",
    ],
    [
      "upload a.jpg image/jpeg 10K",
      'is "upload a.jpg image/jpeg 10K", which has the size "10K"',
      "write 10kB",
    ],
    ["upload a.jpg image/jpeg 7B", 'is "upload a.jpg image/jpeg 7B", which has the size "7B"', "write 7"],
    [
      "upload a.jpg image/jpeg 1.5MB",
      'is "upload a.jpg image/jpeg 1.5MB", which has the size "1.5MB"',
      "write 1500000",
    ],
    [
      "upload a.jpg image/jpeg 1_000",
      'is "upload a.jpg image/jpeg 1_000", which has the size "1_000"',
      "write 1000",
    ],
    [
      "upload a.jpg image/jpeg 2mib",
      'is "upload a.jpg image/jpeg 2mib", which has the size "2mib"',
      "write 2MiB",
    ],
    [
      "upload a.jpg image/jpeg -1",
      'is "upload a.jpg image/jpeg -1", which has the size "-1"',
      "write whole bytes, or kB, MB, GB, KiB, MiB or GiB, such as 2MB",
    ],
    [
      "upload a.jpg image/jpeg 2TB",
      'is "upload a.jpg image/jpeg 2TB", which has the size "2TB"',
      "write whole bytes, or kB, MB, GB, KiB, MiB or GiB, such as 2MB",
    ],
    [
      "upload a.jpg image/jpeg 99999999999999GB",
      'is "upload a.jpg image/jpeg 99999999999999GB", which has the size "99999999999999GB"',
      "write whole bytes, or kB, MB, GB, KiB, MiB or GiB, such as 2MB",
    ],
    [
      "upload a.jpg image/jpeg 99999999999999",
      'is "upload a.jpg image/jpeg 99999999999999", which has the size "99999999999999"',
      "write whole bytes, or kB, MB, GB, KiB, MiB or GiB, such as 2MB",
    ],
    [
      "upload a.jpg image/jpeg 1constructor",
      'is "upload a.jpg image/jpeg 1constructor", which has the size "1constructor"',
      "write whole bytes, or kB, MB, GB, KiB, MiB or GiB, such as 2MB",
    ],
    [
      "upload a.jpg Image/JPEG 2MB",
      'is "upload a.jpg Image/JPEG 2MB", which has the type "Image/JPEG"',
      "write image/jpeg",
    ],
    [
      "upload a.jpg image/* 2MB",
      'is "upload a.jpg image/* 2MB", which has the type "image/*"',
      "write type/subtype, such as image/jpeg",
    ],
    [
      "upload  image/jpeg 2MB",
      'is "upload  image/jpeg 2MB"',
      "write a permission and a key, such as upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload a.jpg  image/jpeg 2MB",
      'is "upload a.jpg  image/jpeg 2MB", whose key has spaces around it',
      "write upload a.jpg image/jpeg 2MB",
    ],
    [
      "upload  a.jpg image/jpeg 2MB",
      'is "upload  a.jpg image/jpeg 2MB", whose key has spaces around it',
      "write upload a.jpg image/jpeg 2MB",
    ],
    [
      "upload photos/{sub}/a.jpg image/jpeg 2MB",
      'is "upload photos/{sub}/a.jpg image/jpeg 2MB", but a promise names one real key, without placeholders',
      "write upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload oss://Other/a.jpg image/jpeg 2MB",
      'is "upload oss://Other/a.jpg image/jpeg 2MB"',
      "write oss://, a bucket's name and a key: upload oss://examplebucket/a.jpg image/jpeg 2MB",
    ],
    [
      "upload oss://other-bucket image/jpeg 2MB",
      'is "upload oss://other-bucket image/jpeg 2MB"',
      "write a permission and a key, such as upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload photos/alice/ image/jpeg 2MB",
      'is "upload photos/alice/ image/jpeg 2MB", which has a key that no form takes, whatever the rules say: it ends in "/"',
      "write the key of a file: upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "upload photos/alice/../bob/a.jpg image/jpeg 2MB",
      'is "upload photos/alice/../bob/a.jpg image/jpeg 2MB", which has a key that no form takes, whatever the rules say: it has a path step ("." or "..")',
      "write the key of a file: upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      "uploads photos/alice/a.jpg image/jpeg 2MB",
      'is "uploads photos/alice/a.jpg image/jpeg 2MB"',
      "write a permission and a key, such as upload photos/alice/a.jpg image/jpeg 2MB",
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
