import OSS from "ali-oss";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type OssClient, ossClient } from "../../client/src/ali-oss.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { liveSessions } from "./live-sessions.ts";

const KEY = "users/alice/été & co/a+b (1)*'!~%.txt";
const oss = await ossForTests();

beforeEach(async () => {
  await (await ossClient(OSS, liveSessions(oss))).put(KEY, Buffer.from("bonjour"));
});

/** Each way to sign a URL, and what its end is called. */
const WAYS: readonly [string, (client: OssClient<OSS>, seconds: number) => string | Promise<string>][] = [
  ["signatureUrlV4", (client, seconds) => client.signatureUrlV4("GET", seconds, {}, KEY)],
  ["asyncSignatureUrl", (client, expires) => client.asyncSignatureUrl(KEY, { expires })],
  ["signatureUrl", (client, expires) => client.signatureUrl(KEY, { expires })],
];

describe.each(WAYS)("%s", (_, sign) => {
  it("opens the object for anybody", async () => {
    const client = await ossClient(OSS, liveSessions(oss));
    expect(await opened(await sign(client, 60))).toEqual([200, "bonjour"]);
  });

  it("ends when the App wants it, in server time, whatever the device's clock says", async () => {
    for (const minutes of [-20, 0, 20]) {
      onTestFinished(() => oss.clock.skew(0));
      oss.clock.skew(minutes * 60_000);
      const client = await ossClient(OSS, liveSessions(oss));
      const url = await sign(client, 60);
      expect(await opened(url), `${minutes}`).toEqual([200, "bonjour"]);
      const seconds = (endMsOf(url) - oss.clock.nowMs()) / 1000;
      expect(seconds, `${minutes}`).toBeGreaterThan(57);
      expect(seconds, `${minutes}`).toBeLessThanOrEqual(60);
    }
  });

  it("says no later end than that of the keys, because OSS refuses it from then on", async () => {
    const credentials = liveSessions(oss);
    const client = await ossClient(OSS, credentials);
    const { expiresAt } = await credentials.get();
    const lateMs = +expiresAt - endMsOf(await sign(client, 7200));
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(2000);
  });
});

describe("keys that have ended", () => {
  it.each(WAYS.slice(0, 2))("%s waits for new ones", async (_, sign) => {
    const client = await ossClient(OSS, liveSessions(oss));
    oss.clock.advance(900_000);
    expect(await opened(await sign(client, 60))).toEqual([200, "bonjour"]);
  });

  it.each<[string, (client: Signing) => unknown]>([
    ["signatureUrl", (client) => client.signatureUrl(KEY)],
    ["calculatePostSignature", (client) => client.calculatePostSignature({ conditions: [] })],
    ["signPostObjectPolicyV4", (client) => client.signPostObjectPolicyV4({ conditions: [] }, new Date())],
    ["getRtmpUrl", (client) => client.getRtmpUrl("channel")],
  ])("%s, which cannot wait, says so, and works at the next call", async (name, sign) => {
    const client = (await ossClient(OSS, liveSessions(oss))) as unknown as Signing;
    oss.clock.advance(900_000);
    expect(() => sign(client)).toThrow(
      expect.objectContaining({
        name: "ValetError",
        code: "InvalidArgument",
        message: `${name} cannot wait for new credentials, and the present ones have ended: write await client.signatureUrlV4(…), or call it again`,
      }),
    );
    await Promise.resolve();
    expect(sign(client)).toEqual(expect.anything());
  });
});

describe("signatureUrlV4", () => {
  it("signs what ali-oss' own signs, byte for byte, at the same moment with the same keys", async () => {
    const credentials = liveSessions(oss);
    const { accessKeyId, accessKeySecret, securityToken, expiresAt } = await credentials.get();
    vi.useFakeTimers({ toFake: ["Date"], now: +expiresAt - 600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const client = await ossClient(OSS, { ...credentials, now: Date.now });
    const own = new OSS({
      accessKeyId,
      accessKeySecret,
      stsToken: securityToken,
      refreshSTSTokenInterval: 1,
      bucket: "examplebucket",
      region: "oss-cn-hangzhou",
      endpoint: `http://localhost:${oss.port}`,
      authorizationV4: true,
      ...({ sldEnable: true } as object),
    }) as OssClient<OSS>;
    const calls: readonly Parameters<typeof client.signatureUrlV4>[] = [
      ["GET", 60, {}, KEY],
      ["GET", 600, undefined, KEY],
      [
        "PUT",
        60,
        { headers: { "Content-Type": "image/png", "x-oss-meta-a": "b", Host: "h" } },
        KEY,
        ["Host", "host"],
      ],
      ["GET", 60, { queries: { "x-oss-process": "image/resize,w_100", acl: null } }, "users/alice/a b.txt"],
    ];
    for (const args of calls) {
      const [mine, theirs] = await Promise.all([client.signatureUrlV4(...args), own.signatureUrlV4(...args)]);
      expect(partsOf(mine)).toEqual(partsOf(theirs));
    }
  });

  it("never mixes the keys of two answers, where ali-oss' own does", async () => {
    const credentials = liveSessions(oss);
    const first = await credentials.get();
    const own = new OSS({
      ...keysOf(first),
      refreshSTSToken: async () => keysOf(await credentials.get()),
      refreshSTSTokenInterval: 0,
      bucket: "examplebucket",
      region: "oss-cn-hangzhou",
      endpoint: `http://localhost:${oss.port}`,
      authorizationV4: true,
      ...({ sldEnable: true } as object),
    }) as OssClient<OSS>;
    const client = await ossClient(OSS, credentials);
    oss.clock.advance(600_000);
    const [mine, theirs] = await Promise.all(
      [client, own].map(async (one) => opened(await one.signatureUrlV4("GET", 60, {}, KEY))),
    );
    expect(theirs?.[0]).toBe(403);
    expect(mine).toEqual([200, "bonjour"]);
  });
});

it("the App's options for signatureUrl hold no token afterwards", async () => {
  const client = await ossClient(OSS, liveSessions(oss));
  const options = { expires: 60 };
  await client.asyncSignatureUrl(KEY, options);
  client.signatureUrl(KEY, options);
  expect(options).toEqual({ expires: 60 });
});

/** Signing methods of ali-oss that its types leave out, or type otherwise. */
interface Signing {
  signatureUrl(name: string): string;
  calculatePostSignature(policy: object): object;
  signPostObjectPolicyV4(policy: object, date: Date): string;
  getRtmpUrl(channel: string): string;
}

function keysOf(credentials: Awaited<ReturnType<ReturnType<typeof liveSessions>["get"]>>) {
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  return { accessKeyId, accessKeySecret, stsToken: securityToken };
}

async function opened(url: string): Promise<readonly [number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

/** Milliseconds since 1970. */
function endMsOf(url: string): number {
  const query = new URL(url).searchParams;
  const [date, seconds] = [query.get("x-oss-date"), Number(query.get("x-oss-expires"))];
  if (date === null) return Number(query.get("Expires")) * 1000;
  const iso = date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)/, "$1-$2-$3:$4:");
  return Date.parse(iso) + seconds * 1000;
}

function partsOf(url: string): object {
  const { origin, pathname, searchParams } = new URL(url);
  return { origin, pathname, query: Object.fromEntries(searchParams) };
}
