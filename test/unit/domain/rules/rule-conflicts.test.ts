import { describe, expect, it } from "vitest";
import type { Problem } from "../../../../shared/domain/problem.ts";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, LOGIN, PARTNER } from "../../../support/valet.ts";

type RuleFields = Readonly<Record<string, unknown>>;

interface Told extends Problem {
  /** problem or warning, and its place. */
  readonly at: string;
}

/** Problems and warnings about rules that are valid one by one. */
function said(rules: readonly RuleFields[], issuers: readonly unknown[] = [LOGIN]): readonly Told[] {
  const named = rules.map((rule, index) => ({ name: `rule ${index}`, allow: ["read", "list"], ...rule }));
  const result = accessRulesFrom(accessFile({ issuers, rules: named }));
  const [kind, found] = result.ok ? ["warning", result.warnings] : ["problem", result.problems];
  return found.map(({ path, is, fix }) => ({ at: `${kind}: ${path.join(".")}`, is, fix }));
}

const pair = (a: string, b: string) => [{ prefix: a }, { prefix: b }];

/** What a rule for everybody who may read and list is told. */
const READERS =
  "write when: signed-in if everybody who has signed in may read, list there; otherwise add a when: that names who may, or write a folder of its own";

/** A literal that could be somebody's hash. */
const LIKE_A_HASH = "zalqouudr2brm72vflo32tslzfwpzdum";

describe("two prefixes that keep apart", () => {
  it.each([
    ["users/{sub}/", "teams/{team}/"],
    ["users/{sub}/", "user/{sub}/"],
    ["users/{sub}/", "users2/{sub:hash}/"],
    ["users/{sub}/", "shared/"],
    ["users/{sub}/", "users/my files/"],
    ["users/{sub}/", "users/.config/"],
    ["users/{sub:hash}/", "users/readme/"],
    ["users/{sub:hash}/", `users/${LIKE_A_HASH}a/`],
    ["users/{sub:hash}/", `users/${LIKE_A_HASH.toUpperCase()}/`],
    ["{sub}/private/", "{team}/public/"],
    ["shared/red/", "shared/redder/"],
  ])("%s and %s", (a, b) => {
    expect(said(pair(a, b))).toEqual([]);
    expect(said(pair(b, a))).toEqual([]);
  });
});

describe("two prefixes that are one place, or one inside the other, of the same user", () => {
  it.each([
    ["users/{sub}/", "users/{sub}/"],
    ["users/{sub:hash}/", "users/{sub:hash}/"],
    ["users/{sub}/", "users/{sub}/photos/"],
    ["shared/", "shared/"],
    ["shared/", "shared/red/"],
    ["{issuer}/{sub}/", "{issuer}/{sub}/x/"],
  ])("%s and %s: nothing to say", (a, b) => {
    expect(said(pair(a, b))).toEqual([]);
    expect(said(pair(b, a))).toEqual([]);
  });
});

describe("two prefixes where one user could be in another's folder", () => {
  it.each([
    ["users/{sub}/", "users/{sub:hash}/", "{sub} of one user can be {sub:hash} of another"],
    ["users/{sub}/", "users/{email}/", "{sub} of one user can be {email} of another"],
    ["users/{sub:hash}/", "users/{email:hash}/", "{sub:hash} of one user can be {email:hash} of another"],
    ["users/{sub}/", "users/admin/", '{sub} can be "admin"'],
    ["users/{sub:hash}/", `users/${LIKE_A_HASH}/`, `{sub:hash} can be "${LIKE_A_HASH}"`],
    ["{sub}/", "users/{sub}/", '{sub} can be "users"'],
    ["{sub}/", "shared/", '{sub} can be "shared"'],
    ["{team}/{sub}/", "shared/{sub}/", '{team} can be "shared"'],
    ["users/{sub}/", "users/{team}/{sub}/", "{sub} of one user can be {team} of another"],
    ["a/{sub}/x/", "a/{team}/", "{sub} of one user can be {team} of another"],
  ])("refuses %s beside %s", (a, b, because) => {
    expect(said(pair(a, b))).toEqual([
      {
        at: "problem: rules.1.prefix",
        is: `is ${JSON.stringify(b)}, which can be the same folder as ${JSON.stringify(a)} of rules[0] (${because})`,
        fix: `put one of them into a folder of its own, such as "groups/${b}"`,
      },
    ]);
    expect(said(pair(b, a)).map(({ at }) => at)).toEqual(["problem: rules.1.prefix"]);
  });

  it("refuses them also where their conditions differ: a condition is no wall between folders", () => {
    const [a, b] = pair("users/{sub}/", "users/{email}/");
    expect(
      said([
        { ...a, when: { role: "x" } },
        { ...b, when: { role: "y" } },
      ])[0]?.at,
    ).toMatch(/^problem: /);
  });

  it("refuses them in report mode too: what is tried out is meant to be enforced", () => {
    const [a, b] = pair("users/{sub}/", "users/{email}/");
    expect(said([{ ...a }, { ...b, mode: "report" }])[0]?.at).toMatch(/^problem: /);
  });
});

describe("a folder that holds other people's folders", () => {
  it("is refused for everybody", () => {
    expect(said(pair("users/", "users/{sub}/"))).toEqual([
      {
        at: "problem: rules.0.prefix",
        is: 'is "users/", which reaches every folder "users/{sub}/" of rules[1] (rule 1), for everybody',
        fix: READERS,
      },
    ]);
    expect(said(pair("users/{sub}/", "users/"))[0]).toEqual({
      at: "problem: rules.1.prefix",
      is: 'is "users/", which reaches every folder "users/{sub}/" of rules[0] (rule 0), for everybody',
      fix: READERS,
    });
  });

  it("is refused also for listing alone: names are data", () => {
    expect(said([{ prefix: "users/", allow: ["list"] }, { prefix: "users/{sub}/" }])[0]?.at).toBe(
      "problem: rules.0.prefix",
    );
  });

  it("is reported where a condition names who may", () => {
    expect(said([{ prefix: "users/", when: { role: "auditor" } }, { prefix: "users/{sub}/" }])).toEqual([
      {
        at: "warning: rules.0.prefix",
        is: 'reaches every folder "users/{sub}/" of rules[1] (rule 1): everybody who matches this rule can read, list there',
        fix: "write a narrower prefix, unless this is intended",
      },
    ]);
  });

  it("is refused also where a claim that several users share is in its name", () => {
    expect(said(pair("teams/{team}/", "teams/{team}/{sub}/"))).toEqual([
      {
        at: "problem: rules.0.prefix",
        is: 'is "teams/{team}/", which reaches every folder "teams/{team}/{sub}/" of rules[1] (rule 1), for everybody with the same {team}',
        fix: READERS,
      },
    ]);
    expect(said(pair("t/{iss:hash}/", "t/{iss:hash}/{sub}/"))[0]?.is).toMatch(
      / for everybody with the same \{iss:hash\}$/,
    );
  });

  it("is reported where a condition names who may, and what: permissions and actions", () => {
    const lead = {
      prefix: "teams/{team}/",
      allow: [],
      actions: ["oss:GetObjectAcl"],
      when: { role: "lead" },
    };
    expect(said([lead, { prefix: "teams/{team}/{sub}/" }])).toEqual([
      {
        at: "warning: rules.0.prefix",
        is: 'reaches every folder "teams/{team}/{sub}/" of rules[1] (rule 1): everybody who matches this rule can oss:GetObjectAcl there',
        fix: "write a narrower prefix, unless this is intended",
      },
    ]);
  });

  it.each([
    ["the user's own", pair("users/{sub}/", "users/{sub}/{album}/"), LOGIN],
    ["the user's own, as a digest", pair("users/{sub:hash}/", "users/{sub:hash}/{album}/"), LOGIN],
    ["its issuer's user claim", pair("u/{email}/", "u/{email}/{sub}/"), { ...LOGIN, user: "email" }],
    ["all of what the inner one names", pair("t/{team}/", "t/{team}/of/{team:hash}/"), LOGIN],
  ])("is nobody else's, and nothing is said, where its name holds %s", (_what, rules, issuer) => {
    expect(said(rules, [issuer])).toEqual([]);
  });

  it("is refused where its name holds a claim that is not its issuer's user claim", () => {
    const rules = pair("u/{sub}/", "u/{sub}/{album}/");
    expect(said(rules, [{ ...LOGIN, user: "email" }])[0]).toMatchObject({
      at: "problem: rules.0.prefix",
      is: expect.stringMatching(/^is "u\/\{sub\}\/"/),
    });
  });
});

describe("when: signed-in, for everybody who has signed in", () => {
  const owner = { prefix: "avatars/{sub}/", allow: ["read", "write", "list", "delete"] };
  const everybody = (change: RuleFields = {}) => ({ prefix: "avatars/", when: "signed-in", ...change });
  const warned = (whose: string, able = "read, list"): Told => ({
    at: "warning: rules.1.prefix",
    is: `reaches every folder "avatars/{sub}/" of rules[0] (rule 0): everybody${whose} can ${able} there`,
    fix: "write a narrower prefix, unless this is intended",
  });

  it.each([
    ["read, list", ["read", "list"]],
    ["read", ["read"]],
    ["list", ["list"]],
  ])("may %s inside of users' folders, and the operator is told", (able, allow) => {
    expect(said([owner, everybody({ allow })])).toEqual([warned(" who has signed in", able)]);
  });

  it.each<[string, RuleFields, string]>([
    ["write", { allow: ["read", "write"] }, "read, write"],
    ["delete", { allow: ["delete"] }, "delete"],
    ["use an action", { actions: ["oss:GetObjectVersion"] }, "read, list, oss:GetObjectVersion"],
  ])("may not %s there", (_what, change, able) => {
    const problem = {
      at: "problem: rules.1.prefix",
      is: `is "avatars/", which reaches every folder "avatars/{sub}/" of rules[0] (rule 0), for everybody, who could ${able} there`,
      fix: "allow only read and list, or add a when: that names who may, or write a folder of its own",
    };
    expect(said([owner, everybody(change)])).toEqual([problem]);
    // What all tokens of the issuer have names nobody either.
    expect(said([owner, everybody({ ...change, when: { aud: "photo-app" } })])).toEqual([problem]);
  });

  it("is not offered to a rule that changes objects", () => {
    expect(said([owner, { prefix: "avatars/", allow: ["read", "write"] }])).toEqual([
      {
        at: "problem: rules.1.prefix",
        is: 'is "avatars/", which reaches every folder "avatars/{sub}/" of rules[0] (rule 0), for everybody',
        fix: "add a when: that names who may, or write a folder of its own",
      },
    ]);
  });

  it("follows the advice of the refusal", () => {
    const [refusal] = said([owner, { prefix: "avatars/" }]);
    const [, advised] = /^write when: (\S+) /.exec(refusal?.fix ?? "") ?? [];
    expect(said([owner, { prefix: "avatars/", when: advised }])).toEqual([warned(" who has signed in")]);
  });

  it("names the issuer where there are several, and the claim that its prefix has", () => {
    const rules = [owner, everybody()].map((rule) => ({ ...rule, issuer: "partner" }));
    expect(said(rules, [LOGIN, PARTNER])).toEqual([warned(" who has signed in at partner")]);
    const team = [{ prefix: "t/{team}/{sub}/" }, { prefix: "t/{team}/", when: "signed-in", allow: ["read"] }];
    expect(said(team)[0]?.is).toMatch(/: everybody with the same \{team\} who has signed in can read there$/);
  });

  it.each<[string, RuleFields, RuleFields]>([
    ["the audience", { aud: "photo-app" }, LOGIN],
    ["the audience among others", { aud: ["web", "photo-app"] }, LOGIN],
    [
      "each of several audiences",
      { aud: ["web", "photo-app"] },
      { ...LOGIN, audience: ["photo-app", "web"] },
    ],
    ["an audience in another claim", { azp: "photo-app" }, { ...LOGIN, audienceClaim: "azp" }],
    ["the issuer", { iss: LOGIN.issuer }, LOGIN],
    ["issuer and audience", { iss: LOGIN.issuer, aud: "photo-app" }, LOGIN],
  ])("is the same as a when with %s: every token meets it", (_what, when, issuer) => {
    expect(said([owner, everybody({ when })], [issuer])).toEqual([warned(" who has signed in")]);
  });

  it.each<[string, RuleFields, RuleFields]>([
    ["one of several audiences", { aud: "web" }, { ...LOGIN, audience: ["photo-app", "web"] }],
    ["another audience", { aud: "admin" }, LOGIN],
    ["an audience that is not checked", { aud: "photo-app" }, { ...LOGIN, audience: null }],
    ["a claim beside the audience", { aud: "photo-app", role: "editor" }, LOGIN],
  ])("is not a when with %s", (_what, when, issuer) => {
    const write = everybody({ when, allow: ["write"] });
    const found = said([owner, write], [issuer]).filter(({ at }) => at.includes("rules"));
    expect(found).toEqual([warned(" who matches this rule", "write")]);
  });
});

describe("a folder that contains the folder of users that another rule's when names", () => {
  const ALL = ["read", "write", "list", "delete"];
  const alice = { prefix: "users/alice/", when: { sub: "alice" } };
  const red = { prefix: "teams/red/", when: { team: "red" } };
  const warned = (folder: string, who: string, able: string): Told => ({
    at: "warning: rules.1.prefix",
    is: `reaches ${folder} of rules[0] (rule 0): everybody ${who} can ${able} there`,
    fix: "write a narrower prefix, unless this is intended",
  });

  it("is a warning where a condition names other users", () => {
    const outer = { prefix: "users/", when: { email_verified: true }, allow: ALL };
    expect(said([alice, outer])).toEqual([
      warned('the folder "users/alice/"', "who matches this rule", ALL.join(", ")),
    ]);
  });

  it.each<[string, RuleFields]>([
    ["without a when", {}],
    ["with when: signed-in", { when: "signed-in" }],
    ["with a when that every token meets", { when: { aud: "photo-app" } }],
  ])("is a warning for everybody, %s", (_what, change) => {
    expect(said([red, { prefix: "teams/", ...change }])).toEqual([
      warned('the folder "teams/red/"', "who has signed in", "read, list"),
    ]);
  });

  it("is a warning where everybody shares a claim of its name", () => {
    const leads = { prefix: "t/{team}/leads/", when: { role: "lead" } };
    expect(said([leads, { prefix: "t/{team}/" }])).toEqual([
      warned('every folder "t/{team}/leads/"', "with the same {team} who has signed in", "read, list"),
    ]);
  });

  it.each<[string, RuleFields, RuleFields]>([
    ["one value more", red, { prefix: "teams/", when: { team: ["red", "blue"] } }],
    [
      "only one of two conditions",
      { ...red, when: { team: "red", role: "a" } },
      { prefix: "teams/", when: { role: "a" } },
    ],
    ["the value as another type", { ...red, when: { team: 1 } }, { prefix: "teams/", when: { team: "1" } }],
  ])("is a warning where its rule demands %s", (_what, inner, outer) => {
    expect(said([inner, outer])).toEqual([
      warned('the folder "teams/red/"', "who matches this rule", "read, list"),
    ]);
  });

  it("is a warning where the same claim comes from another issuer", () => {
    const outer = { prefix: "teams/", when: { team: "red" } };
    const rules = [
      { ...red, issuer: "login" },
      { ...outer, issuer: "partner" },
    ];
    expect(said(rules, [LOGIN, PARTNER])).toEqual([
      warned('the folder "teams/red/"', "who matches this rule", "read, list"),
    ]);
    expect(said([red, outer])).toEqual([]);
  });

  it.each<[string, RuleFields, RuleFields]>([
    ["the same users may reach", red, { prefix: "teams/", when: { team: "red" } }],
    [
      "fewer users may reach",
      { ...red, when: { team: ["red", "blue"] } },
      { prefix: "teams/", when: { team: "red", role: "lead" } },
    ],
    ["every token opens", { prefix: "docs/all/", when: { aud: "photo-app" } }, { prefix: "docs/" }],
    [
      "the same users may reach: every token has the audience",
      { ...red, when: { team: "red", aud: "photo-app" } },
      { prefix: "teams/", when: { team: "red" } },
    ],
    [
      "is the same folder",
      { prefix: "docs/", when: { role: "editor" }, allow: ["write"] },
      { prefix: "docs/" },
    ],
    [
      "is in the user's own folder",
      { prefix: "u/{sub}/pro/", when: { plan: "pro" } },
      { prefix: "u/{sub}/" },
    ],
    ["is in another folder", red, { prefix: "docs/" }],
    ["contains the other one", { prefix: "docs/", when: { role: "lead" } }, { prefix: "docs/all/" }],
  ])("is nothing to say where the inner folder %s", (_what, inner, outer) => {
    expect(said([inner, outer])).toEqual([]);
  });
});

describe("buckets", () => {
  it("keep apart where both rules name one", () => {
    expect(
      said([
        { prefix: "a/{sub}/", bucket: "bucket-one" },
        { prefix: "a/{team}/", bucket: "bucket-two" },
      ]),
    ).toEqual([]);
  });

  it.each([
    ["only one rule names one: it may be OSS_BUCKET", { bucket: "bucket-one" }, {}],
    ["both name the same", { bucket: "bucket-one" }, { bucket: "bucket-one" }],
  ])("do not where %s", (_where, a, b) => {
    expect(
      said([
        { prefix: "a/{sub}/", ...a },
        { prefix: "a/{team}/", ...b },
      ])[0]?.at,
    ).toMatch(/^problem: /);
  });
});

describe("issuers", () => {
  const both = [LOGIN, PARTNER];
  const of = (prefix: string, issuer?: string) => ({ prefix, ...(issuer === undefined ? {} : { issuer }) });

  it.each([
    ["one folder each", of("a/{sub}/", "login"), of("b/{sub}/", "partner")],
    ["digests hold their issuer", of("u/{sub:hash}/", "login"), of("u/{sub:hash}/", "partner")],
    ["one {issuer}, for both", of("{issuer}/{sub}/"), of("{issuer}/{sub}/photos/")],
    ["a shared folder without users", of("shared/", "login"), of("shared/", "partner")],
  ])("keep apart: %s", (_how, a, b) => {
    expect(said([a, b], both)).toEqual([]);
  });

  it.each([
    [
      "the same folders",
      of("u/{sub}/", "login"),
      of("u/{sub}/", "partner"),
      "{sub} of issuer login can be {sub} of issuer partner",
    ],
    ["a user called like an issuer", of("{sub}/", "login"), of("{issuer}/{sub}/"), '{sub} can be "login"'],
    [
      "a folder called like an issuer's",
      of("partner/{sub}/", "login"),
      of("{issuer}/{sub}/"),
      "{sub} of issuer login can be {sub} of issuer partner",
    ],
    [
      "a digest beside a name",
      of("u/{sub:hash}/", "login"),
      of("u/{sub}/", "partner"),
      "{sub:hash} of one user can be {sub} of another",
    ],
  ])("meet: %s", (_how, a, b, because) => {
    const lines = said([a, b], both);
    expect(lines.map(({ is }) => is).join("\n")).toContain(because);
    expect(lines.every(({ at }) => at.startsWith("problem: "))).toBe(true);
  });
});
