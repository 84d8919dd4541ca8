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

/** One entry of `rules`: these users may do this below that prefix. */
export interface Rule {
  readonly name: string;
  /** Name of the only issuer that the rule is for; undefined when it is for every issuer. */
  readonly issuer: string | undefined;
  /** Every named claim must equal one of the values, or (a list) contain one. */
  readonly when: ReadonlyMap<string, readonly (string | number | boolean)[]>;
  /** `when: signed-in`: the rule says itself that it is for everybody who has signed in. */
  readonly signedIn: boolean;
  readonly permissions: readonly Permission[];
  /** What forms of the rule may upload; undefined when the rule does not allow `upload`. Never part of credentials. */
  readonly upload: UploadLimits | undefined;
  /** RAM actions on objects, in addition to the permissions; never a wildcard. */
  readonly actions: readonly string[];
  readonly prefix: PrefixTemplate;
  /** undefined for the deployment's bucket (OSS_BUCKET). */
  readonly bucket: string | undefined;
  /** The longest life of credentials with this rule's grant; undefined when only `session` limits it. */
  readonly durationSeconds: number | undefined;
  /** The credentials work only from the caller's IP address. */
  readonly sourceIp: "request" | undefined;
  /** The credentials work only over TLS. */
  readonly secureTransport: true | undefined;
  /** report: the rule is evaluated and logged, but grants nothing. */
  readonly mode: "enforce" | "report";
}

/** The limits of `allow: [upload]`. RAM cannot express them, so only a form's policy can. */
export interface UploadLimits {
  /** Bytes of one file: 1 to 5 GiB. */
  readonly maxBytes: number;
  /** Media types (`image/jpeg`) and ranges of them (`image/*`), in lower case. */
  readonly contentTypes: readonly string[];
  /** Whether a form may replace an object. */
  readonly overwrite: boolean;
}

/** One entry of `deny`: refuses what matches all its fields, whatever the rules grant. */
export interface Denial {
  readonly issuer: string | undefined;
  readonly user: string | undefined;
  /** The token's `jti`. */
  readonly tokenId: string | undefined;
  /** Matches tokens with an earlier `iat`, or without one. Milliseconds since the epoch. */
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

/**
 * e.g. `write users/alice/a.jpg`, `list` (all of the bucket), `read oss://other-bucket/a.jpg`,
 * `upload photos/alice/a.jpg image/jpeg 2MB`.
 */
export type AccessPromise = CredentialsPromise | UploadPromise;

export interface CredentialsPromise extends PromisedPlace {
  readonly permission: Permission;
}

/** A promise about a form. */
export interface UploadPromise extends PromisedPlace {
  readonly permission: "upload";
  readonly contentType: string;
  readonly bytes: number;
}

interface PromisedPlace {
  readonly text: string;
  /** undefined for the deployment's bucket (OSS_BUCKET). */
  readonly bucket: string | undefined;
  /** For `list`, the listed prefix; empty for the whole bucket. */
  readonly key: string;
}
