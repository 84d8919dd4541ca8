import OSS from "ali-oss";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../../sandbox/fault-rule.ts";
import { addBucket } from "../../sandbox/world.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";
import { faultsIn } from "../support/findings.ts";
import { realNames } from "../support/real-names.ts";
import { worldIsRestored } from "../support/world-state.ts";

const OWN = "https://files.example.com";
const FILES = "files.example.com";
const PUBLIC = "examplebucket.oss-cn-hangzhou.aliyuncs.com";
const REGION = "oss-cn-hangzhou.aliyuncs.com";

let deployed: Deployment;
let fc: string;

/** Deploys with this OSS_ENDPOINT; empty: the region's own. */
async function deployedWith(endpoint: string): Promise<void> {
  Object.assign(deployed.environment, { OSS_ENDPOINT: endpoint });
  await deployed.deploy();
}

beforeAll(async () => {
  deployed = await emptyAccount();
  await deployed.provision("apply", "--yes");
  await deployedWith(OWN);
  fc = deployed.sandbox.fc.url;
});

afterAll(async () => {
  await deployed.stop();
});

worldIsRestored(() => deployed);

beforeEach(() => {
  deployed.bucket.hosts.splice(0, Number.POSITIVE_INFINITY, FILES);
  deployed.account.newToOss = true;
});

const smoked = () => deployed.smoke([fc, "--token", deployed.sandbox.issuer.token()]);

async function answered(format: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${fc}/credentials?format=${format}`, {
    headers: { authorization: `Bearer ${deployed.sandbox.issuer.token()}` },
  });
  return (await response.json()) as Record<string, unknown>;
}

describe("a bucket with its own domain, of an account that uses OSS since 2025-03-20", () => {
  it("smoke asks the domain, without the bucket before it", async () => {
    const { asked } = await realNames(deployed.sandbox.oss.url, { [FILES]: FILES });
    const { code, out } = await smoked();
    expect(code, out).toBe(0);
    expect(asked[0]).toMatch(
      /^PUT https:\/\/files\.example\.com\/users\/alice\/oss-valet-smoke-[0-9a-f]+\.txt$/,
    );
    expect(asked.filter((request) => !request.includes(" https://files.example.com/"))).toEqual([]);
  });

  it("ali-oss works with format=ali-oss as it is", async () => {
    const { asked } = await realNames(deployed.sandbox.oss.url, { [FILES]: FILES });
    const options = await answered("ali-oss");
    expect(options).toMatchObject({ endpoint: OWN, cname: true, bucket: "examplebucket" });
    const client = new OSS(options as unknown as OSS.Options);
    await client.put("users/alice/a.txt", Buffer.from("a"));
    const signed = client.signatureUrl("users/alice/a.txt");
    expect((await client.get("users/alice/a.txt")).content).toEqual(Buffer.from("a"));
    expect(signed).toMatch(/^https:\/\/files\.example\.com\/users\/alice\/a\.txt\?/);
    expect(asked).toEqual([`PUT ${OWN}/users/alice/a.txt`, `GET ${OWN}/users/alice/a.txt`]);
  });

  it("ali-oss works with what the default answer says", async () => {
    await realNames(deployed.sandbox.oss.url, { [FILES]: FILES });
    const body = await answered("default");
    const client = new OSS({
      accessKeyId: String(body["AccessKeyId"]),
      accessKeySecret: String(body["AccessKeySecret"]),
      stsToken: String(body["SecurityToken"]),
      bucket: String(body["OssBucket"]),
      region: `oss-${String(body["OssRegion"])}`,
      endpoint: String(body["OssEndpoint"]),
      cname: body["OssCname"] === "true",
      authorizationV4: true,
    });
    await client.put("users/alice/b.txt", Buffer.from("b"));
    expect(deployed.bucket.objects.has("users/alice/b.txt")).toBe(true);
  });

  it("ali-oss may get the whole default answer from refreshSTSToken: its bucket and its endpoint stay", async () => {
    const { asked } = await realNames(deployed.sandbox.oss.url, { [FILES]: FILES });
    const { OssBucket: bucket, ...body } = await answered("default");
    const client = new OSS({
      accessKeyId: "STS.old",
      accessKeySecret: "old",
      stsToken: "old",
      bucket: String(bucket),
      region: "oss-cn-hangzhou",
      endpoint: OWN,
      cname: true,
      authorizationV4: true,
      refreshSTSToken: async () => ({ OssBucket: bucket, ...body }) as never,
      refreshSTSTokenInterval: 0,
    });
    await client.put("users/alice/c.txt", Buffer.from("c"));
    expect(asked).toEqual([`PUT ${OWN}/users/alice/c.txt`]);
    expect((client as unknown as { options: object }).options).toMatchObject({
      bucket: "examplebucket",
      region: "oss-cn-hangzhou",
      cname: true,
    });
  });

  it("smoke finds an answer that does not say it: Apps would put the bucket before the domain", async () => {
    const { OssCname: _, ...old } = await answered("default");
    deployed.sandbox.faults.add({
      service: "fc",
      operation: "GET /credentials",
      fault: { kind: "answer", status: 200, body: JSON.stringify(old) },
    });
    const { code, out } = await smoked();
    expect(code).toBe(1);
    expect(out).toMatch(
      /^FAIL {3}a valid token gets credentials: OssEndpoint is https:\/\/files\.example\.com, .* no OssCname/m,
    );
  });
});

describe("the public endpoint, of an account that uses OSS since 2025-03-20", () => {
  const NAMES = { [PUBLIC]: PUBLIC, [REGION]: REGION };
  const REGION_ONLY = { OSS_ENDPOINT: "", OSS_ADMIN_ENDPOINT: "" };

  beforeAll(() => deployedWith(""));
  afterAll(() => deployedWith(OWN));

  it("is closed to ali-oss", async () => {
    await realNames(deployed.sandbox.oss.url, NAMES);
    const client = new OSS((await answered("ali-oss")) as unknown as OSS.Options);
    await expect(client.put("users/alice/a.txt", Buffer.from("a"))).rejects.toMatchObject({
      status: 400,
      code: "PublicEndpointForbidden",
    });
  });

  it("smoke says so once, and what to do", async () => {
    const { asked } = await realNames(deployed.sandbox.oss.url, NAMES);
    const { code, out } = await smoked();
    expect(code).toBe(1);
    expect(out.match(/^FAIL .*/gm)).toEqual([
      expect.stringMatching(
        /^FAIL {3}write .*: PublicEndpointForbidden: .*; bind a domain of your own .* OSS_ENDPOINT/,
      ),
    ]);
    expect(out).toContain("skip   everything else on OSS: ");
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["", REGION],
    ["https://oss-accelerate.aliyuncs.com", "oss-accelerate.aliyuncs.com"],
    ["https://cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou.oss.aliyuncs.com"],
  ])("doctor says so, and what to do, with OSS_ENDPOINT=%s", async (endpoint, host) => {
    const bucketThere = `examplebucket.${host}`;
    await realNames(deployed.sandbox.oss.url, { ...NAMES, [bucketThere]: bucketThere });
    const environment = { ...REGION_ONLY, OSS_ENDPOINT: endpoint };
    const { code, findings } = await deployed.doctor({ environment });
    expect(code).toBe(1);
    expect(faultsIn(findings)).toEqual([
      {
        check: "endpoint of examplebucket",
        outcome: "fail",
        seen: expect.stringContaining(`Apps get no object at https://${host}: PublicEndpointForbidden: `),
        fix: expect.stringMatching(/^bind a domain of your own .* OSS_ENDPOINT: .* 2025-03-20/),
      },
    ]);
  });

  it("is open to an older account: doctor finds nothing", async () => {
    deployed.account.newToOss = false;
    const { asked } = await realNames(deployed.sandbox.oss.url, NAMES);
    const { code, findings } = await deployed.doctor({ environment: REGION_ONLY });
    expect(faultsIn(findings)).toEqual([]);
    expect(code).toBe(0);
    expect(asked).toContain(`GET https://${PUBLIC}/`);
  });

  it("doctor does not ask it while it works on the local cloud", async () => {
    const { asked } = await realNames(deployed.sandbox.oss.url, NAMES);
    const { findings } = await deployed.doctor({ environment: { OSS_ENDPOINT: "" } });
    expect(faultsIn(findings)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("smoke explains an internal endpoint that nothing reaches", async () => {
    const internal = "oss-cn-hangzhou-internal.aliyuncs.com";
    await realNames(deployed.sandbox.oss.url, { [`examplebucket.${internal}`]: "elsewhere.example.com" });
    const old = { ...(await answered("default")), OssEndpoint: `https://${internal}` };
    deployed.sandbox.faults.add({
      service: "fc",
      operation: "GET /credentials",
      fault: { kind: "answer", status: 200, body: JSON.stringify(old) },
    });
    expect((await smoked()).out).toMatch(
      /^FAIL {3}write .*; oss-cn-hangzhou-internal\.aliyuncs\.com can be reached only inside Alibaba Cloud: write the public endpoint/m,
    );
  });
});

describe("doctor tests the bucket's own domain", () => {
  const XML = { "content-type": "application/xml" };
  const errorBody = (code: string) => `<Error><Code>${code}</Code><Message>No.</Message></Error>`;
  const examined = (endpoint = OWN, access: object = {}) =>
    deployed.doctor({ environment: { OSS_ENDPOINT: endpoint }, access: { ...access } });
  const domainIn = (findings: Awaited<ReturnType<typeof examined>>["findings"]) =>
    findings.filter(({ check }) => check.startsWith("domain "));

  it("leads to the bucket, and has a certificate", async () => {
    const { asked } = await realNames(deployed.sandbox.oss.url, { [FILES]: FILES });
    const { code, findings } = await examined();
    expect(code).toBe(0);
    expect(findings).toContainEqual({
      check: "OSS_ENDPOINT",
      outcome: "ok",
      seen: "files.example.com, the own domain of examplebucket: Apps put no bucket before it",
    });
    expect(domainIn(findings)).toEqual([
      {
        check: "domain files.example.com",
        outcome: "ok",
        seen: expect.stringMatching(
          /^leads to examplebucket; its certificate is valid until 20\d\d-\d\d-\d\d$/,
        ),
      },
    ]);
    expect(asked).toEqual(["GET https://files.example.com/"]);
  });

  it("each bucket's, also that of a rule", async () => {
    const docs = addBucket(deployed.sandbox.world, {
      name: "docs-bucket",
      ownerId: deployed.account.id,
      region: "cn-hangzhou",
    });
    docs.hosts.push("docs.example.com");
    const names = { [FILES]: FILES, "docs.example.com": "docs.example.com" };
    await realNames(deployed.sandbox.oss.url, names);
    const { findings } = await examined(`${OWN}, docs-bucket=https://docs.example.com`, {
      rules: [{ name: "docs", allow: ["read"], prefix: "docs/{sub}/", bucket: "docs-bucket" }],
    });
    expect(domainIn(findings).map(({ outcome, seen }) => `${outcome} ${seen.split(";")[0]}`)).toEqual([
      "ok leads to examplebucket",
      "ok leads to docs-bucket",
    ]);
  });

  it("leads to another bucket", async () => {
    const other = addBucket(deployed.sandbox.world, {
      name: "other-bucket",
      ownerId: deployed.account.id,
      region: "cn-hangzhou",
    });
    deployed.bucket.hosts.splice(0);
    other.hosts.push(FILES);
    await realNames(deployed.sandbox.oss.url, { [FILES]: FILES });
    const { code, findings } = await examined();
    expect(code).toBe(1);
    expect(faultsIn(findings)).toEqual([
      {
        check: "domain files.example.com",
        outcome: "fail",
        seen: expect.stringMatching(/^does not lead to examplebucket, but to another bucket or to none: /),
        fix: expect.stringMatching(
          /^bind files\.example\.com to examplebucket: OSS console > .* > Domain Names; or fix/,
        ),
      },
    ]);
  });

  it.each<[string, Fault, RegExp]>([
    [
      "is bound to no bucket",
      { kind: "answer", status: 404, body: errorBody("NoSuchBucket"), headers: XML },
      /^does not lead to examplebucket: NoSuchBucket/,
    ],
    ["leads to a web page", { kind: "html" }, /^does not lead to OSS: /],
    [
      "leads to something that answers 200",
      { kind: "answer", status: 200, body: "<html/>", headers: XML },
      /^does not lead to OSS/,
    ],
  ])("%s", async (_, fault, seen) => {
    const operation = "GET /?bucketInfo";
    deployed.sandbox.faults.add({ service: "oss", operation, fault });
    await realNames(deployed.sandbox.oss.url, { [FILES]: FILES });
    const { findings } = await examined();
    expect(domainIn(findings)).toMatchObject([{ outcome: "fail", seen: expect.stringMatching(seen) }]);
  });

  it("has a certificate for another name", async () => {
    const { asked } = await realNames(deployed.sandbox.oss.url, { [FILES]: "www.example.com" });
    const { findings } = await examined();
    expect(domainIn(findings)).toEqual([
      {
        check: "domain files.example.com",
        outcome: "fail",
        seen: "its certificate is for www.example.com, not for files.example.com",
        fix: "upload a certificate for files.example.com: OSS console > examplebucket > Bucket Settings > Domain Names > Certificate Hosting",
      },
    ]);
    // No signature went to a server that nobody vouches for.
    expect(asked).toEqual([]);
  });

  it.each([
    [-0.5, "fail", /^its certificate has expired$/],
    [3, "warn", /^leads to examplebucket, but its certificate ends on 20\d\d-\d\d-\d\d$/],
  ])("has a certificate that ends in %s days: %s", async (validDays, outcome, seen) => {
    await realNames(deployed.sandbox.oss.url, { [FILES]: FILES }, { validDays });
    const { findings } = await examined();
    expect(domainIn(findings)).toMatchObject([
      {
        outcome,
        seen: expect.stringMatching(seen),
        fix: expect.stringMatching(/^upload a (new )?certificate/),
      },
    ]);
  });

  it("does not exist: perhaps the bucket is written before it", async () => {
    const { findings } = await examined("https://examplebucket.files.invalid");
    expect(domainIn(findings)).toMatchObject([
      {
        check: "domain examplebucket.files.invalid",
        outcome: "fail",
        seen: expect.stringMatching(/^no answer: /),
        fix: expect.stringMatching(
          /add the CNAME record that is shown there; or write https:\/\/files\.invalid, if that is the domain/,
        ),
      },
    ]);
  });
});
