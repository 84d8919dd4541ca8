import { describe, expect, it } from "vitest";
import type { Problem } from "../../../../shared/domain/problem.ts";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, grantOf, LOGIN, rulesOf } from "../../../support/valet.ts";

const TOKEN = {
  sub: "u1",
  team: "red",
  email: "u1@example.com",
  "custom:team": "red",
  app_metadata: { team: "red" },
};

type Change = Readonly<Record<string, unknown>>;

const fileWith = (prefix: string, change: Change = {}) =>
  accessFile({ rules: [{ name: "r", allow: ["read"], prefix }], ...change });

function problemWith(prefix: string, change: Change = {}): Problem | undefined {
  const result = accessRulesFrom(fileWith(prefix, change));
  if (result.ok) return undefined;
  expect(result.problems).toHaveLength(1);
  const [{ path, is, fix } = { path: [], is: "", fix: "" }] = result.problems;
  expect(path).toEqual(["rules", 0, "prefix"]);
  return { is, fix };
}

/** Does what the advice says, without thinking: each of its quoted texts is a whole prefix, or one segment of it. */
function followed(prefix: string, { is, fix }: Problem): readonly string[] {
  const [said = ""] = /"(?:[^"\\]|\\.)*"/.exec(is) ?? [];
  const wrong = said === "" ? "" : (JSON.parse(said) as string);
  return [...fix.matchAll(/"(?:[^"\\]|\\.)*"/g)].flatMap(([text]) => {
    const advised = JSON.parse(text) as string;
    if (fix.startsWith(`delete ${text}`) && advised === wrong) return [prefix.replace(wrong, "")];
    const isSegment = is.includes("fills a whole segment") || !advised.endsWith("/");
    return [isSegment ? prefix.replace(wrong, advised.replace(/\/$/, "")) : advised];
  });
}

/** The prefixes that are left when all advice is followed until there is none. */
function adviceFollowed(prefix: string, change: Change = {}, steps = 4): readonly string[] {
  const problem = problemWith(prefix, change);
  if (problem === undefined) return [prefix];
  expect(steps, `${prefix}: ${problem.is}; ${problem.fix}`).toBeGreaterThan(0);
  const next = followed(prefix, problem);
  expect(next.length, `no prefix is advised: ${problem.fix}`).toBeGreaterThan(0);
  return next.flatMap((one) => adviceFollowed(one, change, steps - 1));
}

const openedBy = (prefix: string, change: Change = {}) =>
  grantOf(rulesOf(fileWith(prefix, change)), TOKEN).statements.map((statement) => String(statement.prefix));

const PLACEHOLDER = (...parts: readonly string[]) =>
  `has ${parts.map((part) => JSON.stringify(part)).join(", ")}, which ${parts.length > 1 ? "are placeholders" : "is a placeholder"} of another product`;
const COVERS = (part: string) =>
  `has ${JSON.stringify(part)}, but a prefix already covers everything below it`;

describe("a placeholder of another product is refused, with the prefix that means the same here", () => {
  it.each([
    // Firebase Storage
    ["images/{userId}/{rest=**}", PLACEHOLDER("{userId}", "{rest=**}"), "images/{sub}/"],
    ["images/{userId}/{allPaths=**}/", PLACEHOLDER("{userId}", "{allPaths=**}"), "images/{sub}/"],
    ["images/{userId}/{imageId}", PLACEHOLDER("{userId}", "{imageId}"), "images/{sub}/"],
    ["users/{userId=*}/", PLACEHOLDER("{userId=*}"), "users/{sub}/"],
    ["public/{fileName=*}", COVERS("{fileName=*}"), "public/"],
    ["users/{request.auth.uid}/{rest=**}", PLACEHOLDER("{request.auth.uid}", "{rest=**}"), "users/{sub}/"],
    ["users/request.auth.uid/", PLACEHOLDER("request.auth.uid"), "users/{sub}/"],
    ["users/$uid/", PLACEHOLDER("$uid"), "users/{sub}/"],
    ["users/$(uid)/", PLACEHOLDER("$(uid)"), "users/{sub}/"],
    // Cognito, IAM, RAM, Vault
    [
      "private/\x24{cognito-identity.amazonaws.com:sub}/*",
      PLACEHOLDER("\x24{cognito-identity.amazonaws.com:sub}", "*"),
      "private/{sub}/",
    ],
    [
      "private/\x24{identity.example.com:sub}/",
      PLACEHOLDER("\x24{identity.example.com:sub}"),
      "private/{sub}/",
    ],
    ["home/\x24{aws:username}/*", PLACEHOLDER("\x24{aws:username}", "*"), "home/{sub}/"],
    ["t/\x24{aws:PrincipalTag/team}/", PLACEHOLDER("\x24{aws:PrincipalTag/team}"), "t/{team}/"],
    ["t/\x24{acs:PrincipalTag/team}", PLACEHOLDER("\x24{acs:PrincipalTag/team}"), "t/{team}/"],
    ["t/\x24{custom:team}/", PLACEHOLDER("\x24{custom:team}"), "t/{custom:team}/"],
    ["t/{{identity.entity.id}}/", PLACEHOLDER("{{identity.entity.id}}"), "t/{sub}/"],
    // Templates
    ["files/{{user}}/", PLACEHOLDER("{{user}}"), "files/{sub}/"],
    ["files/{{sub}}", PLACEHOLDER("{{sub}}"), "files/{sub}/"],
    ["files/{{ user.id }}/", PLACEHOLDER("{{ user.id }}"), "files/{sub}/"],
    ["files/\x24{{ team }}/", PLACEHOLDER("\x24{{ team }}"), "files/{team}/"],
    ["files/\x24{sub:hash}/", PLACEHOLDER("\x24{sub:hash}"), "files/{sub:hash}/"],
    [
      "files/#{team}/%{uid}/@{user}/",
      PLACEHOLDER("#{team}", "%{uid}", "@{user}"),
      "files/{team}/{sub}/{sub}/",
    ],
    ["files/{$uid}/", PLACEHOLDER("{$uid}"), "files/{sub}/"],
    ["files/<uid>/", PLACEHOLDER("<uid>"), "files/{sub}/"],
    ["files/<int:user_id>/<path:rest>", PLACEHOLDER("<int:user_id>", "<path:rest>"), "files/{sub}/"],
    ["files/%uid%/", PLACEHOLDER("%uid%"), "files/{sub}/"],
    ["files/%(uid)s/", PLACEHOLDER("%(uid)s"), "files/{sub}/"],
    ["users/%7Bsub%7D/", PLACEHOLDER("%7Bsub%7D"), "users/{sub}/"],
    // Routers
    ["users/:userId/", PLACEHOLDER(":userId"), "users/{sub}/"],
    ["users/:sub/", PLACEHOLDER(":sub"), "users/{sub}/"],
    ["t/:team/:path*", PLACEHOLDER(":team", ":path*"), "t/{team}/"],
    ["users/[uid]/[...path]", PLACEHOLDER("[uid]", "[...path]"), "users/{sub}/"],
    ["users/{sub}/{proxy+}", COVERS("{proxy+}"), "users/{sub}/"],
    ["users/{sub}/{path...}", COVERS("{path...}"), "users/{sub}/"],
    ["users/{sub}/{*path}", COVERS("{*path}"), "users/{sub}/"],
    ["users/{sub}/*path", COVERS("*path"), "users/{sub}/"],
    ["users/{sub}/*", COVERS("*"), "users/{sub}/"],
    ["users/{sub}/**", COVERS("**"), "users/{sub}/"],
    // Supabase
    ["auth.uid()/", PLACEHOLDER("auth.uid()"), "{sub}/"],
    ["a/(select auth.uid())::text/", PLACEHOLDER("(select auth.uid())::text"), "a/{sub}/"],
    ["(storage.foldername(name))[1]/", PLACEHOLDER("(storage.foldername(name))[1]"), "{sub}/"],
    ["t/(auth.jwt() ->> 'team')/", PLACEHOLDER("(auth.jwt() ->> 'team')"), "t/{team}/"],
  ])("%s", (prefix, is, instead) => {
    expect(problemWith(prefix)).toEqual({ is, fix: `write ${JSON.stringify(instead)}` });
    expect(adviceFollowed(prefix)).toEqual([instead]);
    expect(openedBy(instead)).toHaveLength(1);
  });
});

describe("advice about a prefix works when it is followed", () => {
  it.each([
    "/users/{sub}",
    "users//{sub}/",
    "users/{sub}*",
    "users/*/",
    "users/**",
    "u-{sub}/",
    "u-\x24{uid}/x",
    "avatars/{userId}.jpg",
    "{{user}}-files/",
    "{ sub }/",
    "{sub:sha256}/",
    "{https://claims.example.com/sub:hsah}/{sub}/",
    "{app_metadata..team}/",
    "{app_metadata['team']}/",
    "{team.*}/",
    "{rest=**}/x/",
    "{Issuer}/{sub}/",
    "{{.Sub}}/",
    "\x24{}/",
    "{}/",
    "oss://examplebucket/users/\x24{uid}/*",
    "{sub",
  ])("%s", (prefix) => {
    if (prefix === "{https://claims.example.com/sub:hsah}/{sub}/") {
      expect(adviceFollowed(prefix).length).toBe(2);
      return;
    }
    for (const instead of adviceFollowed(prefix)) expect(openedBy(instead), instead).toHaveLength(1);
  });

  it.each(["{allPaths=**}", "*", "/{rest=**}/", "{proxy+}/"])(
    "%s alone is the whole bucket: the advice is a folder",
    (prefix) => {
      for (const instead of adviceFollowed(prefix)) expect(instead).toMatch(/^(users\/)?\{sub\}\/$/);
    },
  );
});

it("any path in the middle of a prefix means nothing here: it is not cut off, which would open more", () => {
  expect(problemWith("users/{rest=**}/private/")).toEqual({
    is: 'has "{rest=**}": has a wildcard, but a path names one claim',
    fix: 'write "{sub}"',
  });
  expect(adviceFollowed("users/{rest=**}/private/")).toEqual(["users/{sub}/private/"]);
});

describe("the advice takes the claims that the file knows", () => {
  it.each([
    ["its issuer's user claim", { issuers: [{ ...LOGIN, user: "email" }] }, "{email}"],
    ["a claim that every token has", { issuers: [{ ...LOGIN, requiredClaims: ["uid"] }] }, "{uid}"],
    ["a claim of a test", { tests: [{ claims: { sub: "a", uid: "7" }, can: ["read users/7/a"] }] }, "{uid}"],
    ["nothing: sub", {}, "{sub}"],
    ["issuers that differ: sub", { issuers: [LOGIN, { ...LOGIN, user: "email" }] }, "{sub}"],
  ])("%s", (_what, change, placeholder) => {
    const result = accessRulesFrom(fileWith("users/:uid/", change));
    expect(result.ok ? [] : result.problems.filter(({ path }) => path.at(-1) === "prefix")).toEqual([
      { path: ["rules", 0, "prefix"], is: PLACEHOLDER(":uid"), fix: `write "users/${placeholder}/"` },
    ]);
  });
});

describe("an honest prefix is none of another product's", () => {
  it.each([
    "shared files/$2026/",
    "$RECYCLE.BIN/",
    "[archive]/",
    "(old)/{sub}/",
    "100%/",
    "a:b/",
    "users/{sub}/images/",
    "{https://claims.example.com/app.org}/{sub}/",
    "t/{custom:team}/",
    "{app_metadata.team}/",
    "u/{sub}/{fileName}/",
    "docs <draft>/",
    "@home/",
    "#1/",
  ])("%s", (prefix) => {
    expect(problemWith(prefix)).toBeUndefined();
  });
});
