import { describe, expect, it } from "vitest";
import { runAccessTests } from "../../../cli/shared/access-tests.ts";
import { judge, sentKey } from "../../../cli/shared/evaluator.ts";
import { accessFile, OWN_FOLDER, rulesOf } from "../../support/valet.ts";

const outcomes = (change: Readonly<Record<string, unknown>>, options = {}) =>
  runAccessTests(rulesOf(accessFile(change)), options).map(({ promise, expected, got, because }) => ({
    promise,
    expected,
    got,
    because,
  }));

const promising = (can: readonly string[], cannot: readonly string[], claims: object = { sub: "alice" }) => ({
  tests: [{ claims, can, cannot }],
});

describe("promises of access.yaml", () => {
  it("are kept or broken by what the rendered policy says, with the rule and the statement", () => {
    expect(outcomes(promising(["write users/alice/a"], ["read users/alice/a", "list users/"]))).toEqual([
      {
        promise: "write users/alice/a",
        expected: "can",
        got: "can",
        because: "own folder; session policy: statement 0 allows oss:PutObject",
      },
      {
        promise: "read users/alice/a",
        expected: "cannot",
        got: "can",
        because: "own folder; session policy: statement 0 allows oss:GetObject",
      },
      {
        promise: "list users/",
        expected: "cannot",
        got: "cannot",
        because: "session policy: no statement allows oss:ListObjects",
      },
    ]);
  });

  it("need every action of a permission to be kept, and none to be kept from", () => {
    const rules = [{ ...OWN_FOLDER, allow: ["read"], actions: ["oss:PutObject"] }];
    expect(outcomes({ rules, ...promising(["write users/alice/a"], ["write users/alice/a"]) })).toMatchObject(
      [
        { expected: "can", got: "partly" },
        { expected: "cannot", got: "partly" },
      ],
    );
  });

  it.each([
    [
      "a claim that is no safe segment",
      { sub: "*" },
      "no credentials: CLAIM_INVALID (claim sub, problem has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot)",
    ],
    ["no user", {}, "no credentials: CLAIM_INVALID (claim sub, problem is missing)"],
    [
      "a user who is denied",
      { sub: "mallory" },
      "no credentials: ACCESS_NOT_GRANTED (because denied in access.yaml)",
    ],
  ])("cannot is kept for %s: no credentials", (_what, claims, because) => {
    const change = {
      deny: [{ user: "mallory" }],
      ...promising([], ["read users/alice/a"], { role: "x", ...claims }),
    };
    expect(outcomes(change)).toMatchObject([{ got: "cannot", because }]);
  });

  describe("about forms", () => {
    const PHOTOS = {
      name: "photos",
      allow: ["upload"],
      prefix: "photos/{sub}/",
      upload: { maxBytes: 2_000_000, contentTypes: ["image/*"] },
    };
    const NEVER = "upload is never in credentials: only a form of /uploads can store a file there";

    it("are judged by the rules, and by the policy of the role that signs", () => {
      const can = ["upload photos/alice/a b.jpg image/png 2MB"];
      const cannot = [
        "upload photos/alice/a.jpg image/png 2000001",
        "upload photos/alice/a.html text/html 1kB",
        "upload photos/bob/a.jpg image/png 1kB",
        "upload oss://other-bucket/photos/alice/a.jpg image/png 1kB",
      ];
      expect(outcomes({ rules: [PHOTOS], ...promising(can, cannot) })).toMatchObject([
        { got: "can", because: "photos; role policy: statement 0 allows oss:PutObject" },
        { got: "cannot", because: "no form: rule photos allows 2000000 bytes" },
        { got: "cannot", because: "no form: rule photos does not allow this content type" },
        { got: "cannot", because: "no form: no rule allows upload there" },
        { got: "cannot", because: "a form for this key is for the bucket OSS_BUCKET" },
      ]);
    });

    it("are no for somebody whom no rule knows, and for rules that only report", () => {
      const promises = promising([], ["upload photos/alice/a.jpg image/png 1kB"], { name: "alice" });
      expect(outcomes({ rules: [PHOTOS], ...promises })).toMatchObject([
        { got: "cannot", because: "no form: CLAIM_INVALID (claim sub, problem is missing)" },
      ]);
      const reporting = [{ ...PHOTOS, mode: "report" }, OWN_FOLDER];
      expect(
        outcomes({ rules: reporting, ...promising([], ["upload photos/alice/a.jpg image/png 1kB"]) }),
      ).toMatchObject([{ got: "cannot", because: "no form: no rule that matches allows upload" }]);
    });

    it("say that upload is no write, with credentials for other things and without any", () => {
      const promises = promising(["write photos/alice/x/../a.jpg", "read photos/alice/a.jpg"], []);
      expect(outcomes({ rules: [PHOTOS], ...promises })).toMatchObject([
        {
          got: "cannot",
          because: `no credentials: ACCESS_NOT_GRANTED (because the rules that match allow only upload); ${NEVER}`,
        },
        {
          got: "cannot",
          because: "no credentials: ACCESS_NOT_GRANTED (because the rules that match allow only upload)",
        },
      ]);
      expect(outcomes({ rules: [PHOTOS, OWN_FOLDER], ...promises })).toMatchObject([
        {
          got: "cannot",
          because: `sent as photos/alice/a.jpg; session policy: no statement allows oss:PutObject; ${NEVER}`,
        },
        { got: "cannot", because: "session policy: no statement allows oss:GetObject" },
      ]);
    });

    it("say nothing of forms where the user gets none", () => {
      const change = { deny: [{ user: "alice" }], ...promising(["write photos/alice/a.jpg"], []) };
      expect(outcomes({ rules: [PHOTOS], ...change })).toMatchObject([
        { because: "no credentials: ACCESS_NOT_GRANTED (because denied in access.yaml)" },
      ]);
      expect(
        outcomes({ rules: [PHOTOS, OWN_FOLDER], ...promising(["write photos/bob/a.jpg"], []) }),
      ).toMatchObject([{ because: "session policy: no statement allows oss:PutObject" }]);
    });
  });

  it("stand for a token of now, so that an incident's issuedBefore does not break them", () => {
    const change = {
      deny: [{ issuedBefore: "2026-11-23T10:00:00Z" }],
      ...promising(["read users/alice/a"], []),
    };
    expect(outcomes(change, { nowMs: Date.UTC(2026, 10, 23, 11) })).toMatchObject([{ got: "can" }]);
    expect(outcomes(change, { nowMs: Date.UTC(2026, 10, 23, 9) })).toMatchObject([{ got: "cannot" }]);
  });

  it("name other buckets, and do not mistake one for another", () => {
    const rules = [OWN_FOLDER, { name: "other", allow: ["read"], prefix: "a/", bucket: "other-bucket" }];
    const change = {
      rules,
      ...promising(["read oss://other-bucket/a/b"], ["read a/b", "read oss://other-bucket/users/alice/a"]),
    };
    expect(outcomes(change).map(({ got }) => got)).toEqual(["can", "cannot", "cannot"]);
    expect(outcomes(change, { bucket: "other-bucket" }).map(({ got }) => got)).toEqual(["can", "can", "can"]);
  });

  it("reach rules with sourceIp and secureTransport: one address, over TLS", () => {
    const rules = [{ ...OWN_FOLDER, sourceIp: "request", secureTransport: true }];
    expect(outcomes({ rules, ...promising(["read users/alice/a", "list users/alice/"], []) })).toMatchObject([
      { got: "can" },
      { got: "can" },
    ]);
  });

  it("do not count what a rule in report mode would grant", () => {
    const rules = [OWN_FOLDER, { name: "trial", allow: ["read"], prefix: "public/", mode: "report" }];
    expect(outcomes({ rules, ...promising(["read users/alice/a"], ["read public/a"]) })).toMatchObject([
      { got: "can" },
      { got: "cannot" },
    ]);
  });
});

describe("a key with path steps", () => {
  it.each([
    ["users/alice/../bob/a.jpg", "users/bob/a.jpg"],
    ["users/alice/./a.jpg", "users/alice/a.jpg"],
    ["users/alice/..", "users/"],
    ["../../etc", "etc"],
    ["users/alice/..a.jpg", "users/alice/..a.jpg"],
    ["users//a.jpg", "users//a.jpg"],
    ["a", "a"],
  ])("%s is sent as %s, as URL does it", (key, sent) => {
    expect(sentKey({ permission: "read", key })).toBe(sent);
    expect(new URL(`https://bucket.example/${key}`).pathname.slice(1)).toBe(sent);
  });

  it("stays as it is where it is a listed prefix", () => {
    expect(sentKey({ permission: "list", key: "users/alice/../" })).toBe("users/alice/../");
  });

  it("keeps nobody in: alice's credentials do not open bob's folder through hers", () => {
    const change = promising(["write users/bob/../alice/a"], ["write users/alice/../bob/a"]);
    expect(outcomes(change).map(({ got, because }) => [got, because])).toEqual([
      ["can", "sent as users/alice/a; own folder; session policy: statement 0 allows oss:PutObject"],
      ["cannot", "sent as users/bob/a; session policy: no statement allows oss:PutObject"],
    ]);
  });
});

describe("judging", () => {
  const allow = (resource: string) =>
    JSON.stringify({ Version: "1", Statement: [{ Effect: "Allow", Action: "oss:*", Resource: resource }] });
  const question = { permission: "read", bucket: "b-1", key: "users/alice/a" } as const;
  const from = { sourceIp: "192.0.2.1" };

  it("needs both policies: the session's cannot add to the role's", () => {
    const [all, bobs] = [allow("acs:oss:*:*:b-1/*"), allow("acs:oss:*:*:b-1/users/bob/*")];
    expect(judge(question, { session: all, role: all }, from).verdict).toBe("allowed");
    expect(judge(question, { session: all, role: bobs }, from).verdict).toBe("denied");
    expect(judge(question, { session: bobs, role: all }, from).verdict).toBe("denied");
  });

  it("lets each policy speak for itself", () => {
    const judged = judge(question, { session: allow("*"), role: allow("acs:oss:*:*:b-2/*") }, from);
    expect(judged.actions[0]?.voices).toEqual([
      { layer: "session policy", effect: "Allow", statement: 0 },
      { layer: "identity policy", effect: "Deny", statement: undefined },
    ]);
  });
});
