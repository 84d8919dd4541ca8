import { describe, expect, it, vi } from "vitest";
import { composedService as serverOf } from "../../../functions/server/compose.ts";
import { composedService as uploadsOf } from "../../../functions/uploads/compose.ts";
import { httpRequest } from "../../support/http-requests.ts";
import { ACCESS_WITH_SECRET } from "../../support/valet.ts";

const ENVIRONMENT = {
  OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss-valet-client",
  OSS_BUCKET: "examplebucket",
  OSS_REGION: "cn-hangzhou",
  JWT_SECRET: "a secret of the tests, of 32 bytes or more",
  ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIcaller",
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret",
};

async function statuses(service: ReturnType<typeof serverOf> | ReturnType<typeof uploadsOf>) {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const paths = ["/credentials", "/uploads", "/downloads", "/healthz"];
  const answers = paths.map((path) =>
    service.handle(
      httpRequest({
        method: path === "/healthz" ? "GET" : "POST",
        path,
        headers: { authorization: undefined },
      }),
    ),
  );
  return (await Promise.all(answers)).map(({ status }) => status);
}

describe("the server", () => {
  it("has the routes of all functions", async () => {
    expect(await statuses(serverOf(ENVIRONMENT, ACCESS_WITH_SECRET))).toEqual([401, 401, 401, 200]);
  });

  it("has /credentials alone inside Function Compute: its role may not upload", async () => {
    const inside = { ...ENVIRONMENT, FC_FUNCTION_NAME: "oss-valet" };
    expect(await statuses(serverOf(inside, ACCESS_WITH_SECRET))).toEqual([401, 404, 404, 200]);
  });
});

describe("the function uploads", () => {
  const { OSS_ROLE_ARN: _role, ...environment } = ENVIRONMENT;

  it("has /uploads and /downloads, and needs no role to assume", async () => {
    expect(await statuses(uploadsOf(environment, ACCESS_WITH_SECRET, "fc-context"))).toEqual([
      404, 401, 401, 200,
    ]);
  });

  it("names every wrong setting at once", () => {
    const { ALIBABA_CLOUD_ACCESS_KEY_ID: _id, ...half } = environment;
    expect(() =>
      uploadsOf({ ...half, OSS_BUCKET: "Bad", OSS_REGION: "" }, ACCESS_WITH_SECRET, "environment"),
    ).toThrowError(
      /OSS_REGION is not set.*OSS_BUCKET is "Bad".*ALIBABA_CLOUD_ACCESS_KEY_ID is not set, but its secret is/s,
    );
    expect(() => uploadsOf({}, ACCESS_WITH_SECRET, "environment")).toThrowError(
      /set both: outside FC they call AssumeRole, and sign forms and URLs/,
    );
    expect(
      uploadsOf({ ...half, ALIBABA_CLOUD_ACCESS_KEY_SECRET: "" }, ACCESS_WITH_SECRET, "fc-context").config
        .callerCredentials,
    ).toBeUndefined();
  });
});
