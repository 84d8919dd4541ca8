import type { PrefixTemplate } from "../prefix/prefix-template.ts";
import type { Permission } from "../ram/ram-policy.ts";
import type { Issuer } from "../token/issuer.ts";

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
