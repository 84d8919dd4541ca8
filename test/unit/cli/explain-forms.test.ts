import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valet } from "../../../cli/valet.ts";
import { NOW_MS } from "../../support/stubs.ts";

const PHOTOS = `
issuers:
  - { name: login, issuer: "https://login.example.com/", audience: photo-app }
rules:
  - name: photos
    allow: [upload]
    prefix: photos/{sub}/
    upload: { maxBytes: 2000000, contentTypes: [image/jpeg, image/png] }
deny:
  - { user: mallory }
`;
const WITH_READ = PHOTOS.replace(
  "deny:",
  "  - { name: own, allow: [read, list], prefix: 'users/{sub}/' }\ndeny:",
);
const WITH_WRITE = PHOTOS.replace(
  "deny:",
  "  - { name: own, allow: [write], prefix: 'photos/{sub}/' }\ndeny:",
);

const NEVER = "upload is never in credentials: only a form of /uploads can store a file there";
const FORMS =
  "forms           on examplebucket/photos/alice/: up to 2000000 bytes, image/jpeg, image/png, replace no file";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "explain-forms-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function explain(access: string, ...args: readonly string[]) {
  const path = join(folder, "access.yaml");
  writeFileSync(path, access);
  const [out, error]: [string[], string[]] = [[], []];
  const code = await valet(["explain", "--claim", "sub=alice", ...args], {
    environment: { ACCESS_FILE: path, OSS_BUCKET: "examplebucket" },
    out: (text) => void out.push(text),
    error: (text) => void error.push(text.replace(/^warning: .*$/m, "")),
    ask: undefined,
    question: undefined,
    colour: false,
    nowMs: () => NOW_MS,
    wait: async () => undefined,
  });
  return { code, out: out.join("\n"), error: error.filter((line) => line !== "").join("\n") };
}

describe("valet explain", () => {
  it("shows the folders that take forms, and their limits", async () => {
    const { code, out } = await explain(WITH_READ);
    expect(code).toBe(0);
    expect(out).toContain(FORMS);
    const replacing = await explain(PHOTOS.replace("png] }", "png], overwrite: true }"));
    expect(replacing.out).toContain("image/png, may replace files");
    expect((await explain(WITH_READ.replace("[upload]", "[upload]\n    mode: report"))).out).not.toContain(
      "forms",
    );
  });

  it("says yes to somebody who gets forms and no credentials", async () => {
    const { code, out } = await explain(PHOTOS);
    expect(code).toBe(0);
    expect(out).toContain("credentials     none: the rules that match allow only upload");
    expect(out).not.toContain("REFUSED");
  });

  it("says no where such a user asks for less of nothing", async () => {
    expect(await explain(PHOTOS, "--permissions", "read")).toMatchObject({
      code: 1,
      out: expect.stringContaining("REFUSED ACCESS_NOT_GRANTED (because no rule grants read there)"),
    });
  });

  it.each([
    [
      "a file within the limits",
      "upload photos/alice/a b.jpg image/jpeg 2MB",
      0,
      "ALLOWED upload photos/alice/a b.jpg image/jpeg of 2000000 bytes",
    ],
    [
      "a byte too many",
      "upload photos/alice/a.jpg image/jpeg 2000001",
      1,
      "no form: rule photos allows 2000000 bytes",
    ],
    [
      "another type",
      "upload photos/alice/a.html text/html 7",
      1,
      "no form: rule photos does not allow this content type",
    ],
    ["another's folder", "upload photos/bob/a.jpg image/jpeg 7", 1, "no form: no rule allows upload there"],
    [
      "another bucket",
      "upload oss://other-bucket/photos/alice/a.jpg image/jpeg 7",
      1,
      "a form for this key is for the bucket examplebucket",
    ],
  ])("judges a form for %s", async (_what, question, code, words) => {
    for (const access of [PHOTOS, WITH_READ]) {
      const one = await explain(access, question);
      expect(one).toMatchObject({ code, error: "" });
      expect(one.out).toContain(words);
      expect(await explain(access, ...question.split(" "))).toEqual(one);
    }
  });

  it("says no to a form for somebody who is denied", async () => {
    const { code, out } = await explain(
      PHOTOS.replace("mallory", "alice"),
      "upload photos/alice/a.jpg image/jpeg 7",
    );
    expect(code).toBe(1);
    expect(out).toContain("no form: denied in access.yaml");
    expect(out).toContain("REFUSED ACCESS_NOT_GRANTED (because denied in access.yaml)");
    expect(out).not.toContain("forms  ");
  });

  it.each([
    ["without credentials", PHOTOS],
    ["with credentials for other things", WITH_READ],
  ])("says that upload is no write, %s", async (_what, access) => {
    const { code, out } = await explain(access, "write", "photos/alice/a.jpg");
    expect(code).toBe(1);
    expect(out).toContain("DENIED write photos/alice/a.jpg");
    expect(out).toContain(NEVER);
    expect((await explain(access, "read", "photos/alice/a.jpg")).out).not.toContain(NEVER);
    expect((await explain(access, "write", "photos/bob/a.jpg")).out).not.toContain(NEVER);
  });

  it("says nothing of that where a rule allows write", async () => {
    const { code, out } = await explain(WITH_WRITE, "write", "photos/alice/a.jpg", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).not.toHaveProperty("hint");
  });

  it("prints all of it as JSON", async () => {
    const { code, out } = await explain(PHOTOS, "upload photos/alice/a.jpg image/jpeg 7", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      forms: [
        {
          rule: "photos",
          bucket: "examplebucket",
          prefix: "photos/alice/",
          limits: { maxBytes: 2_000_000, contentTypes: ["image/jpeg", "image/png"], overwrite: false },
        },
      ],
      refusal: { code: "ACCESS_NOT_GRANTED" },
      form: {
        question: { bucket: "examplebucket", key: "photos/alice/a.jpg", contentType: "image/jpeg", bytes: 7 },
        granted: true,
        because: "photos; role policy: statement 0 allows oss:PutObject",
      },
    });
    const refused = await explain(PHOTOS, "write photos/alice/a.jpg", "--json");
    expect(JSON.parse(refused.out)).toMatchObject({
      question: { permission: "write", bucket: "examplebucket", key: "photos/alice/a.jpg" },
      hint: NEVER,
    });
  });

  it.each<[readonly string[], string]>([
    [
      ["upload"],
      'the question is "upload", which does not end in a file\'s type and size; write all three: upload photos/alice/a.jpg image/jpeg 2MB',
    ],
    [
      ["upload", "a.jpg"],
      'the question is "upload a.jpg", which does not end in a file\'s type and size; write all three: upload photos/alice/a.jpg image/jpeg 2MB',
    ],
    [
      ["upload", "a.jpg", "image/jpeg", "2mb"],
      'the question is "upload a.jpg image/jpeg 2mb", which has the size "2mb"; write 2MB',
    ],
    [["uploads", "a.jpg"], 'the permission is "uploads"; write upload KEY TYPE SIZE'],
    [["Upload a.jpg image/jpeg 2MB"], 'the permission is "Upload"; write upload KEY TYPE SIZE'],
    [
      ["--permission", "upload", "--key", "a.jpg"],
      "a form is asked for in one line: write upload photos/alice/a.jpg image/jpeg 2MB",
    ],
    [
      ["upload a.jpg image/jpeg 2MB", "--permissions", "read"],
      "--permissions is about credentials, and does not change forms: delete it",
    ],
    [
      ["upload a.jpg image/jpeg 2MB", "--prefix", "a/"],
      "--prefix is about credentials, and does not change forms: delete it",
    ],
    [
      ["upload a.jpg image/jpeg 2MB", "--duration", "900"],
      "--duration is about credentials, and does not change forms: delete it",
    ],
    [
      ["upload a.jpg image/jpeg 2MB", "--role-policy", "x.json"],
      "--role-policy is about credentials, and does not change forms: delete it",
    ],
    [
      ["upload a.jpg image/jpeg 2MB", "--key", "b.jpg"],
      "--key is about credentials, and does not change forms: delete it",
    ],
  ])("refuses %j", async (args, problem) => {
    expect(await explain(PHOTOS, ...args)).toEqual({
      code: 2,
      out: "",
      error: expect.stringContaining(problem),
    });
  });
});
