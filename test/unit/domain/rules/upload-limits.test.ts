import { describe, expect, it } from "vitest";
import { pathText } from "../../../../shared/domain/problem.ts";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, LOGIN, OWN_FOLDER, PARTNER, rulesOf } from "../../../support/valet.ts";

const LIMITS = { maxBytes: 1000, contentTypes: ["image/jpeg", "image/png"] };
const PHOTOS = { name: "photos", allow: ["read", "upload"], prefix: "photos/{sub}/", upload: LIMITS };

const withRules = (...rules: readonly object[]) => accessFile({ rules });

/** Problems of a file, or its warnings: `rules[0].upload is …`. */
function told(content: unknown): readonly string[] {
  const result = accessRulesFrom(content);
  return (result.ok ? result.warnings : result.problems).map(
    ({ path, is, fix }) => `${result.ok ? "warning: " : ""}${pathText(path)} ${is}; ${fix}`,
  );
}

const photos = (change: object) => told(withRules({ ...PHOTOS, ...change }));
const limits = (change: object) => photos({ upload: { ...LIMITS, ...change } });

describe("upload in access.yaml", () => {
  it("is read with its limits, and is no permission of credentials", () => {
    const [rule] = rulesOf(withRules(PHOTOS)).rules;
    expect(rule).toMatchObject({ permissions: ["read"], upload: { ...LIMITS, overwrite: false } });
    expect(rulesOf(withRules({ ...PHOTOS, allow: ["upload"] })).rules[0]?.permissions).toEqual([]);
    expect(rulesOf(withRules(OWN_FOLDER)).rules[0]?.upload).toBeUndefined();
  });

  it.each([
    [
      "upload without limits",
      photos({ upload: undefined }),
      "rules[0].upload is empty; write maxBytes, contentTypes, overwrite … below it",
    ],
    [
      "no block at all",
      told(withRules({ name: "photos", allow: ["upload"], prefix: "photos/{sub}/" })),
      "rules[0].allow has upload, but the rule does not say what a form may upload; write upload: { maxBytes: 10485760, contentTypes: [image/jpeg, image/png] } beside it",
    ],
    [
      "limits without upload",
      photos({ allow: ["read"] }),
      "rules[0].upload does nothing: allow has no upload; add upload to allow, or delete the block",
    ],
    [
      "an address",
      photos({ sourceIp: "request" }),
      "rules[0].sourceIp cannot hold for upload: whoever has a form can post it from every address; write upload into a rule of its own, without this condition",
    ],
    [
      "TLS",
      photos({ secureTransport: true }),
      "rules[0].secureTransport cannot hold for upload: a form can also be posted without TLS; write upload into a rule of its own, without this condition",
    ],
    [
      "no size",
      photos({ upload: { contentTypes: ["image/jpeg"] } }),
      "rules[0].upload has no maxBytes; write maxBytes: the most bytes that a file may have, such as 10485760",
    ],
    [
      "no types",
      limits({ contentTypes: [] }),
      "rules[0].upload.contentTypes is an empty list; write at least one: [image/jpeg, image/png]",
    ],
    [
      "a size as a text",
      limits({ maxBytes: "10MB" }),
      'rules[0].upload.maxBytes is "10MB", a text; write the bytes: 10000000',
    ],
    [
      "a size with small letters",
      limits({ maxBytes: "10 mib" }),
      'rules[0].upload.maxBytes is "10 mib", a text; write the bytes: 10485760',
    ],
    [
      "a size with underscores",
      limits({ maxBytes: "10_000_000" }),
      'rules[0].upload.maxBytes is "10_000_000", a text; write the bytes: 10000000',
    ],
    [
      "a size as a text above OSS's limit",
      limits({ maxBytes: "6GiB" }),
      'rules[0].upload.maxBytes is "6GiB"; write a whole number of bytes from 1 to 5368709120',
    ],
    [
      "no byte",
      limits({ maxBytes: 0 }),
      "rules[0].upload.maxBytes is 0; write a whole number of bytes from 1 to 5368709120",
    ],
    [
      "half a byte",
      limits({ maxBytes: 0.5 }),
      "rules[0].upload.maxBytes is 0.5; write a whole number of bytes from 1 to 5368709120",
    ],
    [
      "a size below zero",
      limits({ maxBytes: -1 }),
      "rules[0].upload.maxBytes is -1; write a whole number of bytes from 1 to 5368709120",
    ],
    [
      "a size that is empty",
      limits({ maxBytes: null }),
      "rules[0].upload.maxBytes is empty; write a whole number of bytes from 1 to 5368709120",
    ],
    [
      "a size above OSS's limit",
      limits({ maxBytes: 5_368_709_121 }),
      "rules[0].upload.maxBytes is 5368709121; write a whole number of bytes from 1 to 5368709120",
    ],
    [
      "every type",
      limits({ contentTypes: ["*/*"] }),
      'rules[0].upload.contentTypes[0] is "*/*", which sets no limit; list the types; application/octet-stream is for files of any kind',
    ],
    [
      "a type with capitals",
      limits({ contentTypes: ["Image/JPEG"] }),
      'rules[0].upload.contentTypes[0] is "Image/JPEG"; write image/jpeg',
    ],
    [
      "a file's ending",
      limits({ contentTypes: ["jpg"] }),
      'rules[0].upload.contentTypes[0] is "jpg"; write image/jpeg',
    ],
    [
      "a file's ending as a pattern",
      limits({ contentTypes: ["*.mov"] }),
      'rules[0].upload.contentTypes[0] is "*.mov"; write video/quicktime',
    ],
    [
      "an ending that nobody knows",
      limits({ contentTypes: ["xyz"] }),
      'rules[0].upload.contentTypes[0] is "xyz"; write type/subtype, such as image/jpeg',
    ],
    ...["image", "image/", "image/**", "Image/*", "image/.*"].map(
      (type): [string, readonly string[], string] => [
        `a kind as ${type}`,
        limits({ contentTypes: [type] }),
        `rules[0].upload.contentTypes[0] is "${type}"; write image/*`,
      ],
    ),
    ...["*", "*/jpeg", "*.*"].map((type): [string, readonly string[], string] => [
      `every type as ${type}`,
      limits({ contentTypes: [type] }),
      `rules[0].upload.contentTypes[0] is "${type}", which sets no limit; list the types; application/octet-stream is for files of any kind`,
    ]),
    [
      "a part of a kind",
      limits({ contentTypes: ["image/j*"] }),
      'rules[0].upload.contentTypes[0] is "image/j*"; write type/subtype, such as image/jpeg',
    ],
    [
      "a type with parameters",
      limits({ contentTypes: ["text/plain; charset=utf-8"] }),
      'rules[0].upload.contentTypes[0] is "text/plain; charset=utf-8"; write text/plain',
    ],
    [
      "several types as one",
      limits({ contentTypes: ["image/jpeg, image/png"] }),
      'rules[0].upload.contentTypes[0] is "image/jpeg, image/png": one text with 2 types; write them one by one: image/jpeg, image/png',
    ],
    [
      "one type without a list",
      limits({ contentTypes: "image/jpeg" }),
      'rules[0].upload.contentTypes is "image/jpeg"; write a list: [image/jpeg]',
    ],
    [
      "types without a list",
      limits({ contentTypes: "image/jpeg, image/*" }),
      'rules[0].upload.contentTypes is "image/jpeg, image/*"; write a list: [image/jpeg, image/*]',
    ],
    [
      "a type that is a number",
      limits({ contentTypes: [7] }),
      "rules[0].upload.contentTypes[0] is 7; write a text, such as image/jpeg",
    ],
    [
      "true in place of limits",
      photos({ upload: true }),
      "rules[0].upload is true; write maxBytes, contentTypes, overwrite … below it",
    ],
    [
      "a size in place of limits",
      photos({ upload: "10MB" }),
      'rules[0].upload is "10MB"; write maxBytes, contentTypes, overwrite … below it',
    ],
    [
      "overwrite as a text",
      limits({ overwrite: "no" }),
      'rules[0].upload.overwrite is "no"; write true or false',
    ],
    [
      "a mistyped field",
      limits({ contentType: ["image/png"] }),
      "rules[0].upload.contentType is not known here; write contentTypes",
    ],
    ...["maxbytes", "max_bytes", "maxByte"].map((name): [string, readonly string[], string] => [
      `${name} for maxBytes`,
      photos({ upload: { [name]: 1000, contentTypes: ["image/jpeg"] } }),
      `rules[0].upload.${name} is not known here; write maxBytes`,
    ]),
    [
      "a field of another product",
      limits({ maxSize: 7 }),
      "rules[0].upload.maxSize is not known here; use one of maxBytes, contentTypes, overwrite",
    ],
    [
      "uploads for upload, as the block's name",
      told(withRules({ name: "photos", allow: ["upload"], prefix: "photos/{sub}/", uploads: LIMITS })),
      "rules[0].uploads is not known here; write upload",
    ],
    [
      "limits of the rule beside it",
      photos({ maxBytes: 1000 }),
      "rules[0].maxBytes is not known here; use one of name, issuer, when, allow, upload, actions, prefix, bucket, duration, sourceIp, secureTransport, mode",
    ],
    ["a mistyped permission", photos({ allow: ["uploads"] }), 'rules[0].allow[0] is "uploads"; write upload'],
  ])("refuses %s", (_what, problems, problem) => {
    expect(problems).toContain(problem);
  });

  it("warns about types that a browser opens as a page", () => {
    const fix =
      "list the types that the App needs, such as image/jpeg and image/png, unless this is intended";
    const is = "a browser opens such a file as a page, and runs the scripts in it";
    expect(limits({ contentTypes: ["text/html"] })).toEqual([
      `warning: rules[0].upload.contentTypes[0] is text/html: ${is}; ${fix}`,
    ]);
    expect(limits({ contentTypes: ["image/png", "image/*"] })).toEqual([
      `warning: rules[0].upload.contentTypes[1] is image/*, and so also image/svg+xml: ${is}; ${fix}`,
    ]);
    expect(limits({ contentTypes: ["video/*", "audio/*", "application/octet-stream"] })).toEqual([]);
  });

  it.each([
    ["text/*", "text/html"],
    ["application/*", "application/xml"],
    ["multipart/*", "multipart/related"],
    ["application/atom+xml", undefined],
    ["application/xhtml+xml", undefined],
    ["text/xml", undefined],
  ])("warns about %s", (type, page) => {
    const also = page === undefined ? "" : `, and so also ${page}`;
    expect(limits({ contentTypes: [type] }).join()).toContain(
      `contentTypes[0] is ${type}${also}: a browser opens such a file as a page`,
    );
  });

  it("warns about names that no browser gives a file, and about sizes that were meant in MB", () => {
    expect(limits({ contentTypes: ["image/jpg"] })).toEqual([
      "warning: rules[0].upload.contentTypes[0] is image/jpg, which is no registered type: browsers say image/jpeg; write image/jpeg",
    ]);
    expect(limits({ maxBytes: 10 })).toEqual([
      "warning: rules[0].upload.maxBytes is 10, and counts bytes: hardly any file is so small; write 10000000 for 10 MB",
    ]);
    expect(limits({ maxBytes: 101 })).toEqual([]);
  });

  it("is a folder where everybody changes things, when all share it", () => {
    expect(told(withRules({ ...PHOTOS, prefix: "photos/" }))).toEqual([
      "warning: rules[0].prefix is one folder for all users, where every one of them can upload; write {sub} in it for one folder per user, or add a when: that says who may",
    ]);
    expect(told(withRules({ ...PHOTOS, prefix: "users/", when: "signed-in" }, OWN_FOLDER)).join()).toContain(
      "for everybody, who could read, upload there",
    );
  });
});

describe("forms for one folder in two buckets", () => {
  const inBuckets = (first: object, second: object) =>
    told(withRules({ ...PHOTOS, ...first }, { ...PHOTOS, name: "films", ...second }));
  const DIVIDED =
    "where rules[0] (photos) takes forms too, for another bucket: a form goes into the bucket of the first rule whose limits the file keeps; give each bucket a folder of its own, unless this is intended";

  it.each([
    ["the same folder", { bucket: "bucket-a" }, { bucket: "bucket-b" }],
    ["the same folder, once in the usual bucket", {}, { bucket: "bucket-b" }],
    ["a folder in it", { bucket: "bucket-a" }, { bucket: "bucket-b", prefix: "photos/{sub}/raw/" }],
  ])("are a doubt: %s", (_what, first, second) => {
    const prefix = JSON.stringify({ ...PHOTOS, ...second }.prefix);
    expect(inBuckets(first, second)).toEqual([`warning: rules[1].prefix is ${prefix}, ${DIVIDED}`]);
  });

  it.each([
    ["one bucket", { bucket: "bucket-a" }, { bucket: "bucket-a" }],
    ["the usual bucket", {}, {}],
    ["two folders", { bucket: "bucket-a" }, { bucket: "bucket-b", prefix: "films/{sub}/" }],
    ["a rule that only reports", { bucket: "bucket-a" }, { bucket: "bucket-b", mode: "report" }],
  ])("are none: %s", (_what, first, second) => {
    expect(inBuckets(first, second)).toEqual([]);
  });

  it("are none where the other rule is for credentials", () => {
    const reads = { name: "films", allow: ["read"], prefix: "photos/{sub}/", bucket: "bucket-b" };
    expect(told(withRules({ ...PHOTOS, bucket: "bucket-a" }, reads))).toEqual([]);
  });
});

describe("write beside upload limits", () => {
  const also = (change: object) => told(withRules(PHOTOS, { ...OWN_FOLDER, ...change }));
  const VOID =
    "warning: rules[0].upload has limits that credentials do not keep: rules[1] (own folder) allows write on";

  it("is a doubt in the same rule", () => {
    expect(photos({ allow: ["write", "upload"] })).toEqual([
      'warning: rules[0].upload has limits that credentials do not keep: the rule allows write on "photos/{sub}/"; delete write from the rule, unless this is intended',
    ]);
    expect(photos({ actions: ["oss:PutObject"] })).toEqual([
      'warning: rules[0].upload has limits that credentials do not keep: the rule allows oss:PutObject on "photos/{sub}/"; delete oss:PutObject from the rule, unless this is intended',
    ]);
    expect(photos({ actions: ["oss:PutObjectTagging"] })).toEqual([]);
  });

  it.each(["photos/{sub}/", "photos/{sub}/raw/"])("is a doubt in another rule on %s", (prefix) => {
    expect(also({ prefix })).toEqual([
      `${VOID} ${JSON.stringify(prefix)}; let one of the two rules have another folder, unless this is intended`,
    ]);
  });

  it("is a doubt in a folder above, and where others write", () => {
    const above = { prefix: "photos/", when: { role: "admin" }, allow: ["write"] };
    expect(also(above)).toContain(
      `${VOID} "photos/"; let one of the two rules have another folder, unless this is intended`,
    );
    const shared = { ...PHOTOS, prefix: "shared/", issuer: "login", when: { role: "guest" } };
    const others = { ...OWN_FOLDER, prefix: "shared/", issuer: "partner", when: { role: "editor" } };
    expect(told(accessFile({ issuers: [LOGIN, PARTNER], rules: [shared, others] }))).toContain(
      `${VOID} "shared/"; let one of the two rules have another folder, unless this is intended`,
    );
  });

  it("is none where two issuers' folders cannot meet", () => {
    const forms = { ...PHOTOS, prefix: "photos/{issuer}/{sub}/" };
    const writing = { ...OWN_FOLDER, prefix: "users/{issuer}/{sub}/" };
    expect(told(accessFile({ issuers: [LOGIN, PARTNER], rules: [forms, writing] }))).toEqual([]);
    const [ofLogin, ofPartner] = ["login", "partner"].map((issuer) => ({
      issuer,
      prefix: "photos/{sub:hash}/",
    }));
    expect(
      told(
        accessFile({
          issuers: [LOGIN, PARTNER],
          rules: [
            { ...PHOTOS, ...ofLogin },
            { ...OWN_FOLDER, ...ofPartner },
          ],
        }),
      ),
    ).toEqual([]);
  });

  it("is none in another folder, in another bucket, or in a rule that only reports", () => {
    expect(also({})).toEqual([]);
    expect(also({ prefix: "photos/{sub}/", mode: "report" })).toEqual([]);
    expect(also({ prefix: "photos/{sub}/", allow: ["read", "list", "delete"] })).toEqual([]);
    expect(
      told(
        withRules(
          { ...PHOTOS, bucket: "bucket-a" },
          { ...OWN_FOLDER, prefix: "photos/{sub}/", bucket: "bucket-b" },
        ),
      ),
    ).toEqual([]);
  });
});
