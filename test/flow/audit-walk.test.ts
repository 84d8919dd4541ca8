import OSS from "ali-oss";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256Of } from "../../shared/domain/digest.ts";
import type { CredentialsBody } from "../../shared/wire.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";

/** docs/audit.md, "Follow one user": from the App's RequestId to what the user did, with the control API alone. */
let deployment: Deployment;
beforeAll(async () => {
  deployment = await emptyAccount();
  expect(await deployment.provision("apply", "--yes")).toMatchObject({ code: 0 });
  await deployment.deploy();
});
afterAll(() => deployment.stop());

async function control<T>(path: string): Promise<T> {
  const response = await fetch(`${deployment.sandbox.control.url}${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

async function credentialsOf(token: string): Promise<CredentialsBody> {
  const response = await fetch(`${deployment.sandbox.fc.url}/credentials`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as CredentialsBody;
}

function ossOf(credentials: CredentialsBody): OSS {
  return new OSS({
    accessKeyId: credentials.AccessKeyId,
    accessKeySecret: credentials.AccessKeySecret,
    stsToken: credentials.SecurityToken,
    bucket: deployment.sandbox.bucket,
    endpoint: deployment.sandbox.oss.url,
    sldEnable: true,
    region: `oss-${deployment.sandbox.region}`,
    authorizationV4: true,
  } as OSS.Options);
}

interface Line {
  readonly json?: Readonly<Record<string, string>>;
}

interface TrailEvent {
  readonly requestId: string;
  readonly requestParameters: Readonly<Record<string, string>>;
  readonly responseElements: { readonly Credentials: { readonly AccessKeyId: string } };
}

describe("following one user", () => {
  it("leads from the App's RequestId over our line and ActionTrail to each request that the key made", async () => {
    const token = deployment.sandbox.issuer.token({ sub: "alice", jti: "token-1" });
    const alice = await credentialsOf(token);
    const again = await credentialsOf(token);
    const bob = await credentialsOf(deployment.sandbox.issuer.token({ sub: "bob" }));
    const client = ossOf(alice);
    await client.put("users/alice/hello world.txt", Buffer.from("Hello"));
    await client.get("users/alice/hello world.txt");
    await expect(client.get("users/bob/hello.txt")).rejects.toMatchObject({ code: "AccessDenied" });
    await ossOf(bob).put("users/bob/hello.txt", Buffer.from("Bob"));

    // 1. The App tells the RequestId of any of its answers.
    const lines = await control<readonly Line[]>(`/log?requestId=${again.RequestId}`);
    const line: Readonly<Record<string, string>> =
      lines.map(({ json }) => json).find((json) => json !== undefined) ?? {};
    expect(line).toMatchObject({
      code: "Success",
      tokenId: "token-1",
      tokenSha256: sha256Of(token),
      cachedIn: "memory",
      accessKeyId: alice.AccessKeyId,
      prefixes: [`${deployment.sandbox.bucket}/users/alice/`],
    });

    // 2. stsRequestId is the requestId of ActionTrail's event; a kept key has the event of the call that made it.
    const events = await control<readonly TrailEvent[]>(`/actiontrail?requestId=${line["stsRequestId"]}`);
    expect(events).toMatchObject([
      {
        eventName: "AssumeRole",
        userIdentity: { type: "assumed-role" },
        requestParameters: { RoleSessionName: line["sessionName"] },
        responseElements: { Credentials: { AccessKeyId: alice.AccessKeyId } },
        errorCode: "",
      },
    ]);
    expect(sha256Of(events[0]?.requestParameters["Policy"] ?? "")).toBe(line["policySha256"]);

    // 3. The access key is the last but one field of OSS's access log.
    const log = await control<readonly string[]>(`/oss-access-log?accessKeyId=${line["accessKeyId"]}`);
    const told = log.map((text) =>
      /" (\d{3}) \d+ .* "(\w+)" "[^"]+" "([^"]+)" \S+ \d+ "(\S+)" \d+ /.exec(text)?.slice(1),
    );
    expect(told).toEqual([
      ["200", "PutObject", "users%2Falice%2Fhello%20world.txt", "-"],
      ["200", "GetObject", "users%2Falice%2Fhello%20world.txt", "-"],
      ["403", "GetObject", "users%2Fbob%2Fhello.txt", "AccessDenied"],
    ]);
    expect(log.every((text) => text.includes(`"${alice.AccessKeyId}"`))).toBe(true);

    // Neither of them has what opens anything.
    const all = JSON.stringify([await control("/actiontrail"), await control("/oss-access-log"), lines]);
    for (const secret of [
      alice.AccessKeySecret,
      alice.SecurityToken,
      bob.AccessKeySecret,
      bob.SecurityToken,
      token,
    ])
      expect(all).not.toContain(secret);
  });
});
