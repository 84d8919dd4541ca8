import Fc2 from "@alicloud/fc2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { triedOnOss, type VendedAccess } from "../../cli/smoke/on-oss.ts";
import { signedByAnother, unsigned, withClaims } from "../../cli/smoke/tampered-token.ts";
import type { Fault } from "../../sandbox/fault-rule.ts";
import { v4CredentialFrom, v4Signature } from "../../sandbox/oss/signature-v4.ts";
import type { UploadsBody } from "../../shared/wire.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";
import { fcEvent } from "../support/fc-events.ts";
import { worldIsRestored } from "../support/world-state.ts";

let deployed: Deployment;
let url: string;

beforeAll(async () => {
  deployed = await emptyAccount();
  await deployed.provision("apply", "--yes");
  await deployed.deploy();
  url = `${deployed.sandbox.fc.url}/credentials`;
});

afterAll(async () => {
  await deployed.stop();
});

worldIsRestored(() => deployed);

describe("smoke, of a deployment that is as it must be", () => {
  it("finds everything so, and leaves nothing behind", async () => {
    const { issuer } = deployed.sandbox;
    const { code, out } = await smoked(
      ...["--expired-token", issuer.token({}, { expiresInSeconds: -60 })],
      ...["--other-audience-token", issuer.token({ aud: "another-app" })],
    );
    expect(code, out).toBe(0);
    expect(marksIn(out)).toEqual([
      "ok the function runs",
      "ok a valid token gets credentials",
      "ok no proxy may store the credentials",
      "ok write users/alice/oss-valet-smoke-….txt",
      "ok read users/alice/oss-valet-smoke-….txt",
      "ok list users/alice/",
      "ok read in users/alice-neighbour/ is forbidden",
      "ok list users/alice-neighbour/ is forbidden",
      "ok list the whole bucket is forbidden",
      "ok write in users/alice-neighbour/ is forbidden",
      "ok delete users/alice/oss-valet-smoke-….txt",
      "ok refused: no token",
      "ok refused: a password instead of a token",
      "ok refused: a forged audience, under the old signature",
      "ok refused: a forged user, under the old signature",
      "ok refused: a token signed with another key",
      "ok refused: a token without a signature (alg: none)",
      "ok refused: an expired token",
      "ok refused: a token for another audience",
      "skip a valid token gets forms",
    ]);
    expect(deployed.bucket.objects.size).toBe(0);
  });

  it("takes the bare address, and a token with a line end around it", async () => {
    const token = `${deployed.sandbox.issuer.token()}\n`;
    const bare = await deployed.smoke([
      `${deployed.sandbox.fc.url}/`,
      ...["--token", token, "--oss-endpoint", deployed.sandbox.oss.url],
    ]);
    expect(bare.code, bare.out).toBe(0);
    expect(bare.out).toMatch(/^All 17 checks passed\.$/m);
  });

  it("says what it could not try, and how it can", async () => {
    const { out } = await smoked();
    expect(out.match(/^skip .*/gm)).toEqual([
      "skip   refused: an expired token: no such token was given: add --expired-token",
      "skip   refused: a token for another audience: no such token was given: add --other-audience-token",
      "skip   a valid token gets forms: 403 AccessDenied: no rule lets this user upload image/jpeg: add --form-type and a type that a rule has",
    ]);
  });

  it("writes nothing with --read-only, and still learns that reading is allowed", async () => {
    const before = deployed.sandbox.world.journal.length;
    const { code, out } = await smoked("--read-only");
    expect(code, out).toBe(0);
    expect(marksIn(out)).toEqual(
      expect.arrayContaining([
        "skip write users/alice/oss-valet-smoke-….txt",
        "ok read users/alice/oss-valet-smoke-….txt",
      ]),
    );
    const operations = deployed.sandbox.world.journal.slice(before).map(({ operation }) => operation);
    expect(operations).not.toContain("PutObject");
    expect(operations).not.toContain("DeleteObject");
  });

  it("prints no token and no key", async () => {
    const token = deployed.sandbox.issuer.token();
    const { out } = await deployed.smoke([url, "--token", token, "--oss-endpoint", deployed.sandbox.oss.url]);
    const session = [...deployed.sandbox.world.sessions.values()].at(-1);
    expect(session?.name).toMatch(/^alice-/);
    for (const secret of [token, token.split(".")[2], session?.accessKeySecret, session?.securityToken])
      expect(out).not.toContain(secret ?? "");
  });
});

describe("smoke fails", () => {
  it("where the function may not assume the role, with the code to look up", async () => {
    deployed.role("oss-valet-function").attached.splice(0);
    // A user for whom the function has kept no credentials.
    const { code, out } = await smoked("--token", deployed.sandbox.issuer.token({ sub: "bob" }));
    expect(code).toBe(1);
    expect(failuresIn(out)).toEqual(["a valid token gets credentials: 500 ServerError (docs/errors.md)"]);
  });

  it("where the role may not do what the rules grant", async () => {
    deployed.role("oss-valet-client").attached.splice(0);
    const { code, out } = await smoked();
    expect(code).toBe(1);
    expect(failuresIn(out)).toEqual([
      expect.stringMatching(/^write users\/alice\/.*: AccessDenied: You have no right to access this object/),
      expect.stringMatching(/^read users\/alice\/.*: AccessDenied/),
      expect.stringMatching(/^list users\/alice\/: AccessDenied/),
      expect.stringMatching(/^delete users\/alice\/.*: AccessDenied/),
    ]);
  });

  it("where the rules open a neighbour's folder, and cleans up after itself there", async () => {
    const wide = await emptyAccount([
      { name: "all users", allow: ["read", "write", "list", "delete"], prefix: "users/" },
    ]);
    try {
      await wide.provision("apply", "--yes");
      await wide.deploy();
      const { code, out } = await wide.smoke([
        wide.sandbox.fc.url,
        ...["--token", wide.sandbox.issuer.token(), "--oss-endpoint", wide.sandbox.oss.url],
        ...["--neighbour", "users/bob/"],
      ]);
      expect(code).toBe(1);
      const tooWide = "it was allowed: the rules or the role grant too much";
      expect(failuresIn(out)).toEqual([
        `read in users/bob/ is forbidden: ${tooWide}`,
        `list users/bob/ is forbidden: ${tooWide}`,
        `write in users/bob/ is forbidden: ${tooWide}`,
      ]);
      expect(wide.bucket.objects.size).toBe(0);
    } finally {
      await wide.stop();
    }
  });

  it("where an expired token is vended to", async () => {
    const { code, out } = await smoked("--expired-token", deployed.sandbox.issuer.token());
    expect(code).toBe(1);
    expect(failuresIn(out)).toEqual(["refused: an expired token: 200 Success"]);
  });

  it("where a token for another App is vended to: the audience is not checked", async () => {
    const careless = await emptyAccount();
    try {
      const [issuer] = careless.access["issuers"] as Record<string, unknown>[];
      Object.assign(issuer ?? {}, { audience: null });
      await careless.provision("apply", "--yes");
      await careless.deploy();
      const { sandbox } = careless;
      const { code, out } = await careless.smoke([
        sandbox.fc.url,
        ...["--token", sandbox.issuer.token(), "--oss-endpoint", sandbox.oss.url],
        ...["--other-audience-token", sandbox.issuer.token({ aud: "another-app" })],
      ]);
      expect(code).toBe(1);
      expect(failuresIn(out)).toEqual(["refused: a token for another audience: 200 Success"]);
    } finally {
      await careless.stop();
    }
  });

  it("once, where nothing answers", async () => {
    const { code, out } = await deployed.smoke([
      "http://127.0.0.1:1",
      "--token",
      deployed.sandbox.issuer.token(),
    ]);
    expect(code).toBe(1);
    expect(out.split("\n")).toEqual([
      "FAIL   the function runs: no answer: no connection",
      "skip   everything else: the endpoint does not answer",
      "1 of 1 checks failed.",
    ]);
  });

  it("where the endpoint falls silent, without asking it for the rest", async () => {
    deployed.sandbox.faults.add({ service: "fc", operation: "GET /credentials", fault: { kind: "reset" } });
    const { code, out } = await smoked();
    expect(code).toBe(1);
    expect(failuresIn(out)).toEqual([
      expect.stringMatching(/^a valid token gets credentials: no answer: the connection was cut/),
      expect.stringMatching(/^refused: no token: no answer: the connection was cut/),
    ]);
    expect(out).toContain("skip   refused: the rest: the endpoint no longer answers");
  });

  it.each<[string, Fault, string]>([
    ["a page", { kind: "html" }, "502, and the body is not JSON: is this the endpoint?"],
    [
      "a page that is well",
      { kind: "answer", status: 200, body: "<html>Welcome</html>" },
      "200, and the body is not JSON: is this the endpoint?",
    ],
    [
      "a redirect",
      { kind: "answer", status: 301, headers: { location: "https://www.example.com/" }, body: "" },
      "301, a redirect to https://www.example.com/: is that the endpoint?",
    ],
    ["another service's health", { kind: "answer", status: 200, body: '{"status":"UP"}' }, "200"],
  ])("where something else answers: %s", async (_case, fault, seen) => {
    deployed.sandbox.faults.add({ service: "fc", fault });
    const { code, out } = await smoked();
    expect(code).toBe(1);
    expect(failuresIn(out)[0]).toBe(`the function runs: ${seen}`);
  });

  it("where the answer is not the contract's", async () => {
    deployed.sandbox.faults.add({
      service: "fc",
      fault: { kind: "answer", status: 200, body: '{"AccessKeyId":"STS.x"}' },
    });
    const { code, out } = await smoked();
    expect(code).toBe(1);
    expect(failuresIn(out)).toContainEqual(
      expect.stringMatching(/^a valid token gets credentials: the answer lacks AccessKeySecret, /),
    );
  });

  it.each(["not a url", "http://oss-cn-hangzhou.aliyuncs.com"])(
    "where the answer's OssEndpoint is no address for credentials: %s",
    async (endpoint) => {
      const vended = await fetch(url, {
        headers: { authorization: `Bearer ${deployed.sandbox.issuer.token()}` },
      });
      const body = JSON.stringify({ ...((await vended.json()) as object), OssEndpoint: endpoint });
      deployed.sandbox.faults.add({
        service: "fc",
        operation: "GET /credentials",
        fault: { kind: "answer", status: 200, body },
      });
      const { code, out } = await deployed.smoke([url, "--token", deployed.sandbox.issuer.token()]);
      expect(code).toBe(1);
      expect(failuresIn(out)[0]).toBe(
        `a valid token gets credentials: OssEndpoint is ${JSON.stringify(endpoint)}, not https:// and a host: fix OSS_ENDPOINT`,
      );
    },
  );
});

describe("smoke of forms", () => {
  const FORMS = [
    { name: "own folder", allow: ["read", "write", "list", "delete"], prefix: "users/{sub}/" },
    {
      name: "photos",
      allow: ["read", "upload", "delete"],
      prefix: "photos/{sub}/",
      upload: { maxBytes: 1000, contentTypes: ["image/*"] },
    },
  ];
  let photos: Deployment;
  beforeAll(async () => {
    photos = await emptyAccount(FORMS);
    await photos.provision("apply", "--yes");
    await photos.deploy();
  });
  afterAll(() => photos.stop());
  worldIsRestored(() => photos);

  const formsOf = async (...args: readonly string[]) => {
    const { issuer, oss, fc } = photos.sandbox;
    const { code, out } = await photos.smoke([
      fc.url,
      ...["--token", issuer.token(), "--oss-endpoint", oss.url, ...args],
    ]);
    return {
      code,
      out,
      marks: marksIn(out).filter((mark) => /form|posted|post |delete photos/.test(mark)),
      failures: failuresIn(out),
    };
  };

  it("posts one that OSS takes and others that it must refuse, and deletes what it stored", async () => {
    const { code, out, marks } = await formsOf("--wait");
    expect(code, out).toBe(0);
    expect(marks).toEqual([
      "ok a valid token gets forms",
      "ok no proxy may store the forms",
      "ok post photos/alice/oss-valet-smoke-….form with a form",
      "ok refused: a form with one byte more",
      "ok refused: a form with one byte less",
      "ok refused: a form for another type",
      "ok refused: a form for another key",
      "ok refused: a form whose policy was changed",
      "ok refused: a form that has expired",
      "ok delete photos/alice/oss-valet-smoke-….form",
      "ok refused: forms for no token",
      "ok refused: forms for a token signed with another key",
    ]);
    const said = (what: string) => new RegExp(`^ok {5}refused: a form ${what}: (.*)$`, "m").exec(out)?.[1];
    expect(said("with one byte more")).toMatch(/^400 EntityTooLarge: /);
    expect(said("with one byte less")).toMatch(/^400 EntityTooSmall: /);
    expect(said("for another type")).toMatch(/^403 AccessDenied: .*content-type/i);
    expect(said("for another key")).toMatch(/^403 AccessDenied: .*\$key/);
    expect(said("whose policy was changed")).toMatch(/^403 SignatureDoesNotMatch: /);
    expect(said("that has expired")).toMatch(/^403 AccessDenied: .*[Pp]olicy expired/);
    expect(photos.bucket.objects.size).toBe(0);
  });

  it("says that an expired form takes --wait, and waits for nothing without it", async () => {
    const before = photos.sandbox.clock.nowMs();
    const { out } = await formsOf();
    expect(out).toMatch(/^skip {3}refused: a form that has expired: it takes a minute: add --wait$/m);
    expect(photos.sandbox.clock.nowMs() - before).toBeLessThan(60_000);
  });

  it("says which object stays, when the user's credentials may not delete it", async () => {
    const policy = photos.account.policies.get("oss-valet-client-access");
    const [version] = policy?.versions ?? [];
    if (policy === undefined || version === undefined) throw new Error("no policy");
    policy.versions.splice(0, policy.versions.length, {
      ...version,
      document: version.document.replaceAll("photos/", "pictures/"),
    });
    const { code, out } = await formsOf();
    expect(code, out).toBe(0);
    const [key] = [...photos.bucket.objects.keys()];
    expect(key).toMatch(/^photos\/alice\/oss-valet-smoke-[0-9a-f]{12}\.form$/);
    expect(out).toContain(
      `skip   delete ${key}: the user's credentials may not: the object stays in examplebucket: delete it by hand`,
    );
    photos.bucket.objects.clear();
  });

  it("is a failure where forms were asked for, and the rules give none of this type", async () => {
    expect((await formsOf("--form-type", "text/plain")).failures).toEqual([
      "a valid token gets forms: 403 AccessDenied: no rule lets this user upload text/plain: add --form-type and a type that a rule has",
    ]);
  });

  it("finds /uploads at another address, and fails where it is not", async () => {
    const { fc } = photos.sandbox;
    expect((await formsOf("--uploads", `${fc.url}/uploads`)).code).toBe(0);
    expect((await formsOf("--uploads", `${fc.url}/v1`)).failures).toEqual([
      "a valid token gets forms: 404 NotFound: /uploads is not here: if the function uploads is deployed, add --uploads and its URL",
    ]);
  });

  it("posts nothing with --read-only", async () => {
    const { marks } = await formsOf("--read-only");
    expect(marks).toEqual(["skip forms"]);
    expect(photos.bucket.objects.size).toBe(0);
  });

  it("fails where the role may not store what its forms say", async () => {
    photos.role("oss-valet-uploads").attached.splice(0);
    const { code, failures } = await formsOf();
    expect(code).toBe(1);
    expect(failures).toEqual([
      expect.stringMatching(/^post photos\/alice\/.*\.form with a form: 403 AccessDenied: /),
    ]);
  });

  it.each<[string, (policy: string) => string, string]>([
    [
      "size",
      (policy) => policy.replace(/\["content-length-range",6,6\]/, '["content-length-range",6,1000]'),
      "with one byte more",
    ],
    [
      "type",
      (policy) =>
        policy.replace(/\["eq","\$((?:x-oss-)?content-type)","[^"]*"\]/g, '["starts-with","$$$1",""]'),
      "for another type",
    ],
    [
      "key",
      (policy) => policy.replace(/\["eq","\$key","[^"]*"\]/, '["starts-with","$$key","photos/alice/"]'),
      "for another key",
    ],
    [
      "end",
      (policy) => policy.replace(/"expiration":"[^"]*"/, '"expiration":"2098-01-01T00:00:00.000Z"'),
      "that has expired",
    ],
  ])("fails where forms leave the %s open, and deletes what OSS took", async (_case, loosen, what) => {
    await answerWith(loosen);
    const { code, failures } = await formsOf("--wait");
    expect(code).toBe(1);
    expect(failures).toEqual([`refused: a form ${what}: OSS stored it: the form allows too much`]);
    expect(photos.bucket.objects.size).toBe(0);
  });

  /** From now on /uploads answers with forms of another policy, which the function's own key has signed. */
  async function answerWith(loosen: (policy: string) => string): Promise<void> {
    const { sandbox } = photos;
    const asked = await fetch(`${sandbox.fc.url}/uploads`, {
      method: "POST",
      headers: { Authorization: `Bearer ${sandbox.issuer.token()}` },
      body: JSON.stringify({
        files: ["a", "b", "c", "d", "e", "f", "g"].map((name) => ({
          name,
          contentType: "image/jpeg",
          bytes: 6,
        })),
        expiresSeconds: 60,
      }),
    });
    const answer = (await asked.json()) as UploadsBody;
    const loosened = answer.Uploads.map((form) => {
      const { Fields: fields } = form;
      const before = Buffer.from(fields["policy"] ?? "", "base64").toString("utf8");
      const after = loosen(before);
      expect(after).not.toBe(before);
      const credential = v4CredentialFrom(fields["x-oss-credential"] ?? "");
      const session = sandbox.world.sessions.get(credential?.accessKeyId ?? "");
      if (credential === undefined || session === undefined) throw new Error("who signed?");
      const policy = Buffer.from(after).toString("base64");
      const signature = v4Signature(session.accessKeySecret, credential, policy);
      return { ...form, Fields: { ...fields, policy, "x-oss-signature": signature } };
    });
    sandbox.faults.add({
      service: "fc",
      operation: "POST /uploads",
      times: 1,
      fault: {
        kind: "answer",
        status: 200,
        headers: { "Cache-Control": "no-store" },
        body: JSON.stringify({ ...answer, Uploads: loosened }),
      },
    });
  }
});

const TOKEN = `e30.${Buffer.from('{"iss":"https://login","aud":"photo-app"}').toString("base64url")}.x`;
const FOREIGN_TOKEN = `e30.${Buffer.from('{"iss":"https://other","aud":"else"}').toString("base64url")}.x`;

it.each([
  ["no address", [], /needs one URL/],
  ["a word", ["sts"], /^"sts" is not a URL; write the endpoint: https:\/\/sts\.example\.com\/credentials$/],
  ["an address in the clear", ["http://sts.example.com", "--token", TOKEN], /URL: write https:\/\//],
  ["another kind of address", ["ftp://sts.example.com", "--token", TOKEN], /URL: write https:\/\//],
  [
    "OSS at no address",
    ["https://sts.example.com", "--token", TOKEN, "--oss-endpoint", "garbage"],
    /--oss-endpoint: write https:\/\//,
  ],
  [
    "OSS at an address without its protocol",
    ["https://sts.example.com", "--token", TOKEN, "--oss-endpoint", "localhost:9101"],
    /--oss-endpoint: write https:\/\//,
  ],
  [
    "OSS in the clear",
    ["https://sts.example.com", "--token", TOKEN, "--oss-endpoint", "http://oss.example.com"],
    /--oss-endpoint: write https:\/\//,
  ],
  [
    "a token of the same audience as the other one",
    ["https://sts.example.com", "--token", TOKEN, "--other-audience-token", TOKEN],
    /--other-audience-token has the same audience \(aud, client_id, azp\) as --token/,
  ],
  [
    "a token of another issuer as the other one",
    ["https://sts.example.com", "--token", TOKEN, "--other-audience-token", FOREIGN_TOKEN],
    /--other-audience-token comes from another issuer/,
  ],
  ["two addresses", ["https://a.example.com", "https://b.example.com"], /needs one URL/],
  ["no token", ["https://sts.example.com"], /needs a token: write --token JWT, or set SMOKE_TOKEN/],
  ["a token that is none", ["https://sts.example.com", "--token", "a.b.c"], /--token is not a JWT/],
  [
    "a neighbour that is no folder",
    ["https://sts.example.com", "--token", "e30.e30.x", "--neighbour", "users/bob"],
    /write users\/bob\//,
  ],
])("is called wrongly with %s", async (_case, args, message) => {
  await expect(deployed.smoke(args)).rejects.toThrow(message);
});

describe("through the unmodified @alicloud/fc2 client, with a synthesised HTTP event", () => {
  const invoked = async (authorization: string) => {
    const { accessKeyId, accessKeySecret } = deployed.sandbox.administrator;
    const client = new Fc2(deployed.account.id, {
      accessKeyID: accessKeyId,
      accessKeySecret,
      region: deployed.sandbox.region,
      endpoint: deployed.sandbox.fc.url,
    });
    const event = fcEvent({ headers: { Authorization: authorization } });
    // fc2 signs with the Authorization header of its own: the App's can only travel in the event.
    const { data, headers } = await client.invokeFunction("any", "oss-valet", JSON.stringify(event));
    expect(headers).not.toHaveProperty("x-fc-error-type");
    const { statusCode, body } = JSON.parse(String(data)) as {
      readonly statusCode: number;
      readonly body: string;
    };
    return { statusCode, body: JSON.parse(body) as Record<string, unknown> };
  };

  it("the same exchange: credentials that open the user's folder and nothing beside it", async () => {
    const { statusCode, body } = await invoked(`Bearer ${deployed.sandbox.issuer.token({ sub: "bob" })}`);
    expect([statusCode, body["Code"], body["KeyPrefix"]]).toEqual([200, "Success", "users/bob/"]);
    const tried: (readonly [string, boolean | undefined])[] = [];
    await triedOnOss(
      body as unknown as VendedAccess,
      { neighbour: "users/alice/", ossEndpoint: deployed.sandbox.oss.url, readOnly: false },
      (what, ok) => tried.push([what, ok]),
    );
    expect(tried).toHaveLength(8);
    expect(tried.filter(([, ok]) => ok !== true)).toEqual([]);
  });

  it("the same refusal", async () => {
    const { statusCode, body } = await invoked(`Bearer ${unsigned(deployed.sandbox.issuer.token())}`);
    expect([statusCode, body["Code"]]).toEqual([401, "InvalidToken"]);
  });
});

describe("tampered tokens", () => {
  it.each(["RS256", "PS384", "ES256", "ES512", "HS512"] as const)(
    "keep everything but the key: %s",
    (algorithm) => {
      const { issuer } = deployed.sandbox;
      const token = issuer.token({}, { algorithm, secret: "s".repeat(64) });
      const [header, payload, signature] = token.split(".");
      const other = signedByAnother(token).split(".");
      expect(other.slice(0, 2)).toEqual([header, payload]);
      expect(other[2]).toHaveLength(signature?.length ?? 0);
      expect(other[2]).not.toBe(signature);
    },
  );

  it("change the claims and nothing else", () => {
    const token = deployed.sandbox.issuer.token();
    const [header, payload, signature] = withClaims(token, { aud: "another-app" }).split(".");
    expect([header, signature]).toEqual([token.split(".")[0], token.split(".")[2]]);
    expect(JSON.parse(Buffer.from(payload ?? "", "base64url").toString())).toMatchObject({
      aud: "another-app",
      sub: "alice",
    });
  });
});

function smoked(...more: readonly string[]) {
  const { issuer, oss } = deployed.sandbox;
  return deployed.smoke([url, "--token", issuer.token(), "--oss-endpoint", oss.url, ...more]);
}

/** `ok a valid token gets credentials`: what was tried, without what was seen; … for what chance made. */
function marksIn(out: string): readonly string[] {
  return [...out.matchAll(/^(ok|skip|FAIL) +((?:refused: )?(?:[^:]|: none)*)/gm)].map(
    ([, mark, tried = ""]) => `${mark} ${tried.replace(/smoke-[0-9a-f]{12}/, "smoke-…")}`,
  );
}

function failuresIn(out: string): readonly string[] {
  return [...out.matchAll(/^FAIL +(.*)$/gm)].map(([, line = ""]) => line);
}
