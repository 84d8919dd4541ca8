import OSS from "ali-oss";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JournalEntry } from "../../sandbox/world.ts";
import type { DownloadsBody, ErrorBody, UploadForm, UploadsBody } from "../../shared/wire.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";
import { postForm } from "../support/form-post.ts";
import { worldIsRestored } from "../support/world-state.ts";

/** s.yaml's function `uploads` in Function Compute, with the role that provision has made. */
let deployed: Deployment;

const RULES = [
  {
    name: "photos",
    allow: ["read", "upload"],
    prefix: "photos/{sub}/",
    upload: { maxBytes: 1000, contentTypes: ["image/*"] },
  },
];
const APP = "https://app.example.com";

beforeAll(async () => {
  deployed = await emptyAccount(RULES);
  expect(await deployed.provision("apply", "--yes")).toMatchObject({ code: 0, errors: "" });
  await deployed.deploy({ allowedOrigins: APP });
});
afterAll(() => deployed.stop());
worldIsRestored(() => deployed);
let before = 0;
beforeEach(() => {
  before = deployed.sandbox.world.journal.length;
});

describe("the deployed function of uploads", () => {
  it("signs a form with its own role; OSS takes it, and STS is not called", async () => {
    const form = await formFor({ name: "a.png", contentType: "image/png" });
    expect(form).toMatchObject({ Method: "POST", Key: "photos/alice/a.png" });
    expect(await postForm(form, { content: "a picture" })).toEqual({
      status: 200,
      code: undefined,
      message: undefined,
    });
    const object = deployed.bucket.objects.get("photos/alice/a.png");
    expect(object?.headers).toMatchObject({ "content-type": "image/png" });
    expect(journal().map(({ service, operation }) => `${service} ${operation}`)).toEqual([
      // The issuer's keys are kept from now on; whether this was the first request does not matter here.
      ...journal()
        .filter(({ service }) => service === "issuer")
        .map(({ operation }) => `issuer ${operation}`),
      "fc POST /uploads",
      "oss PostObject",
    ]);
    expect(journal().at(-1)?.principal).toBe("acs:ram::1234567890123456:role/oss-valet-uploads/fc");
  });

  it("signs a URL that gets this object and no other", async () => {
    const form = await formFor({ name: "b.png", contentType: "image/png" });
    await postForm(form, { content: "b" });
    const [download] = (await asked<DownloadsBody>("/downloads", { keys: ["photos/alice/b.png"] })).Downloads;
    const url = String(download?.Url);
    expect(await (await fetch(url)).text()).toBe("b");
    const other = await fetch(url.replace("b.png", "a.png"));
    expect([other.status, await other.text()]).toEqual([
      403,
      expect.stringContaining("SignatureDoesNotMatch"),
    ]);
    expect(journal().filter(({ service }) => service === "sts")).toEqual([]);
  });

  it("signs nothing that outlives its end: a form and a URL of a minute, a minute later", async () => {
    const body = { files: [{ name: "f.png", contentType: "image/png" }], expiresSeconds: 60 };
    const [form] = (await asked<UploadsBody>("/uploads", body)).Uploads;
    const [download] = (
      await asked<DownloadsBody>("/downloads", { keys: ["photos/alice/f.png"], expiresSeconds: 60 })
    ).Downloads;
    if (form === undefined || download === undefined) throw new Error("nothing was signed");
    deployed.sandbox.clock.advance(61_000);
    expect(await postForm(form, { content: "f" })).toEqual({
      status: 403,
      code: "AccessDenied",
      message: "Invalid according to Policy: Policy expired.",
    });
    const late = await fetch(download.Url);
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining("Request has expired.")]);
  });

  it("answers preflights of allowed pages itself", async () => {
    const preflight = await fetch(`${deployed.sandbox.fc.url}/uploads`, {
      method: "OPTIONS",
      headers: {
        Origin: APP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
      },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, APP]);
  });

  it("signs with new keys as soon as Function Compute hands out new ones", async () => {
    const old = await formFor({ name: "c.png", contentType: "image/png" });
    // The session of a function's role lives for 36 hours.
    deployed.sandbox.clock.advance(36 * 3_600_000);
    expect(await postForm(old, { content: "c" })).toMatchObject({ status: 403 });
    const renewed = await formFor({ name: "c.png", contentType: "image/png" });
    expect(keyIdOf(renewed)).not.toBe(keyIdOf(old));
    expect(await postForm(renewed, { content: "c" })).toMatchObject({ status: 200 });
    expect(journal().filter(({ service }) => service === "sts")).toEqual([]);
  });

  it("gives nobody more than its role may do: a rule that provision has not seen", async () => {
    const form = await formFor({ name: "d.png", contentType: "image/png" });
    const policy = deployed.account.policies.get("oss-valet-client-uploads");
    const [version] = policy?.versions ?? [];
    if (policy === undefined || version === undefined) throw new Error("no policy");
    policy.versions.splice(0, policy.versions.length, {
      ...version,
      document: version.document.replaceAll("photos/", "pictures/"),
    });
    expect(await postForm(form, { content: "d" })).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(deployed.bucket.objects.has("photos/alice/d.png")).toBe(false);
  });

  it("has keys that can neither list, delete nor assume anything", async () => {
    const form = await formFor({ name: "e.png", contentType: "image/png" });
    const session = deployed.sandbox.world.sessions.get(keyIdOf(form));
    if (session === undefined) throw new Error("no session");
    const client = new OSS({
      accessKeyId: session.accessKeyId,
      accessKeySecret: session.accessKeySecret,
      stsToken: session.securityToken,
      bucket: deployed.bucket.name,
      region: "oss-cn-hangzhou",
      endpoint: deployed.sandbox.oss.url,
      sldEnable: true,
      authorizationV4: true,
      refreshSTSToken: async () => ({ ...session, stsToken: session.securityToken }),
    } as OSS.Options);
    const refused = { code: "AccessDenied" };
    await expect(client.list({ "max-keys": 1 }, {})).rejects.toMatchObject(refused);
    await expect(client.delete("photos/alice/e.png")).rejects.toMatchObject(refused);
    await expect(client.put("users/alice/e.png", Buffer.from("e"))).rejects.toMatchObject(refused);
  });
});

it("without a role there are no keys: 500, and the log says why", async () => {
  await deployed.deploy({ uploadsWithoutRole: true });
  const { sandbox } = deployed;
  const refused = await posted("/uploads", { files: [{ name: "a.png", contentType: "image/png" }] });
  const body = (await refused.json()) as ErrorBody;
  expect([refused.status, body.Code]).toEqual([500, "ServerError"]);
  const lines = sandbox.world.functionLog
    .map(({ text }) => text)
    .filter((text) => text.includes(body.RequestId));
  expect(lines.flatMap((text) => (text.startsWith("{") ? [JSON.parse(text)] : []))).toEqual([
    expect.objectContaining({ status: 500, refusal: { code: "SIGNING_KEYS_MISSING" } }),
  ]);
  await deployed.deploy({ allowedOrigins: APP });
});

function journal(): readonly JournalEntry[] {
  return deployed.sandbox.world.journal.slice(before);
}

function posted(path: "/uploads" | "/downloads", body: object): Promise<Response> {
  const { sandbox } = deployed;
  return fetch(`${sandbox.fc.url}${path}`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${sandbox.issuer.token({ sub: "alice" })}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify(body),
  });
}

async function asked<Body>(path: "/uploads" | "/downloads", body: object): Promise<Body> {
  const response = await posted(path, body);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text) as Body;
}

async function formFor(file: { readonly name: string; readonly contentType: string }): Promise<UploadForm> {
  const [form] = (await asked<UploadsBody>("/uploads", { files: [file] })).Uploads;
  if (form === undefined) throw new Error("no form");
  return form;
}

function keyIdOf({ Fields: fields }: UploadForm): string {
  return fields["x-oss-credential"]?.split("/")[0] ?? "";
}
