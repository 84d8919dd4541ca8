import { claimAt } from "../token/claim.ts";

/** What access.yaml itself says about the claims of its tokens, for advice about a claim that it does not mention. */
export interface KnownClaims {
  /** The claim that names the user, when it is the same for all issuers; otherwise sub. */
  readonly user: string;
  /** Whether an issuer, a `when` or a test names the claim. */
  readonly has: (path: string) => boolean;
}

/** For a prefix without its file. */
export const NOTHING_KNOWN: KnownClaims = { user: "sub", has: () => false };

/** Reads any content: its mistakes are found elsewhere. */
export function claimsKnownTo(content: unknown): KnownClaims {
  const issuers = entriesOf(content, "issuers");
  const users = new Set(issuers.map(({ user }) => (typeof user === "string" ? user : "sub")));
  const [user = "sub"] = users.size === 1 ? users : [];
  const named = new Set([
    ...users,
    ...issuers.flatMap(({ requiredClaims }) => (Array.isArray(requiredClaims) ? requiredClaims : [])),
    ...entriesOf(content, "rules").flatMap(({ when }) => (isRecord(when) ? Object.keys(when) : [])),
  ]);
  const tokens = entriesOf(content, "tests").map(({ claims }) => claims);
  return {
    user,
    has: (path) =>
      named.has(path) || tokens.some((claims) => isRecord(claims) && claimAt(claims, path) !== undefined),
  };
}

type Entry = Readonly<Record<string, unknown>>;

function entriesOf(content: unknown, list: string): readonly Entry[] {
  const entries = isRecord(content) ? content[list] : undefined;
  return Array.isArray(entries) ? entries.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
