import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
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
  /** What the first rule with `upload` takes; undefined when there is none. */
  readonly upload: LocalUpload | undefined;
  /** Rules in the file that may be intended, but that the operator should look at. */
  readonly warnings: readonly string[];
}

/** What a form of a rule may upload, for a walk. */
export interface LocalUpload {
  /** One of the types that the rule allows, e.g. `image/png` for `image/*`. */
  readonly contentType: string;
  readonly maxBytes: number;
  /** The prefix of the rule that was added because the operator's file has none with `upload`; else undefined. */
  readonly addedPrefix: string | undefined;
}

/**
 * Reads and checks the operator's own access.yaml (or ACCESS_FILE) as the build does, and replaces the keys by ones that
 * exist on a laptop: the first issuer becomes the local one, and all other issuers get its keys too. When no rule has
 * `upload`, a rule for forms is added. Throws AccessFileError.
 */
export function readLocalAccess(
  accessFile?: string,
): (issuer: { readonly url: string; readonly jwksUrl: string }) => LocalAccess {
  const { content, rules, warnings } = accessFileOrThrow(accessFilePath(accessFile));
  const { rules: withForms, upload } = withFormsFor(content as RawFile, rules);
  const file = { ...(content as RawFile), rules: withForms };
  return ({ url, jwksUrl }) => ({
    content: {
      ...file,
      issuers: file.issuers.map((issuer, index) => {
        const { secret: _secret, publicKey: _publicKey, algorithms: _algorithms, ...rest } = issuer;
        return { ...rest, ...(index === 0 ? { issuer: url } : {}), jwks: jwksUrl, algorithms: ["RS256"] };
      }),
    },
    rules: file.rules,
    upload,
    audienceClaims: audienceClaimsOf(rules.issuers[0]),
    userClaim: rules.issuers[0]?.userClaim ?? "sub",
    userClaims: (user) => userClaimsOf(rules.issuers[0], user),
    warnings,
  });
}

type RawFile = Readonly<Record<"issuers" | "rules", LocalAccess["rules"]>>;

/** The file's rules, with one more when none has `upload` and the file takes it. */
function withFormsFor(
  file: RawFile,
  rules: AccessRules,
): { readonly rules: RawFile["rules"]; readonly upload: LocalUpload | undefined } {
  const own = uploadOf(rules, undefined);
  const [issuer] = rules.issuers;
  if (own !== undefined || issuer === undefined) return { rules: file.rules, upload: own };
  const prefix = `forms/{${issuer.userClaim}}/`;
  const added = {
    name: "forms, added by npm start",
    ...(rules.issuers.length > 1 ? { issuer: issuer.name } : {}),
    allow: ["upload"],
    prefix,
    // What the walk and the recipes send.
    upload: { maxBytes: 1_000_000, contentTypes: ["text/plain", "image/jpeg", "image/png"] },
  };
  const more = [...file.rules, added];
  const result = accessRulesFrom({ ...file, rules: more });
  // The operator's own rules may leave no room for it, such as one with the prefix {team}/.
  return result.ok
    ? { rules: more, upload: uploadOf(result.value, prefix) }
    : { rules: file.rules, upload: undefined };
}

function uploadOf({ rules }: AccessRules, addedPrefix: string | undefined): LocalUpload | undefined {
  const limits = rules.find(({ upload, mode }) => upload !== undefined && mode === "enforce")?.upload;
  const [type] = limits?.contentTypes ?? [];
  if (limits === undefined || type === undefined) return undefined;
  return { contentType: type.replace("*", "png"), maxBytes: limits.maxBytes, addedPrefix };
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
