import { describe, expect, it } from "vitest";
import { callerCredentialsFrom } from "../../../../functions/http/caller.ts";

const PAIR = { accessKeyId: "STS.a", accessKeySecret: "s" };

describe("the caller's credentials, from FC's context or headers", () => {
  it("are three texts, or two when the token is empty: an empty token counts as none", () => {
    expect(callerCredentialsFrom({ ...PAIR, securityToken: "t" })).toEqual({ ...PAIR, securityToken: "t" });
    expect(callerCredentialsFrom({ ...PAIR, securityToken: "" })).toEqual(PAIR);
    expect(callerCredentialsFrom(PAIR)).toEqual(PAIR);
  });

  it.each([
    ["nothing", {}],
    ["an empty key", { ...PAIR, accessKeyId: "" }],
    ["an empty secret", { ...PAIR, accessKeySecret: "" }],
    ["a key that is no text", { ...PAIR, accessKeyId: 7 }],
    ["a secret alone", { accessKeySecret: "s" }],
  ])("are none with %s", (_what, given) => {
    expect(callerCredentialsFrom(given)).toBeUndefined();
  });
});
