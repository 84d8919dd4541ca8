import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { TokenIssuer } from "../../sandbox/idp/issuer.ts";
import { evaluate } from "../../sandbox/ram/evaluate.ts";
import { sessionNameFor } from "../../shared/domain/policy/session-name.ts";
import { hashSegment } from "../../shared/domain/prefix/prefix-template.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { BREAKING_TEXTS, NO_TEXTS, PROTOTYPE_NAMES } from "../support/hostile-texts.ts";
import { httpRequest } from "../support/http-requests.ts";
import { LOGIN, OWN_FOLDER, rulesWith } from "../support/valet.ts";
import { loginIssuer, wholeService } from "../support/whole-service.ts";

const PLAIN = rulesWith(OWN_FOLDER);
const HASHED = rulesWith({ ...OWN_FOLDER, prefix: "users/{sub:hash}/" });
const TEAM = rulesWith({ name: "team", allow: ["read", "write", "list", "delete"], prefix: "teams/{team}/" });

const VICTIM = "victim";
const VICTIMS_FOLDERS = [
  `users/${VICTIM}/`,
  `teams/${VICTIM}/`,
  `users/${hashSegment(LOGIN.issuer, VICTIM)}/`,
];

let issuer: TokenIssuer;
beforeAll(async () => {
  issuer = loginIssuer();
});

/** What a user with these claims gets, and which of the victim's things its policy opens. */
async function attack(rules: AccessRules, claims: Readonly<Record<string, unknown>>) {
  const { handle, sts, auditLog } = wholeService(issuer, rules);
  const response = await handle(
    httpRequest({ headers: { authorization: `Bearer ${issuer.token(claims)}` } }),
  );
  const policy = sts.calls[0]?.sessionPolicy;
  expect(response.status).toBeLessThan(500);
  expect(sts.calls).toHaveLength(response.status === 200 ? 1 : 0);
  expect(auditLog.entries).toHaveLength(1);
  expect(auditLog.entries[0]?.error).toBeUndefined();
  return { status: response.status, opened: policy === undefined ? [] : openedBy(policy) };
}

function openedBy(document: string): readonly string[] {
  const identity = [
    {
      name: "role",
      document: '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    },
  ];
  const allows = (action: string, resource: string, context = {}) =>
    evaluate(
      { action, resource: `acs:oss:*:1:${resource}`, context },
      { identity, session: { name: "s", document } },
    ).effect === "Allow";
  return [
    ...VICTIMS_FOLDERS.filter((folder) => allows("oss:GetObject", `examplebucket/${folder}a.jpg`)),
    ...VICTIMS_FOLDERS.filter((folder) =>
      allows("oss:ListObjects", "examplebucket", { "oss:Prefix": folder }),
    ),
    ...["", "users/", "teams/"].filter((prefix) =>
      allows("oss:ListObjects", "examplebucket", { "oss:Prefix": prefix }),
    ),
    ...["oss:ListMultipartUploads", "oss:GetBucketAcl", "oss:PutBucketPolicy"].filter((a) =>
      allows(a, "examplebucket"),
    ),
    ...["other-bucket/users/x", "examplebucket/x", "examplebucket/users/x"].filter((r) =>
      allows("oss:GetObject", r),
    ),
    ...(allows("oss:ListObjects", "examplebucket") ? ["a listing without a prefix"] : []),
  ];
}

const HARMLESS = { opened: [] };

describe("P1 to P6: a hostile user, team or hashed user is refused, or gets a folder of one's own", () => {
  it.each(BREAKING_TEXTS)("%j", async (text) => {
    expect(await attack(PLAIN, { sub: text })).toEqual({ status: 403, opened: [] });
    expect(await attack(TEAM, { sub: "mallory", team: text })).toEqual({ status: 403, opened: [] });
    expect(await attack(HASHED, { sub: text })).toEqual({
      status: text.isWellFormed() ? 200 : 403,
      opened: [],
    });
  });
});

describe("P5: a claim that is not a string makes no user and no folder", () => {
  it.each(NO_TEXTS)("%j", async (value) => {
    expect(await attack(PLAIN, { sub: value })).toEqual({ status: 403, opened: [] });
    expect(await attack(HASHED, { sub: value })).toEqual({ status: 403, opened: [] });
    expect(await attack(TEAM, { sub: "mallory", team: value })).toEqual({ status: 403, opened: [] });
  });

  it("neither does a missing claim", async () => {
    expect(await attack(PLAIN, { sub: undefined })).toEqual({ status: 403, opened: [] });
    expect(await attack(TEAM, { sub: "mallory" })).toEqual({ status: 403, opened: [] });
  });
});

describe("P6 P8: a name beside the victim's, or derived from it, is another user's", () => {
  it.each([
    "Victim",
    "VICTIM",
    "victi",
    "victim2",
    "victim.",
    "-victim",
    "victim@example.com",
    hashSegment(LOGIN.issuer, VICTIM),
    sessionNameFor({ issuerUrl: LOGIN.issuer, user: VICTIM }),
    `h_${hashSegment(LOGIN.issuer, VICTIM)}`,
  ])("%s", async (sub) => {
    for (const rules of [PLAIN, HASHED]) {
      // The plain rule's users never stand where the hashed rule's do: the build refuses both beside each other.
      const { status, opened } = await attack(rules, { sub });
      const own = rules === PLAIN ? `users/${sub}/` : `users/${hashSegment(LOGIN.issuer, sub)}/`;
      expect([status, opened.filter((one) => one !== own)]).toEqual([200, []]);
    }
  });
});

describe("P7: a long name", () => {
  it.each([128, 129, 255, 1024, 1025, 5000])("of %i characters is refused, or fits", async (length) => {
    const sub = "v".repeat(length);
    expect(await attack(PLAIN, { sub })).toEqual({ status: length <= 128 ? 200 : 403, opened: [] });
    expect(await attack(HASHED, { sub })).toEqual({ status: length <= 1024 ? 200 : 403, opened: [] });
  });

  it("of 700 CJK characters is refused, and does not cause a 500", async () => {
    expect(await attack(PLAIN, { sub: "爱".repeat(700) })).toEqual({ status: 403, opened: [] });
    expect(await attack(HASHED, { sub: "爱".repeat(700) })).toEqual({ status: 403, opened: [] });
  });
});

describe("J12 P5: names that every object has", () => {
  it.each(PROTOTYPE_NAMES)("%s is a usual name as a user, and is missing as a claim", async (name) => {
    expect(await attack(PLAIN, { sub: name })).toMatchObject(HARMLESS);
    const curious = rulesWith({ ...OWN_FOLDER, prefix: `users/{${name}}/` });
    expect(await attack(curious, { sub: "mallory" })).toEqual({ status: 403, opened: [] });
  });
});

describe("P13: privilege does not come from claims", () => {
  it.each(["allow", "actions", "prefix", "bucket", "permissions", "policy", "Statement", "duration"])(
    "a claim called %s changes nothing",
    async (claim) => {
      const { handle, sts } = wholeService(issuer, PLAIN);
      const plain = httpRequest({ headers: { authorization: `Bearer ${issuer.token({})}` } });
      const dressed = httpRequest({
        headers: { authorization: `Bearer ${issuer.token({ [claim]: ["oss:*", "users/victim/", "*"] })}` },
      });
      await handle(plain);
      await handle(dressed);
      expect(sts.calls[1]).toEqual(sts.calls[0]);
    },
  );
});

describe("P10: a reassignable claim is not the user", () => {
  it("unless the operator chooses it: the session name follows sub, whatever the e-mail", async () => {
    const { handle, sts } = wholeService(issuer, PLAIN);
    for (const email of ["a@example.com", "b@example.com"]) {
      await handle(httpRequest({ headers: { authorization: `Bearer ${issuer.token({ email })}` } }));
    }
    expect(sts.calls[1]).toEqual(sts.calls[0]);
  });
});

const vectors = process.env["TEST_VECTORS_DIR"];
const list = `${vectors}/blns.json`;

describe.skipIf(vectors === undefined || !existsSync(list))(
  "the big list of naughty strings (TEST_VECTORS_DIR)",
  () => {
    it("opens nothing of the victim's, and never causes a 500", { timeout: 120_000 }, async () => {
      const naughty: readonly string[] = JSON.parse(readFileSync(list, "utf8"));
      expect(naughty.length).toBeGreaterThan(400);
      for (const text of naughty) {
        for (const [rules, claims] of [
          [PLAIN, { sub: text }],
          [HASHED, { sub: text }],
          [TEAM, { sub: "mallory", team: text }],
        ] as const) {
          const { status, opened } = await attack(rules, claims);
          expect([200, 403]).toContain(status);
          expect(opened, JSON.stringify(text)).toEqual([]);
        }
      }
    });
  },
);
