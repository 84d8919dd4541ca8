import { describe, expect, it } from "vitest";
import { type DownloadGrant, downloadGrantFor } from "../../../../shared/domain/grant/download-grant.ts";
import type { ObjectKey } from "../../../../shared/domain/prefix/object-key.ts";
import type { Result } from "../../../../shared/domain/refusal.ts";
import type { AccessRules } from "../../../../shared/domain/rules/rule.ts";
import { accessFile, BUCKET, principalOf, rulesOf, rulesWith } from "../../../support/valet.ts";

const PHOTOS = { name: "photos", allow: ["read"], prefix: "photos/{sub}/" };
const TEAM = {
  name: "team",
  allow: ["read", "list"],
  prefix: "teams/{team}/",
  bucket: "team-bucket",
  duration: 900,
};
const rules = rulesWith(PHOTOS, TEAM);

interface Asked {
  readonly keys?: readonly string[];
  readonly disposition?: string;
  readonly expiresSeconds?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly sourceIp?: string;
}

function decided(given: AccessRules, asked: Asked = {}): Result<DownloadGrant> {
  const { keys = ["photos/alice/a.jpg"], disposition, expiresSeconds, sourceIp } = asked;
  const wanted = { keys: keys as readonly ObjectKey[], disposition, expiresSeconds };
  const principal = principalOf(given, asked.claims ?? { sub: "alice", team: "red" });
  return downloadGrantFor(principal, given, wanted, { bucket: BUCKET, sourceIp });
}

function granted(...question: Parameters<typeof decided>): DownloadGrant {
  const result = decided(...question);
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

function refusalOf(...question: Parameters<typeof decided>) {
  const result = decided(...question);
  return result.ok ? undefined : result.refusal;
}

const notGranted = (which = "keys[0]") => ({
  code: "ACCESS_NOT_GRANTED",
  because: "no rule allows read there",
  which,
});

describe("a signed URL", () => {
  it("is for one key of one bucket, in the request's order", () => {
    expect(
      granted(rules, { keys: ["teams/red/b.jpg", "photos/alice/a.jpg"], disposition: "attachment" }),
    ).toEqual({
      downloads: [
        { bucket: "team-bucket", key: "teams/red/b.jpg", disposition: "attachment" },
        { bucket: BUCKET, key: "photos/alice/a.jpg", disposition: "attachment" },
      ],
      seconds: 600,
      rules: ["photos", "team"],
    });
    expect(granted(rules)).toMatchObject({ downloads: [{ disposition: undefined }], rules: ["photos"] });
  });

  it.each([
    ["of a neighbour", "photos/bob/a.jpg"],
    ["of a neighbour whose name begins alike", "photos/alice2/a.jpg"],
    ["of the folder above", "photos/a.jpg"],
    ["in other letters", "Photos/alice/a.jpg"],
  ])("is refused for a key %s, and with it the whole request", (_whose, key) => {
    expect(refusalOf(rules, { keys: ["photos/alice/a.jpg", key] })).toEqual(notGranted("keys[1]"));
  });

  it("is for read alone: not for write, list, delete, upload and raw actions", () => {
    const given = rulesWith({
      ...PHOTOS,
      allow: ["write", "list", "delete", "upload"],
      actions: ["oss:GetObject"],
      upload: { maxBytes: 1, contentTypes: ["image/jpeg"] },
    });
    expect(refusalOf(given)).toEqual(notGranted());
  });

  it("is never for a rule that only reports", () => {
    expect(refusalOf(rulesWith({ ...PHOTOS, mode: "report" }, TEAM))).toEqual(notGranted());
  });

  it.each([{ sourceIp: "request" }, { secureTransport: true }])(
    "is never for a rule with %o, which no URL keeps",
    (condition) => {
      expect(refusalOf(rulesWith({ ...PHOTOS, ...condition }), { sourceIp: "192.0.2.1" })).toEqual(
        notGranted(),
      );
    },
  );

  it("is for nobody whom deny names", () => {
    const given = rulesOf(accessFile({ rules: [PHOTOS], deny: [{ user: "alice" }] }));
    expect(refusalOf(given)).toEqual({ code: "ACCESS_NOT_GRANTED", because: "denied in access.yaml" });
  });

  it("is refused for a claim that is no folder's name", () => {
    expect(refusalOf(rules, { claims: { sub: "alice", team: "red/../blue" } })).toMatchObject({
      code: "CLAIM_INVALID",
      claim: "team",
    });
  });
});

describe("how long URLs live", () => {
  it("is what the App wants, and 600 seconds otherwise", () => {
    expect(granted(rules, { expiresSeconds: 3600 }).seconds).toBe(3600);
    expect(granted(rules).seconds).toBe(600);
  });

  it("is limited by the rules that grant, and only by those", () => {
    expect(refusalOf(rules, { keys: ["teams/red/b.jpg"], expiresSeconds: 901 })).toEqual({
      code: "REQUEST_INVALID",
      field: "expiresSeconds",
      problem: "is more than the rules allow; ask for 900 or less",
    });
    expect(granted(rules, { keys: ["teams/red/b.jpg"], expiresSeconds: 900 }).seconds).toBe(900);
  });
});
