import type { Issuer } from "../../shared/domain/token/issuer.ts";
import { accessFileOrThrow, accessFilePath } from "../build/access-file.ts";

/** The operator's access rules, for a laptop. */
export interface LocalAccess {
  /** The rules that the bundle is built with. */
  readonly content: unknown;
  /** Its rules, as they are in the file. */
  readonly rules: readonly Readonly<Record<string, unknown>>[];
  /** The claim with the audience that the first issuer's tokens need, such as `{ aud: "photo-app" }`. */
  readonly audienceClaims: Readonly<Record<string, string>>;
  /** The claim that names a user of the first issuer. */
  readonly userClaim: string;
  /** The claims that name a user of the first issuer; with `userType: integer`, 10001 for alice. */
  readonly userClaims: (user: string) => Readonly<Record<string, unknown>>;
  /** Rules in the file that may be intended, but that the operator should look at. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks the operator's own access.yaml (or ACCESS_FILE) as the build does, and replaces the keys by ones that
 * exist on a laptop: the first issuer becomes the local one, and all other issuers get its keys too. Throws
 * AccessFileError.
 */
export function readLocalAccess(): (issuer: {
  readonly url: string;
  readonly jwksUrl: string;
}) => LocalAccess {
  const { content, rules, warnings } = accessFileOrThrow(accessFilePath());
  const file = content as Readonly<Record<"issuers" | "rules", LocalAccess["rules"]>>;
  return ({ url, jwksUrl }) => ({
    content: {
      ...file,
      issuers: file.issuers.map((issuer, index) => {
        const { secret: _secret, publicKey: _publicKey, algorithms: _algorithms, ...rest } = issuer;
        return { ...rest, ...(index === 0 ? { issuer: url } : {}), jwks: jwksUrl, algorithms: ["RS256"] };
      }),
    },
    rules: file.rules,
    audienceClaims: audienceClaimsOf(rules.issuers[0]),
    userClaim: rules.issuers[0]?.userClaim ?? "sub",
    userClaims: (user) => userClaimsOf(rules.issuers[0], user),
    warnings,
  });
}

function userClaimsOf(issuer: Issuer | undefined, user: string): Readonly<Record<string, unknown>> {
  const { userClaim = "sub", userType = "text" } = issuer ?? {};
  return { sub: user, [userClaim]: userType === "text" ? user : NUMBERS_OF_USERS[user] };
}

const NUMBERS_OF_USERS: Readonly<Record<string, number>> = { alice: 10_001, bob: 10_002 };

/** Of several audiences the first one; empty when the operator has switched the check off. */
function audienceClaimsOf(issuer: Issuer | undefined): Readonly<Record<string, string>> {
  const [first] = issuer?.audience ?? [];
  return issuer === undefined || first === undefined ? {} : { [issuer.audienceClaim]: first };
}
