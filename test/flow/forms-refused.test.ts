import { beforeEach, describe, expect, it } from "vitest";
import type { UploadForm, UploadsBody } from "../../shared/wire.ts";
import { errorOf } from "../support/oss-service.ts";
import { ossForTests, uploadsForTests } from "../support/services-for-tests.ts";
import { appTokenOf, signingKey } from "../support/uploads-service.ts";

// Forms as /uploads gives them, each changed in one way, and what OSS says to it.

const oss = await ossForTests();
const service = await uploadsForTests(oss);

const PHOTO = { name: "a.jpg", contentType: "image/jpeg" };
const KEY = "photos/alice/a.jpg";

beforeEach(() => service.signWith(signingKey(oss)));

async function formFor(file: object = PHOTO, expiresSeconds?: number): Promise<UploadForm> {
  const response = await fetch(service.endpoint, {
    method: "POST",
    headers: { authorization: `Bearer ${appTokenOf("alice")}` },
    body: JSON.stringify({ files: [file], expiresSeconds }),
  });
  const [form] = ((await response.json()) as UploadsBody).Uploads;
  if (form === undefined) throw new Error("no form");
  return form;
}

type Entries = readonly (readonly [name: string, value: string | Blob])[];

const jpeg = (text = "a photo") => new Blob([text], { type: "image/jpeg" });

function entriesOf({ Fields }: UploadForm, file: string | Blob = jpeg()): Entries {
  return [...Object.entries(Fields), ["file", file]];
}

function post(url: string, entries: Entries): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of entries) form.append(name, value);
  return fetch(url, { method: "POST", body: form });
}

const changed = (entries: Entries, name: string, value: string): Entries =>
  entries.map((entry) => (entry[0] === name ? [name, value] : entry));
const without = (entries: Entries, name: string): Entries => entries.filter((entry) => entry[0] !== name);

it("a form as it is stores its file", async () => {
  const form = await formFor();
  expect((await post(form.Url, entriesOf(form))).status).toBe(200);
  expect(oss.bucket.objects.get(KEY)).toMatchObject({
    acl: "default",
    headers: { "content-type": "image/jpeg" },
  });
});

const CONDITION = { status: 403, code: "AccessDenied", ec: "0006-00000227" };
const ARGUMENT = { status: 400, code: "InvalidArgument" };

/** The fields that a form pins, each with a value that somebody would like better. */
const PINNED: readonly (readonly [name: string, value: string])[] = [
  ["key", "photos/bob/a.jpg"],
  ["key", "photos/alice/b.jpg"],
  ["key", "photos/alice/a.jpg/x"],
  ["key", "photos/alice/\x24{filename}"],
  ["success_action_status", "201"],
  ["success_action_status", "204"],
  ["Content-Type", "text/html"],
  ["x-oss-content-type", "text/html"],
  ["x-oss-content-type", "image/jpeg;charset=utf-8"],
  ["x-oss-object-acl", "public-read"],
  ["x-oss-object-acl", "public-read-write"],
  ["x-oss-object-acl", "private"],
  ["x-oss-forbid-overwrite", "false"],
];

describe("a value that the form pins", () => {
  it.each(PINNED)("%s is %s: the condition fails, and is named", async (name, value) => {
    const form = await formFor();
    const response = await post(form.Url, changed(entriesOf(form), name, value));
    const text = await response.clone().text();
    expect(await errorOf(response)).toMatchObject(CONDITION);
    expect(text.replaceAll("&quot;", '"')).toContain(`["eq","$${name.toLowerCase()}",`);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it.each([...new Set(PINNED.map(([name]) => name))].filter((name) => name !== "key"))(
    "%s is left out: the condition fails",
    async (name) => {
      const form = await formFor();
      expect(await errorOf(await post(form.Url, without(entriesOf(form), name)))).toMatchObject(CONDITION);
      expect(oss.bucket.objects.size).toBe(0);
    },
  );
});

describe("another file than the form is for", () => {
  it.each<[string, object, string, object]>([
    ["one byte too many for the rule", PHOTO, "x".repeat(1001), { status: 400, code: "EntityTooLarge" }],
    [
      "one byte more than was said",
      { ...PHOTO, bytes: 7 },
      "x".repeat(8),
      { status: 400, code: "EntityTooLarge" },
    ],
    [
      "one byte less than was said",
      { ...PHOTO, bytes: 7 },
      "x".repeat(6),
      { status: 400, code: "EntityTooSmall" },
    ],
    ["nothing where bytes were said", { ...PHOTO, bytes: 7 }, "", { status: 400, code: "EntityTooSmall" }],
    [
      "something where nothing was said",
      { ...PHOTO, bytes: 0 },
      "x",
      { status: 400, code: "EntityTooLarge" },
    ],
  ])("%s", async (_what, file, text, refusal) => {
    const form = await formFor(file);
    expect(await errorOf(await post(form.Url, entriesOf(form, jpeg(text))))).toMatchObject(refusal);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("its own type does not count: the form's does", async () => {
    const form = await formFor();
    await post(form.Url, entriesOf(form, new Blob(["<script>"], { type: "text/html" })));
    expect(oss.bucket.objects.get(KEY)?.headers["content-type"]).toBe("image/jpeg");
  });

  it("a second one, under a form that replaces nothing", async () => {
    const form = await formFor();
    await post(form.Url, entriesOf(form, jpeg("first")));
    expect(await errorOf(await post(form.Url, entriesOf(form, jpeg("second"))))).toMatchObject({
      status: 409,
      code: "FileAlreadyExists",
    });
    expect(oss.bucket.objects.get(KEY)?.content.size).toBe(5);
  });
});

describe("a signature that is not the form's", () => {
  it.each<[string, (entries: Entries) => Entries, object]>([
    [
      "a changed policy",
      (all) =>
        changed(
          all,
          "policy",
          Buffer.from(
            '{"expiration":"2036-01-01T00:00:00Z","conditions":[["starts-with","$key",""]]}',
          ).toString("base64"),
        ),
      { status: 403, code: "SignatureDoesNotMatch" },
    ],
    [
      "a policy that is no base64",
      (all) => changed(all, "policy", "%%%"),
      { status: 403, code: "SignatureDoesNotMatch" },
    ],
    ["no policy", (all) => without(all, "policy"), { ...ARGUMENT, ec: "0002-00000702" }],
    ["an empty policy", (all) => changed(all, "policy", ""), { ...ARGUMENT, ec: "0002-00000702" }],
    [
      "a changed signature",
      (all) => changed(all, "x-oss-signature", "0".repeat(64)),
      { status: 403, code: "SignatureDoesNotMatch" },
    ],
    ["no signature", (all) => without(all, "x-oss-signature"), { ...ARGUMENT, ec: "0002-00000703" }],
    [
      "an empty signature",
      (all) => changed(all, "x-oss-signature", ""),
      { ...ARGUMENT, ec: "0002-00000704" },
    ],
    ["no credential", (all) => without(all, "x-oss-credential"), { ...ARGUMENT, ec: "0002-00000708" }],
    [
      "a credential without its parts",
      (all) => changed(all, "x-oss-credential", "STS.key"),
      { ...ARGUMENT, ec: "0002-00000708" },
    ],
    [
      "another region",
      (all) =>
        all.map(([name, value]) => [
          name,
          name === "x-oss-credential" ? String(value).replace("cn-hangzhou", "cn-beijing") : value,
        ]),
      ARGUMENT,
    ],
    [
      "another day",
      (all) => changed(all, "x-oss-date", "20200101T000000Z"),
      { ...ARGUMENT, ec: "0002-00000709" },
    ],
    ["no date", (all) => without(all, "x-oss-date"), ARGUMENT],
    ["another version", (all) => changed(all, "x-oss-signature-version", "OSS2"), ARGUMENT],
    ["no token", (all) => without(all, "x-oss-security-token"), { status: 403, code: "InvalidAccessKeyId" }],
    [
      "another token",
      (all) => changed(all, "x-oss-security-token", "CAIS0000"),
      { status: 403, code: "InvalidSecurityToken" },
    ],
    [
      "a key that does not exist",
      (all) =>
        all.map(([name, value]) => [
          name,
          name === "x-oss-credential" ? String(value).replace(/^STS\.[^/]+/, "STS.NTnobody") : value,
        ]),
      { status: 403, code: "InvalidAccessKeyId" },
    ],
  ])("%s", async (_what, change, refusal) => {
    const form = await formFor();
    expect(await errorOf(await post(form.Url, change(entriesOf(form))))).toMatchObject(refusal);
    expect(oss.bucket.objects.size).toBe(0);
  });
});

describe("a form in disorder", () => {
  it.each<[string, (entries: Entries) => Entries, object]>([
    [
      "the file first: no field counts that comes after it",
      (all) => [...all].reverse(),
      { status: 400, code: "InvalidObjectName" },
    ],
    [
      "the file before the policy",
      (all) => {
        const [file = ["", ""]] = all.slice(-1);
        return [...all.slice(0, -3), file, ...all.slice(-3, -1)];
      },
      { ...ARGUMENT, ec: "0002-00000702" },
    ],
    ["a field twice", (all) => [["key", KEY], ...all], ARGUMENT],
    ["no file", (all) => all.slice(0, -1), { status: 400, code: "IncorrectNumberOfFilesInPOSTRequest" }],
    [
      "two files",
      (all) => [...all, ["file", jpeg()]],
      { status: 400, code: "IncorrectNumberOfFilesInPOSTRequest" },
    ],
    [
      "a field of more than 4 KB",
      (all) => [["x-oss-meta-a", "a".repeat(4097)], ...all],
      { status: 400, code: "FieldItemTooLong" },
    ],
    [
      "tags, for which the role has no permission",
      (all) => [["x-oss-tagging", "a=b"], ...all],
      { status: 403, code: "AccessDenied" },
    ],
  ])("%s", async (_what, change, refusal) => {
    const form = await formFor();
    expect(await errorOf(await post(form.Url, change(entriesOf(form))))).toMatchObject(refusal);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("in another bucket", async () => {
    const form = await formFor();
    const url = form.Url.replace("/examplebucket/", "/no-such-bucket/");
    expect(await errorOf(await post(url, entriesOf(form)))).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
  });

  it("not as multipart/form-data", async () => {
    const form = await formFor();
    const body = new URLSearchParams(form.Fields);
    expect(await errorOf(await fetch(form.Url, { method: "POST", body }))).toMatchObject({
      status: 400,
      code: "RequestIsNotMultiPartContent",
    });
  });
});

describe("a form that is posted again", () => {
  it.each([
    [undefined, 409],
    ["Enabled", 200],
    ["Suspended", 200],
  ] as const)("in a bucket whose versioning is %s: %i", async (versioning, status) => {
    oss.bucket.versioning = versioning;
    const form = await formFor();
    expect((await post(form.Url, entriesOf(form))).status).toBe(200);
    expect((await post(form.Url, entriesOf(form))).status).toBe(status);
  });
});

describe("a form that has ended", () => {
  it("by its own time", async () => {
    service.isBehindBy(61_000);
    const form = await formFor(PHOTO, 60);
    const response = await post(form.Url, entriesOf(form));
    expect(await response.clone().text()).toContain("Policy expired");
    expect(await errorOf(response)).toMatchObject({ status: 403, code: "AccessDenied" });
    service.isBehindBy(59_000);
    const living = await formFor(PHOTO, 60);
    expect((await post(living.Url, entriesOf(living))).status).toBe(200);
  });

  it("a clock that is 15 minutes ahead is too much", async () => {
    service.isBehindBy(-16 * 60_000);
    const form = await formFor();
    expect(await errorOf(await post(form.Url, entriesOf(form)))).toMatchObject({
      ...ARGUMENT,
      ec: "0002-00000709",
    });
  });

  it("with the keys that signed it", async () => {
    const form = await formFor();
    oss.clock.advance(2 * 3600_000);
    expect(await errorOf(await post(form.Url, entriesOf(form)))).toMatchObject({ status: 403 });
    expect(oss.bucket.objects.size).toBe(0);
  });
});
