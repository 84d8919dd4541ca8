import { expect, it, vi } from "vitest";
import type { SessionPolicy } from "../../shared/domain/policy/session-policy.ts";
import { granted } from "../../shared/domain/refusal.ts";
import { httpRequest } from "../support/http-requests.ts";
import { OWN_FOLDER, rulesWith } from "../support/valet.ts";
import { loginIssuer, wholeService } from "../support/whole-service.ts";

const rendered = vi.hoisted(() => ({ text: "" }));

// A renderer with a bug: whatever was granted, it gives this text.
vi.mock("../../shared/domain/policy/session-policy.ts", async (original) => ({
  ...(await original<object>()),
  sessionPolicyFor: () => granted(rendered.text as SessionPolicy),
}));

it.each([
  [
    "the whole bucket",
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:examplebucket/*"}]}',
  ],
  ["nothing at all: STS would take no policy for the whole role", ""],
])("P12: a policy for %s never reaches STS; the answer is 500, and the log says why", async (_what, text) => {
  rendered.text = text;
  const { handle, issuer, sts, auditLog } = wholeService(loginIssuer(), rulesWith(OWN_FOLDER));
  const response = await handle(httpRequest({ headers: { authorization: `Bearer ${issuer.token()}` } }));
  expect([response.status, JSON.parse(response.body).Code]).toEqual([500, "ServerError"]);
  expect(sts.calls).toEqual([]);
  expect(auditLog.entries).toMatchObject([{ refusal: { code: "SESSION_POLICY_UNPROVEN" } }]);
});
