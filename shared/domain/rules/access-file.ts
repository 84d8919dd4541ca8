import type { ProblemAt } from "../problem.ts";
import { MAX_SESSION_SECONDS } from "../ram/cloud-limits.ts";
import { PERMISSIONS } from "../ram/ram-policy.ts";
import {
  ACTION,
  ALGORITHM,
  BUCKET,
  CLAIM_NAME,
  JWKS_ADDRESS,
  NAME,
  PREFIX,
  PROMISE,
  SECONDS,
  UTC_TIME,
  VARIABLE_NAME,
} from "./access-file-values.ts";
import {
  type JsonSchema,
  listOf,
  literalTrue,
  mapOf,
  needed,
  nullable,
  objectOf,
  oneOf,
  oneOrList,
  optional,
  type Parsed,
  type Shape,
  scalar,
  text,
  wholeNumber,
  withDefault,
} from "./shape.ts";

/** access.yaml as it is written: each field may be this, means that, and is so where it is left out. */
export type AccessFile = Parsed<typeof FILE>;

/** A file of which some entries could not be used: they are left out, and the others keep their places. */
export interface PartOfAccessFile {
  readonly issuers: readonly (AccessFile["issuers"][number] | undefined)[];
  /** What rules say of issuers, of all of them: also of those left out. undefined: one has no name. */
  readonly namedIssuers: readonly NamedIssuer[] | undefined;
  readonly session: AccessFile["session"];
  readonly rules: readonly (AccessFile["rules"][number] | undefined)[];
  readonly deny: readonly (AccessFile["deny"][number] | undefined)[];
  readonly tests: readonly (AccessFile["tests"][number] | undefined)[];
}

/** What is to be known of an issuer to judge the rules for it. */
export type NamedIssuer = Pick<AccessFile["issuers"][number], "name" | "user">;

/** Reads what a YAML or JSON parser gave. Adds every mistake in a single place; gives what can be used all the same. */
export function readAccessFile(content: unknown, problems: ProblemAt[]): PartOfAccessFile {
  const file = FILE.parse(content, [], problems);
  return file === undefined ? usablePartOf(content) : { ...file, namedIssuers: file.issuers };
}

/** JSON Schema of access.yaml, for completion in editors; made from the shapes that parse it. */
export function accessRulesSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "oss-valet access rules (access.yaml)",
    ...FILE.schema,
  };
}

const ISSUER = objectOf(
  {
    name: needed(NAME, "a short word of yours for this issuer, such as login"),
    issuer: needed(
      text({
        example: "https://login.example.com/",
        problemOf: (value) =>
          value.trim() === value && value !== ""
            ? undefined
            : { is: "is empty or has spaces around it", fix: "write the token's iss exactly" },
      }),
      "the token's iss, to the letter, such as https://login.example.com/",
    ),
    audience: needed(
      nullable(
        text({
          example: "photo-app",
          problemOf: (value) =>
            value === ""
              ? { is: "is empty", fix: "write the token's aud, or null to switch the check off" }
              : undefined,
        }),
      ),
      "what must be in the token's aud, such as photo-app; null switches the check off",
    ),
    jwks: optional(
      JWKS_ADDRESS,
      "address of the issuer's JSON Web Key Set: https, or http to a loopback address",
    ),
    secret: optional(VARIABLE_NAME, "name of the environment variable with the HS secret"),
    publicKey: optional(VARIABLE_NAME, "name of the environment variable with the PEM public key"),
    algorithms: optional(
      listOf(ALGORITHM, { min: 1, example: "[RS256]" }),
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
      "claims that every token must have, by name or path, such as app_metadata.team",
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

/** Of an issuer's fields those that its rules depend on. */
const NAMED_ISSUER = objectOf({
  name: needed(NAME, ""),
  user: withDefault(CLAIM_NAME, "sub", ""),
});

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
          value.trim() === ""
            ? { is: "is empty", fix: "write what the rule is for, such as own folder" }
            : undefined,
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
      listOf(ACTION, {
        example: "[oss:GetObjectTagging]",
      }),
      [],
      "RAM actions on objects beside those of the permissions",
    ),
    prefix: needed(PREFIX, 'the folder, such as "users/{sub}/"'),
    bucket: optional(BUCKET, "another bucket than OSS_BUCKET: 3 to 63 of a-z, 0-9 and -"),
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
    user: optional(
      text({
        example: "alice",
        problemOf: (value) =>
          value === "" ? { is: "is empty, and matches nobody", fix: "write the user's ID" } : undefined,
      }),
      "the user, as the issuer's user claim names it",
    ),
    tokenId: optional(
      text({
        example: "0b8f…",
        problemOf: (value) =>
          value === "" ? { is: "is empty, and matches no token", fix: "write the token's jti" } : undefined,
      }),
      "the token's jti",
    ),
    issuedBefore: optional(UTC_TIME, "tokens issued before this time: UTC, such as 2026-11-23T10:00:00Z"),
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
      listOf(PROMISE, { example: "[read users/alice/a.jpg]" }),
      [],
      "what these claims must open: read users/alice/a.jpg",
    ),
    cannot: withDefault(
      listOf(PROMISE, { example: "[read users/bob/a.jpg]" }),
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

function usablePartOf(content: unknown): PartOfAccessFile {
  const given = (typeof content === "object" && content !== null ? content : {}) as Readonly<
    Record<string, unknown>
  >;
  const entriesOf = <T>(name: string, shape: Shape<T>): readonly (T | undefined)[] => {
    const list = given[name];
    return Array.isArray(list) ? list.map((entry) => shape.parse(entry, [], [])) : [];
  };
  const issuers = entriesOf("issuers", ISSUER);
  const named = entriesOf("issuers", NAMED_ISSUER).map((name, index) => issuers[index] ?? name);
  return {
    issuers,
    namedIssuers: named.includes(undefined) ? undefined : (named as NamedIssuer[]),
    session: SESSION.parse(given["session"] ?? {}, [], []) ?? {
      duration: 3600,
      maxDuration: MAX_SESSION_SECONDS,
    },
    rules: entriesOf("rules", RULE),
    deny: entriesOf("deny", DENIAL),
    tests: entriesOf("tests", TEST),
  };
}

/** The field is there, and not empty. */
function withItems(name: string): JsonSchema {
  return { required: [name], properties: { [name]: { type: "array", minItems: 1 } } };
}
