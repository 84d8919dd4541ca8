import { describe, expect, it } from "vitest";
import { pathText } from "../../../../shared/domain/problem.ts";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, OWN_FOLDER, rulesOf } from "../../../support/valet.ts";

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
      'rules[0].upload.maxBytes is "10MB"; write a whole number of bytes from 1 to 5368709120',
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
      'rules[0].upload.contentTypes[0] is "jpg"; write type/subtype, such as image/jpeg',
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
    expect(limits({ contentTypes: ["video/*", "application/octet-stream"] })).toEqual([]);
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
