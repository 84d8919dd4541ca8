import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { ENGLISH, type ExplanationTexts } from "../../client/src/explain/english.ts";
import { explainOssError } from "../../client/src/index.ts";
import {
  aliOss,
  aliOssAt,
  folderStatements,
  type OssKey,
  sessionKey,
  tamperingOss,
  userKey,
} from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

/** The errors of ali-oss as it is, from the sandbox's OSS. */
const oss = await ossForTests();
let alice: OssKey;

beforeEach(async () => {
  alice = sessionKey(oss, folderStatements("users/alice/", "oss:GetObject", "oss:PutObject"));
  await aliOss(oss, oss.administrator, "V4").put("users/alice/a.txt", Buffer.from("a"));
});

async function thrownBy(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

const get = (key: OssKey, name = "users/alice/a.txt") => aliOss(oss, key, "V4").get(name);

describe("an error of ali-oss is explained by the row for", () => {
  it.each<[keyof ExplanationTexts, () => Promise<unknown>]>([
    ["0003-00000301|authorizer's policy", () => get(alice, "users/bob/a.txt")],
    ["0003-00000301|authorizer's policy", () => aliOss(oss, alice, "V4").listV2({})],
    ["0003-00000301|authorizer's policy", () => aliOss(oss, alice, "V4").head("users/bob/a.txt")],
    ["0003-00000001|bucket acl", () => get(userKey(oss, [], "nobody"))],
    [
      "0003-00001403|specified endpoint",
      () => aliOssAt(oss, alice, "http://oss-cn-beijing.aliyuncs.com").get("x"),
    ],
    [
      "NoSuchBucket|InvalidBucketName|SecondLevelDomain",
      () => aliOss(oss, alice, "V4", { bucket: "another-bucket" }).get("x"),
    ],
    ["NoSuchKey", () => get(alice, "users/alice/none.txt")],
    ["NoSuchKey", () => aliOss(oss, alice, "V4").head("users/alice/none.txt")],
    [
      "NoSuchUpload",
      () =>
        aliOss(oss, oss.administrator, "V4").listParts("users/alice/a.txt", "none", {
          "max-parts": 10,
          "part-number-marker": 0,
          "encoding-type": "url",
        }),
    ],
    [
      "FileAlreadyExists",
      () =>
        aliOss(oss, alice, "V4").put("users/alice/a.txt", Buffer.from("b"), {
          headers: { "x-oss-forbid-overwrite": "true" },
        }),
    ],
    ["SignatureDoesNotMatch", () => get({ ...alice, accessKeySecret: "another" })],
    [
      "SignatureDoesNotMatch",
      () =>
        tamperingOss(oss, alice, "V4", ({ url }) => ({ url: `${url}?versionId=1` })).get("users/alice/a.txt"),
    ],
    ["InvalidSecurityToken", () => get({ ...alice, stsToken: alice.stsToken?.slice(0, -8) ?? "" })],
    [
      "SecurityTokenNotMatch|0002-00000002|0002-00000003",
      () => get({ accessKeyId: alice.accessKeyId, accessKeySecret: alice.accessKeySecret }),
    ],
    [
      "SecurityTokenNotMatch|0002-00000002|0002-00000003",
      () => get({ ...alice, stsToken: sessionKey(oss).stsToken ?? "" }),
    ],
    [
      "SecurityTokenExpired|InvalidAccessKeyId|InvalidSecurityToken.Expired",
      () => {
        oss.clock.advance(3_600_000);
        return get(alice);
      },
    ],
    [
      "SecurityTokenExpired|InvalidAccessKeyId|InvalidSecurityToken.Expired",
      () => get({ ...alice, accessKeyId: "STS.nobody" }),
    ],
    [
      "RequestTimeTooSkewed|0002-00000235|signing date",
      () => {
        oss.clock.skew(16 * 60_000);
        return get(alice);
      },
    ],
  ])("%s", async (row, call) => {
    const { cause, fix } = explainOssError(await thrownBy(call));
    expect([cause, fix]).toEqual(ENGLISH[row]);
  });

  it("a host where nothing listens, for ali-oss and for fetch", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const row =
      ENGLISH["Network|RequestError|AccessForbidden|to fetch|fetch failed|Load failed|ECONN|ENOTFOUND|EAI_"];
    for (const call of [
      () => aliOss(oss, alice, "V4", { endpoint: `http://127.0.0.1:${port}` }).get("a.txt"),
      () => fetch(`http://127.0.0.1:${port}/`),
    ]) {
      const { cause, fix } = explainOssError(await thrownBy(call));
      expect([cause, fix]).toEqual(row);
    }
  });
});

it("with the EC, its page and the request id, as ali-oss gives them", async () => {
  const error = await thrownBy(() => get(alice, "users/bob/a.txt"));
  expect(explainOssError(error)).toMatchObject({
    code: "AccessDenied",
    ec: "0003-00000301",
    requestId: oss.world.journal.at(-1)?.requestId,
    learnMore: "https://api.aliyun.com/troubleshoot?q=0003-00000301",
  });
});
