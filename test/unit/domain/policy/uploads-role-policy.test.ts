import { describe, expect, it } from "vitest";
import { uploadsPolicyFor } from "../../../../shared/domain/policy/uploads-role-policy.ts";
import { accessFile, BUCKET, OWN_FOLDER, rulesOf } from "../../../support/valet.ts";

const PHOTOS = {
  name: "photos",
  allow: ["read", "list", "delete", "upload"],
  prefix: "photos/{sub}/",
  upload: { maxBytes: 1000, contentTypes: ["image/jpeg"] },
};

const statements = (...rules: readonly object[]) =>
  uploadsPolicyFor(rulesOf(accessFile({ rules })), BUCKET).Statement;

describe("the policy of the role that signs forms and URLs", () => {
  it("stores where rules allow upload, gets where they allow read, and nothing else", () => {
    expect(statements(PHOTOS, OWN_FOLDER)).toEqual([
      {
        Effect: "Allow",
        Action: ["oss:GetObject", "oss:PutObject"],
        Resource: "acs:oss:*:*:examplebucket/photos/*/*",
      },
      { Effect: "Allow", Action: "oss:GetObject", Resource: "acs:oss:*:*:examplebucket/users/*/*" },
    ]);
  });

  it("names a rule's own bucket", () => {
    expect(statements({ ...PHOTOS, allow: ["upload"], bucket: "other-bucket" })).toEqual([
      { Effect: "Allow", Action: "oss:PutObject", Resource: "acs:oss:*:*:other-bucket/photos/*/*" },
    ]);
  });

  it.each([
    ["only reports", { mode: "report" }],
    ["is bound to an address", { sourceIp: "request" }],
    ["is bound to TLS", { secureTransport: true }],
    ["writes with credentials only", { allow: ["write", "list"] }],
  ])("has nothing for a rule that %s", (_what, change) => {
    expect(statements({ ...OWN_FOLDER, ...change })).toEqual([
      { Effect: "Deny", Action: "oss:*", Resource: "acs:oss:*:*:*" },
    ]);
  });
});
