import { describe, expect, it } from "vitest";
import { downloadGrantFor } from "../../../../shared/domain/grant/download-grant.ts";
import { principalFrom } from "../../../../shared/domain/grant/principal.ts";
import { uploadGrantFor, type WantedUpload } from "../../../../shared/domain/grant/upload-grant.ts";
import { type ObjectKey, parsedObjectKey } from "../../../../shared/domain/prefix/object-key.ts";
import type { Refusal } from "../../../../shared/domain/refusal.ts";
import { claimsVerifiedFor } from "../../../../shared/domain/token/verified-claims.ts";
import { accessFile, BUCKET, rulesOf } from "../../../support/valet.ts";

const LIMITS = { maxBytes: 1000, contentTypes: ["image/jpeg"] };
const PHOTOS = { name: "photos", allow: ["read", "upload"], prefix: "photos/{sub}/", upload: LIMITS };
const FILMS = {
  name: "films",
  allow: ["upload"],
  prefix: "films/{sub}/",
  bucket: "film-bucket",
  upload: { maxBytes: 9000, contentTypes: ["video/*"], overwrite: true },
};

const PLACE = { bucket: BUCKET, sourceIp: "192.0.2.1" };

interface Asked {
  readonly rules?: readonly object[];
  readonly more?: object;
  readonly seconds?: number;
  readonly claims?: object;
}

function setting({ rules = [PHOTOS, FILMS], more = {}, claims = {} }: Asked) {
  const access = rulesOf(accessFile({ rules, ...more }));
  const principal = principalFrom(claimsVerifiedFor("login", { sub: "alice", ...claims }), access);
  if (!principal.ok) throw new Error(principal.refusal.code);
  return { access, principal: principal.value };
}

const keyOf = (text: string): ObjectKey => {
  const parsed = parsedObjectKey(text);
  if ("problem" in parsed) throw new Error(parsed.problem.is);
  return parsed.key;
};

function file(key: string, change: Partial<WantedUpload> = {}): WantedUpload {
  return { target: { kind: "key", key: keyOf(key) }, contentType: "image/jpeg", bytes: undefined, ...change };
}

function grantOf(files: readonly WantedUpload[], asked: Asked = {}) {
  const { access, principal } = setting(asked);
  const grant = uploadGrantFor(principal, access, { files, expiresSeconds: asked.seconds }, PLACE);
  return grant.ok ? grant.value : grant.refusal;
}

function urlsOf(keys: readonly string[], asked: Asked = {}) {
  const { access, principal } = setting(asked);
  const wanted = { keys: keys.map(keyOf), disposition: undefined, expiresSeconds: asked.seconds };
  const grant = downloadGrantFor(principal, access, wanted, PLACE);
  return grant.ok ? grant.value : grant.refusal;
}

const denied = (because: string, which = "files[0]"): Refusal => ({
  code: "ACCESS_NOT_GRANTED",
  because,
  which,
});

describe("a form is granted", () => {
  it("by the first rule that fits, within its limits", () => {
    expect(
      grantOf([
        file("photos/alice/a.jpg"),
        file("films/alice/b.mp4", { contentType: "video/mp4", bytes: 8999 }),
      ]),
    ).toEqual({
      uploads: [
        {
          bucket: BUCKET,
          key: "photos/alice/a.jpg",
          contentType: "image/jpeg",
          minBytes: 0,
          maxBytes: 1000,
          overwrite: false,
        },
        {
          bucket: "film-bucket",
          key: "films/alice/b.mp4",
          contentType: "video/mp4",
          minBytes: 8999,
          maxBytes: 8999,
          overwrite: true,
        },
      ],
      seconds: 900,
      rules: ["photos", "films"],
    });
  });

  it("for a name below the first folder whose limits the file keeps", () => {
    const named = (name: string, contentType: string): WantedUpload => ({
      target: { kind: "name", name },
      contentType,
      bytes: undefined,
    });
    expect(grantOf([named("x/a.jpg", "image/jpeg"), named("b.mp4", "video/mp4")])).toMatchObject({
      uploads: [{ key: "photos/alice/x/a.jpg" }, { key: "films/alice/b.mp4" }],
    });
    expect(grantOf([named("../bob/a.jpg", "image/jpeg")])).toEqual({
      code: "REQUEST_INVALID",
      field: "files[0].name",
      problem: 'has a path step ("." or ".."); name the folder itself',
    });
  });

  it.each([0, 1, 1000])("for exactly the size that the App names: %i", (bytes) => {
    expect(grantOf([file("photos/alice/a.jpg", { bytes })])).toMatchObject({
      uploads: [{ minBytes: bytes, maxBytes: bytes }],
    });
  });

  it("by a wider rule, where the first does not fit", () => {
    const large = { ...PHOTOS, name: "large", upload: { ...LIMITS, maxBytes: 5000 } };
    expect(grantOf([file("photos/alice/a.jpg", { bytes: 4000 })], { rules: [PHOTOS, large] })).toMatchObject({
      rules: ["large"],
      uploads: [{ maxBytes: 4000 }],
    });
  });
});

describe("a form is refused", () => {
  it.each<[string, WantedUpload, Refusal]>([
    ["another user's folder", file("photos/bob/a.jpg"), denied("no rule allows upload there")],
    ["a folder that begins alike", file("photos/alicea/a.jpg"), denied("no rule allows upload there")],
    ["a folder in other letters", file("Photos/alice/a.jpg"), denied("no rule allows upload there")],
    ["a folder that ends alike", file("x/photos/alice/a.jpg"), denied("no rule allows upload there")],
    ["the folder above", file("photos/a.jpg"), denied("no rule allows upload there")],
    [
      "another type",
      file("photos/alice/a.jpg", { contentType: "text/html" }),
      denied("rule photos does not allow this content type"),
    ],
    [
      "a kind of types that begins alike",
      file("films/alice/a", { contentType: "videos/mp4" }),
      denied("rule films does not allow this content type"),
    ],
    [
      "one byte too many",
      file("photos/alice/a.jpg", { bytes: 1001 }),
      denied("rule photos allows 1000 bytes"),
    ],
  ])("for %s", (_what, wanted, refusal) => {
    expect(grantOf([wanted])).toEqual(refusal);
  });

  it("with all others, and is named", () => {
    expect(grantOf([file("photos/alice/a.jpg"), file("photos/bob/a.jpg")])).toEqual(
      denied("no rule allows upload there", "files[1]"),
    );
  });

  it.each<[string, object]>([
    ["no upload in the rule", { allow: ["write", "read"], upload: undefined }],
    ["a raw action", { allow: ["write"], actions: ["oss:PutObject"], upload: undefined }],
    ["a rule for others", { when: { role: "editor" } }],
    ["a rule that only reports", { mode: "report" }],
  ])("for %s", (_what, change) => {
    const { upload, ...rest } = { ...PHOTOS, ...change };
    const rule = upload === undefined ? rest : { ...rest, upload };
    expect(grantOf([file("photos/alice/a.jpg")], { rules: [rule] })).toMatchObject({
      code: "ACCESS_NOT_GRANTED",
    });
  });

  it.each(["sourceIp", "secureTransport"] as const)(
    "for a rule with %s, though access.yaml cannot have it",
    (field) => {
      const { access, principal } = setting({ rules: [PHOTOS] });
      const condition = { sourceIp: "request", secureTransport: true } as const;
      const bound = access.rules.map((rule) => ({ ...rule, [field]: condition[field] }));
      const wanted = { files: [file("photos/alice/a.jpg")], expiresSeconds: undefined };
      expect(uploadGrantFor(principal, { ...access, rules: bound }, wanted, PLACE)).toEqual({
        ok: false,
        refusal: denied("no rule that matches allows upload"),
      });
    },
  );

  it.each([
    ["a path step", "a/../../bob/a.jpg"],
    ["a control character", "a\u0000.jpg"],
    ["no file", "folder/"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: OSS's placeholder
    ["OSS's placeholder", "${filename}"],
  ])("for a name with %s, which is not repaired", (_what, name) => {
    const named = { ...file("photos/alice/a.jpg"), target: { kind: "name", name } } as const;
    expect(grantOf([named])).toMatchObject({ code: "REQUEST_INVALID", field: "files[0].name" });
  });

  it("for a denied user, and for a claim that no prefix can have", () => {
    const asked = [file("photos/alice/a.jpg")];
    expect(grantOf(asked, { more: { deny: [{ user: "alice" }] } })).toMatchObject({
      because: "denied in access.yaml",
    });
    expect(grantOf(asked, { claims: { sub: "a*" } })).toMatchObject({ code: "CLAIM_INVALID" });
    expect(urlsOf(["photos/alice/a.jpg"], { more: { deny: [{ user: "alice" }] } })).toMatchObject({
      because: "denied in access.yaml",
    });
  });
});

describe("how long", () => {
  const asked = [file("photos/alice/a.jpg")];
  const TOO_LONG = (max: number) => ({
    code: "REQUEST_INVALID",
    field: "expiresSeconds",
    problem: `is more than the rules allow; ask for ${max} or less`,
  });

  it("as asked, 900 seconds for forms and 600 for URLs where nothing is said", () => {
    expect(grantOf(asked, { seconds: 60 })).toMatchObject({ seconds: 60 });
    expect(grantOf(asked)).toMatchObject({ seconds: 900 });
    expect(urlsOf(["photos/alice/a.jpg"])).toMatchObject({ seconds: 600 });
  });

  it("never longer than the rule's credentials, and the session's", () => {
    const short = { ...PHOTOS, duration: 1000 };
    expect(grantOf(asked, { rules: [short, FILMS], seconds: 1001 })).toEqual(TOO_LONG(1000));
    expect(grantOf(asked, { rules: [short, FILMS], seconds: 1000 })).toMatchObject({ seconds: 1000 });
    expect(grantOf(asked, { more: { session: { duration: 900 } }, seconds: 901 })).toEqual(TOO_LONG(900));
    expect(urlsOf(["photos/alice/a.jpg"], { rules: [short], seconds: 1001 })).toEqual(TOO_LONG(1000));
  });

  it("is limited by each rule that gave something, and not by the last one alone", () => {
    const film = file("films/alice/b.mp4", { contentType: "video/mp4" });
    const rules = [{ ...PHOTOS, duration: 1000 }, FILMS];
    expect(grantOf([...asked, film], { rules, seconds: 1001 })).toEqual(TOO_LONG(1000));
    expect(grantOf([film], { rules, seconds: 1001 })).toMatchObject({ seconds: 1001 });
  });

  it("is not limited by a rule that gave nothing", () => {
    expect(grantOf(asked, { rules: [PHOTOS, { ...FILMS, duration: 900 }], seconds: 3600 })).toMatchObject({
      seconds: 3600,
    });
  });
});

describe("a URL", () => {
  it("is granted where a rule reads, in that rule's bucket", () => {
    const reads = { ...FILMS, allow: ["read"], upload: undefined };
    const { upload: _upload, ...films } = reads;
    expect(urlsOf(["photos/alice/a.jpg", "films/alice/b.mp4"], { rules: [PHOTOS, films] })).toMatchObject({
      downloads: [
        { bucket: BUCKET, key: "photos/alice/a.jpg" },
        { bucket: "film-bucket", key: "films/alice/b.mp4" },
      ],
      rules: ["photos", "films"],
    });
  });

  it.each<[string, object]>([
    ["that only uploads", { allow: ["upload"] }],
    ["that lists", { allow: ["list", "upload"] }],
    ["that only reports", { mode: "report" }],
  ])("is refused by a rule %s", (_what, change) => {
    expect(urlsOf(["photos/alice/a.jpg"], { rules: [{ ...PHOTOS, ...change }] })).toMatchObject({
      code: "ACCESS_NOT_GRANTED",
    });
  });

  it.each([{ sourceIp: "request" }, { secureTransport: true }])(
    "is refused by a rule with %j: nothing would keep the condition",
    (condition) => {
      const rule = { name: "reads", allow: ["read"], prefix: "photos/{sub}/", ...condition };
      expect(urlsOf(["photos/alice/a.jpg"], { rules: [rule] })).toEqual(
        denied("no rule allows read there", "keys[0]"),
      );
    },
  );

  it("is refused for another user's key, and names it", () => {
    expect(urlsOf(["photos/alice/a.jpg", "photos/bob/a.jpg"])).toEqual(
      denied("no rule allows read there", "keys[1]"),
    );
  });
});
