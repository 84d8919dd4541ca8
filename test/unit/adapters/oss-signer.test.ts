import { createHmac } from "node:crypto";
import Oss from "ali-oss";
import { describe, expect, it, vi } from "vitest";
import { ossSigner } from "../../../shared/adapters/oss-signer.ts";
import type { ObjectKey } from "../../../shared/domain/prefix/object-key.ts";
import type { CallerCredentials } from "../../../shared/ports.ts";

const KEYS = { accessKeyId: "STS.key", accessKeySecret: "secret", securityToken: "token+/=" };
const LIFE = { signedAtMs: Date.UTC(2026, 10, 27, 9), expiresAtMs: Date.UTC(2026, 10, 27, 9, 15) };
const REGION_ENDPOINT = { url: "https://oss-cn-hangzhou.aliyuncs.com", cname: false };

function signer(
  credentials: () => CallerCredentials | undefined = () => KEYS,
  ofBuckets: ReadonlyMap<string, { url: string; cname: boolean }> = new Map(),
) {
  return ossSigner({ region: "cn-hangzhou", endpoints: { ofBuckets, others: REGION_ENDPOINT }, credentials });
}

const UPLOAD = {
  bucket: "examplebucket",
  key: "photos/alice/a b+é.jpg" as ObjectKey,
  contentType: "image/jpeg",
  minBytes: 0,
  maxBytes: 1000,
  overwrite: false,
};

function formOf(change: Partial<typeof UPLOAD> = {}, from = signer()) {
  const result = from.form({ ...UPLOAD, ...change }, LIFE);
  if (!result.ok) throw new Error(result.refusal.code);
  return result.value;
}

function urlOf(disposition?: string, from = signer()): URL {
  const result = from.url({ bucket: UPLOAD.bucket, key: UPLOAD.key, disposition }, LIFE);
  if (!result.ok) throw new Error(result.refusal.code);
  return new URL(result.value.url);
}

/** ali-oss, which signs for itself. */
const aliOss = new Oss({
  region: "oss-cn-hangzhou",
  accessKeyId: KEYS.accessKeyId,
  accessKeySecret: KEYS.accessKeySecret,
  stsToken: KEYS.securityToken,
  bucket: UPLOAD.bucket,
  authorizationV4: true,
  secure: true,
  refreshSTSToken: () => Promise.reject(new Error("not due")),
  refreshSTSTokenInterval: 2 ** 31,
}) as unknown as {
  signPostObjectPolicyV4(policy: object, date: Date): string;
  signatureUrlV4(method: string, expires: number, request: object, key: string): Promise<string>;
};

/** The chain of OSS's signature version 4, written out. */
function signedBy(
  secret: string,
  day: string,
  { fields }: { readonly fields: Readonly<Record<string, string>> },
): string {
  let key: Buffer = Buffer.from(`aliyun_v4${secret}`);
  for (const step of [day, "cn-hangzhou", "oss", "aliyun_v4_request"])
    key = createHmac("sha256", key).update(step).digest();
  return createHmac("sha256", key)
    .update(fields["policy"] ?? "")
    .digest("hex");
}

describe("a form", () => {
  it("has its fields in the order in which they are sent, the policy and the signature last", () => {
    const { url, key, fields } = formOf();
    expect([url, key]).toEqual(["https://examplebucket.oss-cn-hangzhou.aliyuncs.com/", UPLOAD.key]);
    expect(Object.entries(fields)).toEqual([
      ["key", UPLOAD.key],
      ["success_action_status", "200"],
      ["Content-Type", "image/jpeg"],
      ["x-oss-content-type", "image/jpeg"],
      ["x-oss-object-acl", "default"],
      ["x-oss-forbid-overwrite", "true"],
      ["x-oss-signature-version", "OSS4-HMAC-SHA256"],
      ["x-oss-credential", "STS.key/20261127/cn-hangzhou/oss/aliyun_v4_request"],
      ["x-oss-date", "20261127T090000Z"],
      ["x-oss-security-token", "token+/="],
      ["policy", expect.any(String)],
      ["x-oss-signature", expect.stringMatching(/^[0-9a-f]{64}$/)],
    ]);
  });

  it("is signed as ali-oss signs the same policy", () => {
    const { fields } = formOf();
    const policy = JSON.parse(Buffer.from(fields["policy"] ?? "", "base64").toString("utf8"));
    expect(fields["x-oss-signature"]).toBe(aliOss.signPostObjectPolicyV4(policy, new Date(LIFE.signedAtMs)));
    expect(policy.expiration).toBe("2026-11-27T09:15:00.000Z");
  });

  it("is signed with the newest keys, on each day with that day's", () => {
    let keys: CallerCredentials = KEYS;
    const from = signer(() => keys);
    expect(formOf({}, from).fields["x-oss-signature"]).toBe(signedBy("secret", "20261127", formOf({}, from)));
    keys = { accessKeyId: "STS.new", accessKeySecret: "other", securityToken: "other" };
    const { fields } = formOf({}, from);
    expect(fields["x-oss-credential"]).toContain("STS.new/");
    expect(fields["x-oss-security-token"]).toBe("other");
    expect(fields["x-oss-signature"]).toBe(signedBy("other", "20261127", { fields }));
    const day = { signedAtMs: LIFE.signedAtMs + 86_400_000, expiresAtMs: LIFE.expiresAtMs + 86_400_000 };
    const next = from.form(UPLOAD, day);
    if (!next.ok) throw new Error(next.refusal.code);
    expect(next.value.fields["x-oss-signature"]).toBe(signedBy("other", "20261128", next.value));
  });

  it("has no field for a token where there is none", () => {
    const { fields } = formOf(
      {},
      signer(() => ({ accessKeyId: "LTAIkey", accessKeySecret: "secret" })),
    );
    expect(Object.keys(fields)).not.toContain("x-oss-security-token");
  });

  it("goes to the bucket's own domain, or to the path of a loopback address", () => {
    const own = new Map([["examplebucket", { url: "https://files.example.com", cname: true }]]);
    expect(formOf({}, signer(undefined, own)).url).toBe("https://files.example.com/");
    const local = new Map([["examplebucket", { url: "http://127.0.0.1:9001", cname: false }]]);
    expect(formOf({}, signer(undefined, local)).url).toBe("http://127.0.0.1:9001/examplebucket/");
  });

  it("is refused when its policy is longer than a field may be: OSS would refuse it", () => {
    const long = () => ({ ...KEYS, securityToken: "t".repeat(2500) });
    expect(signer(long).form({ ...UPLOAD, key: "k".repeat(700) as ObjectKey }, LIFE)).toEqual({
      ok: false,
      refusal: {
        code: "REQUEST_INVALID",
        field: "key",
        problem: "makes a form that is too long for OSS; send a shorter key or name",
      },
    });
    const usual = () => ({ ...KEYS, securityToken: "t".repeat(1000) });
    expect(signer(usual).form({ ...UPLOAD, key: "k".repeat(1023) as ObjectKey }, LIFE)).toMatchObject({
      ok: true,
    });
  });
});

describe("a signed URL", () => {
  it("names the key, the time and how long it lives", () => {
    const url = urlOf("attachment; filename=a.jpg");
    expect(`${url.origin}${url.pathname}`).toBe(
      "https://examplebucket.oss-cn-hangzhou.aliyuncs.com/photos/alice/a%20b%2B%C3%A9.jpg",
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({
      "response-content-disposition": "attachment; filename=a.jpg",
      "x-oss-credential": "STS.key/20261127/cn-hangzhou/oss/aliyun_v4_request",
      "x-oss-date": "20261127T090000Z",
      "x-oss-expires": "900",
      "x-oss-security-token": "token+/=",
      "x-oss-signature-version": "OSS4-HMAC-SHA256",
      "x-oss-signature": expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(urlOf().searchParams.has("response-content-disposition")).toBe(false);
  });

  it.each([undefined, 'attachment; filename="a (b)\'!*.jpg"'])(
    "is the one that ali-oss signs, with the disposition %j",
    async (disposition) => {
      vi.useFakeTimers({ now: LIFE.signedAtMs, toFake: ["Date"] });
      try {
        const queries = disposition === undefined ? {} : { "response-content-disposition": disposition };
        const theirs = new URL(await aliOss.signatureUrlV4("GET", 900, { queries }, UPLOAD.key));
        const ours = urlOf(disposition);
        expect(Object.fromEntries(ours.searchParams)).toEqual(Object.fromEntries(theirs.searchParams));
        expect(`${ours.origin}${ours.pathname}`).toBe(`${theirs.origin}${theirs.pathname}`);
      } finally {
        vi.useRealTimers();
      }
    },
  );
});

it("nothing is signed without keys", () => {
  const none = signer(() => undefined);
  const refused = { ok: false, refusal: { code: "SIGNING_KEYS_MISSING" } };
  expect(none.form(UPLOAD, LIFE)).toEqual(refused);
  expect(none.url({ bucket: "b", key: UPLOAD.key, disposition: undefined }, LIFE)).toEqual(refused);
});
