import type { ProblemAt } from "../problem.ts";
import { MAX_SESSION_SECONDS } from "../ram/cloud-limits.ts";
import { RULE_PERMISSIONS } from "../ram/ram-policy.ts";
import {
  ACTION,
  BUCKET,
  CLAIM_NAME,
  NAME,
  PROMISE,
  prefixShape,
  SECONDS,
  USER_ID,
  UTC_TIME,
} from "./access-file-values.ts";
import { ISSUER, type IssuerEntry } from "./issuer-entry.ts";
import { type KnownClaims, NOTHING_KNOWN } from "./known-claims.ts";
import {
  type JsonSchema,
  listOf,
  literalTrue,
  mapOf,
  needed,
  objectOf,
  oneOf,
  optional,
  type Parsed,
  type Shape,
  text,
  withDefault,
} from "./shape.ts";
import { UPLOAD, UPLOAD_SCHEMA } from "./upload-entry.ts";
import { WHEN } from "./when.ts";

/** The shape of access.yaml: what each field may contain, what it means, and its default. */
export type AccessFile = Parsed<ReturnType<typeof fileShape>>;

/** A file that may have unusable entries: those are undefined, so that the others keep their places. */
export interface PartOfAccessFile {
  readonly issuers: readonly (AccessFile["issuers"][number] | undefined)[];
  /** The same for all issuers, also unusable ones; undefined when one has no name. */
  readonly namedIssuers: readonly NamedIssuer[] | undefined;
  readonly session: AccessFile["session"];
  readonly rules: readonly (AccessFile["rules"][number] | undefined)[];
  readonly deny: readonly (AccessFile["deny"][number] | undefined)[];
  readonly tests: readonly (AccessFile["tests"][number] | undefined)[];
}

/** The fields of an issuer that the checks of rules need. */
export type NamedIssuer = Pick<IssuerEntry, "name" | "user">;

/** Reads the result of a YAML or JSON parser. Adds the mistakes in single fields; returns the usable entries. */
export function readAccessFile(
  content: unknown,
  known: KnownClaims,
  problems: ProblemAt[],
): PartOfAccessFile {
  const file = fileShape(known).parse(content, [], problems);
  return file === undefined ? usablePartOf(content, known) : { ...file, namedIssuers: file.issuers };
}

/** JSON Schema of access.yaml for completion in editors, made from the shapes that parse it. */
export function accessRulesSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "oss-valet access rules (access.yaml)",
    ...fileShape(NOTHING_KNOWN).schema,
  };
}

/** Parses only the fields of an issuer that the checks of rules need. */
const NAMED_ISSUER = objectOf({
  name: needed(NAME, ""),
  user: withDefault(CLAIM_NAME, "sub", ""),
});

const SESSION = objectOf({
  duration: withDefault(SECONDS, 3600, "how long credentials live by default, in seconds"),
  maxDuration: optional(
    SECONDS,
    "the longest session that an App can request, in seconds; default: duration; limit: the role's MaxSessionDuration",
  ),
});

const ruleShape = (known: KnownClaims) =>
  objectOf(
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
      issuer: optional(NAME, "the issuer whose users the rule is for"),
      when: optional(
        WHEN,
        "claims that must equal one of these values, or (a list) contain one; signed-in: everybody with a valid token",
      ),
      allow: withDefault(
        listOf(oneOf(RULE_PERMISSIONS), { example: "[read, write]" }),
        [],
        "any of read, write, list, delete; upload is for forms (/uploads), and never in credentials",
      ),
      upload: optional(UPLOAD, "the limits of allow: [upload], which every form keeps"),
      actions: withDefault(
        listOf(ACTION, {
          example: "[oss:GetObjectTagging]",
        }),
        [],
        "more RAM actions on objects, in addition to those of allow",
      ),
      prefix: needed(prefixShape(known), 'the folder, such as "users/{sub}/"'),
      bucket: optional(
        BUCKET,
        "a bucket other than OSS_BUCKET: 3 to 63 of a-z, 0-9 and -. If it has its own domain, OSS_ENDPOINT lists it",
      ),
      duration: optional(SECONDS, "the longest life of credentials with this rule's grant, in seconds"),
      sourceIp: optional(
        oneOf(["request"]),
        "request: the credentials work only from the caller's IP address",
      ),
      secureTransport: optional(literalTrue(), "true: the credentials work only over TLS"),
      mode: withDefault(
        oneOf(["enforce", "report"]),
        "enforce",
        "report: the rule is logged, but grants nothing",
      ),
    },
    { anyOf: ["allow", "actions"].map(withItems), ...UPLOAD_SCHEMA },
  );

const DENIAL = objectOf(
  {
    issuer: optional(NAME, "the issuer of the user or the token"),
    user: optional(USER_ID, "the user's ID, from the issuer's user claim"),
    tokenId: optional(
      text({
        example: "0b8f…",
        problemOf: (value) =>
          value === "" ? { is: "is empty, and matches no token", fix: "write the token's jti" } : undefined,
      }),
      "the token's jti",
    ),
    issuedBefore: optional(UTC_TIME, "tokens issued before this time: UTC, such as 2026-11-23T10:00:00Z"),
    reason: optional(text({ example: "lost phone" }), "a note for your colleagues"),
  },
  { anyOf: ["user", "tokenId", "issuedBefore"].map((name) => ({ required: [name] })) },
);

const TEST = objectOf(
  {
    name: optional(text({ example: "alice keeps to her folder" }), "what the test promises"),
    issuer: optional(NAME, "the issuer of the claims; needed when there are several"),
    claims: needed(
      mapOf<unknown>({ parse: (value) => value ?? null, schema: {} }, { example: "{ sub: alice }" }),
      "the claims of a token, such as { sub: alice }",
    ),
    can: withDefault(
      listOf(PROMISE, { example: "[read users/alice/a.jpg]" }),
      [],
      "what a user with these claims must be able to do: read users/alice/a.jpg",
    ),
    cannot: withDefault(
      listOf(PROMISE, { example: "[read users/bob/a.jpg]" }),
      [],
      "what a user with these claims must not be able to do",
    ),
  },
  { anyOf: ["can", "cannot"].map(withItems) },
);

const fileShape = (known: KnownClaims) =>
  objectOf({
    issuers: needed(listOf(ISSUER, { min: 1, example: "- name: login" }), "whose tokens count, at least one"),
    session: withDefault(SESSION, { duration: 3600, maxDuration: undefined }, "how long credentials live"),
    rules: needed(
      listOf(ruleShape(known), { min: 1, example: "- name: own folder" }),
      "who may reach what, at least one",
    ),
    deny: withDefault(
      listOf(DENIAL, { example: "- user: mallory" }),
      [],
      "users and tokens to refuse, whatever the rules grant",
    ),
    tests: withDefault(listOf(TEST, { example: "- claims: { sub: alice }" }), [], "promises about the rules"),
  });

function usablePartOf(content: unknown, known: KnownClaims): PartOfAccessFile {
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
    rules: entriesOf("rules", ruleShape(known)),
    deny: entriesOf("deny", DENIAL),
    tests: entriesOf("tests", TEST),
  };
}

/** The field exists and is not empty. */
function withItems(name: string): JsonSchema {
  return { required: [name], properties: { [name]: { type: "array", minItems: 1 } } };
}
