import { ALGORITHMS, type Algorithm, type Issuer, type KeySource } from "./issuer.ts";
import { BUCKET_LEVEL_ACTIONS, OBJECT_LEVEL_ACTIONS } from "./oss-actions.ts";
import { type PrefixTemplate, prefixTemplateFrom } from "./prefix-template.ts";
import { PERMISSIONS, type Permission } from "./ram-policy.ts";
import { conflictsBetween, type Warning } from "./rule-conflicts.ts";
import {
  type JsonSchema,
  listOf,
  literalTrue,
  mapOf,
  nearest,
  needed,
  nullable,
  objectOf,
  oneOf,
  oneOrList,
  optional,
  type Parsed,
  type Problem,
  type Shape,
  scalar,
  text,
  wholeNumber,
  withDefault,
} from "./shape.ts";

/** access.yaml, parsed: who may vouch for users, how long credentials live, and who may reach what. */
export interface AccessRules {
  readonly issuers: readonly Issuer[];
  readonly session: { readonly durationSeconds: number; readonly maxDurationSeconds: number };
  readonly rules: readonly Rule[];
  readonly deny: readonly Denial[];
  readonly tests: readonly AccessTest[];
}

/** One sentence of the operator's: these users may do this below that prefix. */
export interface Rule {
  readonly name: string;
  /** Name of the one issuer that it is for; undefined: for every issuer. */
  readonly issuer: string | undefined;
  /** Every claim named must equal, or (a list) contain, one of the values. */
  readonly when: ReadonlyMap<string, readonly (string | number | boolean)[]>;
  readonly permissions: readonly Permission[];
  /** RAM actions on objects beside the permissions; never a wildcard. */
  readonly actions: readonly string[];
  readonly prefix: PrefixTemplate;
  /** undefined: the deployment's bucket (OSS_BUCKET). */
  readonly bucket: string | undefined;
  /** Credentials that carry this rule's grant live no longer; undefined: as `session` says. */
  readonly durationSeconds: number | undefined;
  /** Binds the credentials to the address that asked for them. */
  readonly sourceIp: "request" | undefined;
  /** The credentials work over TLS only. */
  readonly secureTransport: true | undefined;
  /** report: evaluated and logged, not granted. */
  readonly mode: "enforce" | "report";
}

/** Whom to refuse although a rule would grant: all fields given must fit. */
export interface Denial {
  readonly issuer: string | undefined;
  readonly user: string | undefined;
  /** The token's `jti`. */
  readonly tokenId: string | undefined;
  /** Tokens whose `iat` is before this, or that have none. Milliseconds since the epoch. */
  readonly issuedBeforeMs: number | undefined;
  readonly reason: string | undefined;
}

/** A promise about the rules, checked by `valet test` and by the build. */
export interface AccessTest {
  readonly name: string | undefined;
  readonly issuer: string | undefined;
  readonly claims: ReadonlyMap<string, unknown>;
  readonly can: readonly AccessPromise[];
  readonly cannot: readonly AccessPromise[];
}

/** e.g. `write users/alice/a.jpg`, `list` (all of the bucket), `read oss://other-bucket/a.jpg`. */
export interface AccessPromise {
  readonly text: string;
  readonly permission: Permission;
  /** undefined: the deployment's bucket (OSS_BUCKET). */
  readonly bucket: string | undefined;
  /** For `list`, the prefix that is listed; empty: the whole bucket. */
  readonly key: string;
}

export type AccessRulesResult =
  | { readonly ok: true; readonly value: AccessRules; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the content of access.yaml (as a YAML or JSON parser gave it). Gives every mistake at once. */
export function accessRulesFrom(content: unknown): AccessRulesResult {
  const problems: Problem[] = [];
  const whole = FILE.parse(content, [], problems);
  // Where a part is malformed, the others are still read: one run shows all that is wrong with them.
  const file = whole ?? soundPartOf(content);
  const rules: AccessRules = {
    issuers: each(file.issuers, (entry, index) => issuerFrom(entry, index, problems)),
    session: sessionFrom(file.session, problems),
    rules: each(file.rules, (entry, index) => ruleFrom(entry, index, file.session, problems)),
    deny: each(file.deny, (entry, index) => denialFrom(entry, index, problems)),
    tests: each(file.tests, (entry, index) => testFrom(entry, index, problems)),
  };
  if (whole === undefined || !issuersFit(rules, problems)) return { ok: false, problems };
  const conflicts = conflictsBetween(rules);
  problems.push(...conflicts.problems);
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: rules, warnings: conflicts.warnings };
}

/** JSON Schema of access.yaml, for completion in editors; made from the shapes that parse it. */
export function accessRulesSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "oss-valet access rules (access.yaml)",
    ...FILE.schema,
  };
}

const WORD = /^[a-z0-9][a-z0-9-]{0,31}$/;
const VARIABLE = /^[A-Z][A-Z0-9_]*$/;
/** Source: OSS, bucket naming rules: 3 to 63 of a-z 0-9 -, not at the ends. */
const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
/** Source: STS AssumeRole DurationSeconds: 900 to the role's MaxSessionDuration, itself 43,200 at most. */
const SECONDS = wholeNumber({ min: 900, max: 43_200, unit: "seconds" });

const NAME = text({
  example: "login",
  pattern: WORD.source,
  problemOf: (value) =>
    WORD.test(value)
      ? undefined
      : `is ${JSON.stringify(value)}; write a short word of a-z, 0-9 and -, such as login`,
});

const VARIABLE_NAME = variableName();

/** Permission, bucket (where it is not the deployment's), key. */
const PROMISE = /^(\S+)(?: (?:oss:\/\/([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:\/|$))?(.*))?$/;

/** For editors; the parser knows more. */
const PROMISE_PATTERN = `^(list|(${PERMISSIONS.join("|")}) [^/].*)$`;

const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Segments of printable ASCII without `*`, `?`, `{`, `}`, a backslash or "..", or placeholders; each with its slash. */
const PREFIX_PATTERN = "^((\\{[^{}]+\\}|(?!\\./)(?![^/]*\\.\\.)[ -)+-.0->@-\\[\\]-z|~]+)/)+$";

const CLAIM_NAME = text({
  example: "sub",
  problemOf: (value) => (value === "" ? "is empty; write a claim's name" : undefined),
});

const ISSUER = objectOf(
  {
    name: needed(NAME, "a short word of yours for this issuer, such as login"),
    issuer: needed(
      text({
        example: "https://login.example.com/",
        problemOf: (value) =>
          value.trim() === value && value !== ""
            ? undefined
            : "is empty or has blanks around it; write the token's iss to the letter",
      }),
      "the token's iss, to the letter, such as https://login.example.com/",
    ),
    audience: needed(
      nullable(
        text({
          example: "photo-app",
          problemOf: (value) =>
            value === "" ? "is empty; write the token's aud, or null to switch the check off" : undefined,
        }),
      ),
      "what must be in the token's aud, such as photo-app; null switches the check off",
    ),
    jwks: optional(
      text({
        example: "https://login.example.com/.well-known/jwks.json",
        pattern: "^(https://|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/]|$))",
        problemOf: addressProblem,
      }),
      "address of the issuer's JSON Web Key Set: https, or http to a loopback address",
    ),
    secret: optional(VARIABLE_NAME, "name of the environment variable with the HS secret"),
    publicKey: optional(VARIABLE_NAME, "name of the environment variable with the PEM public key"),
    algorithms: optional(
      listOf(algorithm(), { min: 1, example: "[RS256]" }),
      "the signature algorithms that its tokens may use; RS256, or HS256 with a secret, where left out",
    ),
    jwksCache: withDefault(
      objectOf({
        maxAge: withDefault(
          wholeNumber({ min: 1, max: 86_400, unit: "seconds" }),
          600,
          "seconds for which fetched keys count as fresh",
        ),
        cooldown: withDefault(
          wholeNumber({ min: 1, max: 3600, unit: "seconds" }),
          10,
          "seconds between two fetches",
        ),
        maxStale: withDefault(
          wholeNumber({ min: 0, max: 604_800, unit: "seconds" }),
          86_400,
          "seconds for which the last keys serve while the issuer is down",
        ),
      }),
      { maxAge: 600, cooldown: 10, maxStale: 86_400 },
      "how the issuer's keys are kept",
    ),
    clockTolerance: withDefault(
      wholeNumber({ min: 0, max: 300, unit: "seconds" }),
      30,
      "seconds by which clocks may differ",
    ),
    maxTokenAge: optional(
      wholeNumber({ min: 1, max: 31_536_000, unit: "seconds" }),
      "seconds from iat for which a token is taken; not checked where left out",
    ),
    tokenTypes: optional(
      listOf(text({ example: "at+jwt" }), { min: 1, example: "[at+jwt]" }),
      "what the token's header may say in typ; not checked where left out",
    ),
    requiredClaims: withDefault(
      listOf(CLAIM_NAME, { example: "[email_verified]" }),
      [],
      "claims that every token must have",
    ),
    user: withDefault(CLAIM_NAME, "sub", "the claim that names the user"),
  },
  {
    not: {
      anyOf: [
        ["jwks", "secret"],
        ["jwks", "publicKey"],
        ["secret", "publicKey"],
      ].map((required) => ({ required })),
    },
  },
);

const SESSION = objectOf({
  duration: withDefault(SECONDS, 3600, "seconds that credentials live where an App does not ask"),
  maxDuration: optional(
    SECONDS,
    "seconds that an App may ask for, duration where left out; at most the role's MaxSessionDuration",
  ),
});

const RULE = objectOf(
  {
    name: needed(
      text({
        example: "own folder",
        problemOf: (value) =>
          value.trim() === "" ? "is empty; write what the rule is for, such as own folder" : undefined,
      }),
      "what the rule is for, in a few words",
    ),
    issuer: optional(NAME, "the issuer whose users it is for"),
    when: optional(
      mapOf(oneOrList(scalar({ example: "editor" }), { example: "[red, blue]" }), {
        example: "{ role: editor }",
      }),
      "claims that must equal, be one of, or (a list) contain these values",
    ),
    allow: withDefault(
      listOf(oneOf(PERMISSIONS), { example: "[read, write]" }),
      [],
      "read, write, list, delete",
    ),
    actions: withDefault(
      listOf(action(), {
        example: "[oss:GetObjectTagging]",
      }),
      [],
      "RAM actions on objects beside those of the permissions",
    ),
    prefix: needed(
      text({
        example: '"users/{sub}/"',
        pattern: PREFIX_PATTERN,
        problemOf: (value) => {
          const result = prefixTemplateFrom(value);
          return "problem" in result ? result.problem : undefined;
        },
      }),
      'the folder, such as "users/{sub}/"',
    ),
    bucket: optional(
      text({
        example: "examplebucket",
        pattern: BUCKET.source,
        problemOf: (value) =>
          BUCKET.test(value) ? undefined : "is not a bucket's name: 3 to 63 of a-z, 0-9 and -",
      }),
      "another bucket than OSS_BUCKET: 3 to 63 of a-z, 0-9 and -",
    ),
    duration: optional(SECONDS, "seconds that credentials with this rule's grant live at the most"),
    sourceIp: optional(oneOf(["request"]), "request: the credentials work from the caller's address only"),
    secureTransport: optional(literalTrue(), "true: the credentials work over TLS only"),
    mode: withDefault(oneOf(["enforce", "report"]), "enforce", "report: logged, not granted"),
  },
  { anyOf: ["allow", "actions"].map(withItems) },
);

const DENIAL = objectOf(
  {
    issuer: optional(NAME, "the issuer of the user or token"),
    user: optional(text({ example: "alice" }), "the user, as the issuer's user claim names it"),
    tokenId: optional(text({ example: "0b8f…" }), "the token's jti"),
    issuedBefore: optional(
      text({ example: '"2026-11-23T10:00:00Z"', pattern: UTC_TIME.source }),
      "tokens issued before this time: UTC, such as 2026-11-23T10:00:00Z",
    ),
    reason: optional(text({ example: "lost phone" }), "for your colleagues"),
  },
  { anyOf: ["user", "tokenId", "issuedBefore"].map((name) => ({ required: [name] })) },
);

const TEST = objectOf(
  {
    name: optional(text({ example: "alice keeps to her folder" }), "what is promised"),
    issuer: optional(NAME, "the issuer of the claims; needed where there are several"),
    claims: needed(
      mapOf<unknown>({ parse: (value) => value ?? null, schema: {} }, { example: "{ sub: alice }" }),
      "the claims of a token, such as { sub: alice }",
    ),
    can: withDefault(
      listOf(
        text({ example: "read users/alice/a.jpg", pattern: PROMISE_PATTERN, problemOf: promiseProblem }),
        {
          example: "[read users/alice/a.jpg]",
        },
      ),
      [],
      "what these claims must open: read users/alice/a.jpg",
    ),
    cannot: withDefault(
      listOf(text({ example: "read users/bob/a.jpg", pattern: PROMISE_PATTERN, problemOf: promiseProblem }), {
        example: "[read users/bob/a.jpg]",
      }),
      [],
      "what they must not open",
    ),
  },
  { anyOf: ["can", "cannot"].map(withItems) },
);

const FILE = objectOf({
  issuers: needed(
    listOf(ISSUER, { min: 1, example: "- name: login" }),
    "who may vouch for a user, at least one",
  ),
  session: withDefault(SESSION, { duration: 3600, maxDuration: undefined }, "how long credentials live"),
  rules: needed(listOf(RULE, { min: 1, example: "- name: own folder" }), "who may reach what, at least one"),
  deny: withDefault(
    listOf(DENIAL, { example: "- user: mallory" }),
    [],
    "whom to refuse although a rule would grant",
  ),
  tests: withDefault(listOf(TEST, { example: "- claims: { sub: alice }" }), [], "promises about the rules"),
});

type File = Parsed<typeof FILE>;

/** A file of which some entries could not be read: they are left out, and the others keep their places. */
interface PartOfFile {
  readonly issuers: readonly (File["issuers"][number] | undefined)[];
  readonly session: File["session"];
  readonly rules: readonly (File["rules"][number] | undefined)[];
  readonly deny: readonly (File["deny"][number] | undefined)[];
  readonly tests: readonly (File["tests"][number] | undefined)[];
}

function soundPartOf(content: unknown): PartOfFile {
  const given = (typeof content === "object" && content !== null ? content : {}) as Readonly<
    Record<string, unknown>
  >;
  const entriesOf = <T>(name: string, shape: Shape<T>): readonly (T | undefined)[] => {
    const list = given[name];
    return Array.isArray(list) ? list.map((entry) => shape.parse(entry, [], [])) : [];
  };
  return {
    issuers: entriesOf("issuers", ISSUER),
    session: SESSION.parse(given["session"] ?? {}, [], []) ?? { duration: 3600, maxDuration: 43_200 },
    rules: entriesOf("rules", RULE),
    deny: entriesOf("deny", DENIAL),
    tests: entriesOf("tests", TEST),
  };
}

/** Maps what is there; `index` is the place in the file. */
function each<T, U>(entries: readonly (T | undefined)[], make: (entry: T, index: number) => U): readonly U[] {
  return entries.flatMap((entry, index) => (entry === undefined ? [] : [make(entry, index)]));
}

function issuerFrom(entry: File["issuers"][number], index: number, problems: Problem[]): Issuer {
  const at = (...path: (string | number)[]) => ["issuers", index, ...path];
  const given = (["jwks", "secret", "publicKey"] as const).filter((field) => entry[field] !== undefined);
  if (given.length > 1) {
    problems.push({
      path: at(given[1] ?? "jwks"),
      problem: `stands beside ${given[0]}; an issuer has one source of keys: delete one`,
    });
  }
  const keys = keySourceOf(entry);
  if (keys.kind === "discovery" && addressProblem(entry.issuer) !== undefined) {
    problems.push({
      path: at(),
      problem:
        "needs jwks, secret or publicKey: its issuer is no https address at which its keys could be found",
    });
  }
  const symmetric = keys.kind === "secret";
  const algorithms: readonly Algorithm[] = entry.algorithms ?? [symmetric ? "HS256" : "RS256"];
  for (const [position, name] of algorithms.entries()) {
    if (name.startsWith("HS") !== symmetric) {
      problems.push({
        path: at("algorithms", position),
        problem: symmetric
          ? `is ${name}, which needs a public key; with a secret write HS256, HS384 or HS512`
          : `is ${name}, which needs a secret; with a public key write RS256, PS256 or ES256 (or 384, 512)`,
      });
    }
  }
  return {
    name: entry.name,
    issuer: entry.issuer,
    audience: entry.audience,
    keys,
    algorithms,
    jwksCache: {
      maxAgeSeconds: entry.jwksCache.maxAge,
      cooldownSeconds: entry.jwksCache.cooldown,
      maxStaleSeconds: entry.jwksCache.maxStale,
    },
    clockToleranceSeconds: entry.clockTolerance,
    maxTokenAgeSeconds: entry.maxTokenAge,
    tokenTypes: entry.tokenTypes,
    requiredClaims: entry.requiredClaims,
    userClaim: entry.user,
  };
}

function keySourceOf(entry: File["issuers"][number]): KeySource {
  if (entry.jwks !== undefined) return { kind: "jwks", url: entry.jwks };
  if (entry.secret !== undefined) return { kind: "secret", variable: entry.secret };
  if (entry.publicKey !== undefined) return { kind: "publicKey", variable: entry.publicKey };
  return { kind: "discovery" };
}

function sessionFrom(session: File["session"], problems: Problem[]): AccessRules["session"] {
  const maxDurationSeconds = session.maxDuration ?? session.duration;
  if (maxDurationSeconds < session.duration) {
    problems.push({
      path: ["session", "maxDuration"],
      problem: `is ${maxDurationSeconds}, less than duration (${session.duration}); write ${session.duration} or more`,
    });
  }
  return { durationSeconds: session.duration, maxDurationSeconds };
}

function ruleFrom(
  entry: File["rules"][number],
  index: number,
  session: File["session"],
  problems: Problem[],
): Rule {
  if (entry.allow.length === 0 && entry.actions.length === 0) {
    problems.push({
      path: ["rules", index],
      problem: "grants nothing; write allow: [read], or delete the rule",
    });
  }
  const longest = session.maxDuration ?? session.duration;
  if (entry.duration !== undefined && entry.duration > longest) {
    problems.push({
      path: ["rules", index, "duration"],
      problem: `is ${entry.duration}, more than session.maxDuration (${longest}); write ${longest} or less`,
    });
  }
  const template = prefixTemplateFrom(entry.prefix);
  if ("problem" in template) throw new Error("unreachable: the shape has checked the prefix");
  return {
    name: entry.name,
    issuer: entry.issuer,
    when: entry.when ?? new Map(),
    permissions: PERMISSIONS.filter((permission) => entry.allow.includes(permission)),
    actions: [...new Set(entry.actions)].sort(),
    prefix: template.template,
    bucket: entry.bucket,
    durationSeconds: entry.duration,
    sourceIp: entry.sourceIp,
    secureTransport: entry.secureTransport,
    mode: entry.mode,
  };
}

function denialFrom(entry: File["deny"][number], index: number, problems: Problem[]): Denial {
  if (entry.user === undefined && entry.tokenId === undefined && entry.issuedBefore === undefined) {
    problems.push({ path: ["deny", index], problem: "needs user, tokenId or issuedBefore: whom to refuse" });
  }
  return {
    issuer: entry.issuer,
    user: entry.user,
    tokenId: entry.tokenId,
    issuedBeforeMs:
      entry.issuedBefore === undefined ? undefined : timeFrom(entry.issuedBefore, index, problems),
    reason: entry.reason,
  };
}

function timeFrom(value: string, index: number, problems: Problem[]): number {
  const ms = UTC_TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) {
    problems.push({
      path: ["deny", index, "issuedBefore"],
      problem: `is ${JSON.stringify(value)}; write a UTC time such as "2026-11-23T10:00:00Z"`,
    });
  }
  return ms;
}

function testFrom(entry: File["tests"][number], index: number, problems: Problem[]): AccessTest {
  if (entry.can.length === 0 && entry.cannot.length === 0) {
    problems.push({ path: ["tests", index], problem: "promises nothing; write can or cannot" });
  }
  return {
    name: entry.name,
    issuer: entry.issuer,
    claims: entry.claims,
    can: entry.can.map(promiseFrom),
    cannot: entry.cannot.map(promiseFrom),
  };
}

function promiseFrom(line: string): AccessPromise {
  const [, name, bucket, key] = PROMISE.exec(line) ?? [];
  const permission = PERMISSIONS.find((candidate) => candidate === name);
  if (permission === undefined) throw new Error("unreachable: the shape has checked the promise");
  return { text: line, permission, bucket, key: key ?? "" };
}

/** Whether names are unique, and every name of an issuer that is used exists; adds what does not fit. */
function issuersFit(rules: AccessRules, problems: Problem[]): boolean {
  const before = problems.length;
  const names = rules.issuers.map((issuer) => issuer.name);
  for (const [index, issuer] of rules.issuers.entries()) {
    const firstName = names.indexOf(issuer.name);
    if (firstName !== index)
      problems.push({
        path: ["issuers", index, "name"],
        problem: `is ${issuer.name}, as that of issuers[${firstName}]; write another`,
      });
    const firstUrl = rules.issuers.findIndex((other) => other.issuer === issuer.issuer);
    if (firstUrl !== index)
      problems.push({
        path: ["issuers", index, "issuer"],
        problem: `is the same as that of issuers[${firstUrl}]; one entry for each issuer`,
      });
  }
  const known = (name: string | undefined, path: Problem["path"]): void => {
    if (name === undefined || names.includes(name)) return;
    problems.push({
      path,
      problem: `is ${name}, but no issuer is named so; write ${nearest(name, names) ?? names.join(" or ")}`,
    });
  };
  for (const [index, rule] of rules.rules.entries()) {
    known(rule.issuer, ["rules", index, "issuer"]);
    const bound =
      rule.issuer !== undefined || rule.prefix.segments.some((segment) => segment.kind === "issuer");
    if (names.length > 1 && !bound) {
      problems.push({
        path: ["rules", index],
        problem: `needs issuer: ${names.join(" or ")} (or {issuer} in its prefix): alice of one issuer is not alice of another`,
      });
    }
    const twin = rules.rules.findIndex((other) => other.name === rule.name);
    if (twin !== index)
      problems.push({ path: ["rules", index, "name"], problem: `is that of rules[${twin}]; write another` });
  }
  for (const [index, denial] of rules.deny.entries()) {
    known(denial.issuer, ["deny", index, "issuer"]);
    if (denial.user !== undefined && denial.issuer === undefined && names.length > 1) {
      problems.push({
        path: ["deny", index],
        problem: `needs issuer: ${names.join(" or ")}; a user's name means nothing without it`,
      });
    }
  }
  for (const [index, test] of rules.tests.entries()) {
    known(test.issuer, ["tests", index, "issuer"]);
    if (test.issuer === undefined && names.length > 1) {
      problems.push({ path: ["tests", index], problem: `needs issuer: ${names.join(" or ")}` });
    }
  }
  return problems.length === before;
}

/** The field is there, and not empty. */
function withItems(name: string): JsonSchema {
  return { required: [name], properties: { [name]: { type: "array", minItems: 1 } } };
}

function action(): Shape<string> {
  return {
    ...text({ example: "oss:GetObjectTagging", problemOf: actionProblem }),
    schema: { enum: OBJECT_LEVEL_ACTIONS },
  };
}

function algorithm(): ReturnType<typeof oneOf<Algorithm>> {
  const known = oneOf(ALGORITHMS);
  return {
    schema: known.schema,
    parse: (value, path, problems) => {
      if (typeof value === "string" && /^(eddsa|ed25519|ed448)$/i.test(value)) {
        problems.push({
          path,
          problem: `is ${value}, which jsonwebtoken cannot verify; let the issuer sign with ES256 or RS256, and write that`,
        });
        return undefined;
      }
      if (typeof value === "string" && value.toLowerCase() === "none") {
        problems.push({
          path,
          problem:
            "is none: a token without a signature proves nothing; write RS256 or what the issuer signs with",
        });
        return undefined;
      }
      return known.parse(value, path, problems);
    },
  };
}

/** Not `text`: what stands in its place may be the key itself (all digits, a list of lines), and is never quoted. */
function variableName(): Shape<string> {
  return {
    schema: { type: "string", pattern: VARIABLE.source },
    parse: (value, path, problems) => {
      if (typeof value === "string" && VARIABLE.test(value)) return value;
      const problem =
        "must be the NAME of an environment variable, such as JWT_SECRET; never write the key itself here";
      problems.push({ path, problem });
      return undefined;
    },
  };
}

function addressProblem(value: string): string | undefined {
  if (!URL.canParse(value))
    return `is ${JSON.stringify(value)}; write a whole address, such as https://login.example.com/.well-known/jwks.json`;
  const url = new URL(value);
  if (url.username !== "" || url.password !== "")
    return "holds a user name or password; write the address without";
  if (url.protocol === "https:") return undefined;
  if (url.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname))
    return undefined;
  return `is ${JSON.stringify(value)}; write https:// (http:// only for a loopback address): whoever can change the keys on the way can be anybody`;
}

function actionProblem(value: string): string | undefined {
  if (/[*?]/.test(value)) return `is ${JSON.stringify(value)}; a wildcard is never allowed: name each action`;
  if (OBJECT_LEVEL_ACTIONS.includes(value)) return undefined;
  if (BUCKET_LEVEL_ACTIONS.includes(value)) {
    return value === "oss:ListObjects"
      ? "is oss:ListObjects; write list in allow: it comes with the prefix condition"
      : `is ${value}, which OSS authorises on the whole bucket: no prefix can narrow it, so no rule may grant it`;
  }
  const near = nearest(value, OBJECT_LEVEL_ACTIONS);
  return `is ${JSON.stringify(value)}, which is no OSS action on objects; ${near ? `write ${near}` : "see docs/access-rules.md for the list"}`;
}

function promiseProblem(value: string): string | undefined {
  const [, permission, , key = ""] = PROMISE.exec(value) ?? [];
  const known = PERMISSIONS.some((candidate) => candidate === permission);
  if (known && key.startsWith("/"))
    return `is ${JSON.stringify(value)}; keys do not begin with "/": write ${permission} ${key.replace(/^\/+/, "")}`;
  if (known && key.startsWith("oss://"))
    return `is ${JSON.stringify(value)}; write oss://, a bucket's name, and a key: ${permission} oss://examplebucket/a.jpg`;
  if (known && (key !== "" || permission === "list")) return undefined;
  const near = permission === undefined ? undefined : nearest(permission, PERMISSIONS);
  return `is ${JSON.stringify(value)}; write a permission and a key, such as ${near ?? "read"} users/alice/a.jpg`;
}
