import Fc2 from "@alicloud/fc2";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { triedOnOss, type VendedAccess } from "../../cli/smoke/on-oss.ts";
import { signedByAnother, unsigned, withClaims } from "../../cli/smoke/tampered-token.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";
import { fcEvent } from "../support/fc-events.ts";
import { stateOf } from "../support/world-state.ts";

let deployed: Deployment;
let url: string;
let restore: () => void;

beforeAll(async () => {
  deployed = await emptyAccount();
  await deployed.provision("apply", "--yes");
  await deployed.deploy();
  url = `${deployed.sandbox.fc.url}/credentials`;
});

afterAll(async () => {
  await deployed.stop();
});

beforeEach(() => {
  restore = stateOf(deployed);
});

afterEach(() => {
  restore();
});

describe("smoke, of a deployment that is as it must be", () => {
  it("finds everything so, and leaves nothing behind", async () => {
    const expired = deployed.sandbox.issuer.token({}, { expiresInSeconds: -60 });
    const { code, out } = await smoked("--expired-token", expired);
    expect(code, out).toBe(0);
    expect(marksIn(out)).toEqual([
      "ok the function runs",
      "ok a valid token gets credentials",
      "ok no proxy may store them",
      "ok write users/alice/oss-valet-smoke-….txt",
      "ok read users/alice/oss-valet-smoke-….txt",
      "ok list users/alice/",
      "ok read in users/alice-neighbour/ is forbidden",
      "ok list users/alice-neighbour/ is forbidden",
      "ok list the whole bucket is forbidden",
      "ok write in users/alice-neighbour/ is forbidden",
      "ok delete users/alice/oss-valet-smoke-….txt",
      "ok refused: no token",
      "ok refused: a password in place of a token",
      "ok refused: a changed audience under the old signature",
      "ok refused: another user under the old signature",
      "ok refused: a token that another key signed",
      "ok refused: a token without a signature (alg: none)",
      "ok refused: an expired token",
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
    expect(bare.out).toMatch(/^All 17 as they must be\.$/m);
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
    const { code, out } = await smoked();
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
      const tooWide = "it was allowed: the rules or the role are too wide";
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

  it("where nothing answers, and where something else does", async () => {
    const token = ["--token", deployed.sandbox.issuer.token()];
    const nobody = await deployed.smoke(["http://127.0.0.1:1", ...token]);
    expect(failuresIn(nobody.out)[1]).toMatch(/^a valid token gets credentials: no answer \(.+\)/);
    deployed.sandbox.faults.add({ service: "fc", fault: { kind: "html" } });
    const page = await deployed.smoke([url, ...token]);
    expect(failuresIn(page.out)[1]).toMatch(/502, and no JSON: is this the endpoint\?/);
    expect([nobody.code, page.code]).toEqual([1, 1]);
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
});

it.each([
  ["no address", [], /needs one address/],
  ["two addresses", ["https://a.example.com", "https://b.example.com"], /needs one address/],
  ["no token", ["https://sts.example.com"], /needs a token: --token JWT, or SMOKE_TOKEN/],
  ["a token that is none", ["https://sts.example.com", "--token", "a.b.c"], /--token is no JWT/],
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
