import type { AccessReader } from "../../cli/shared/command.ts";
import { type AccessGrant, accessGrantFor, type Wanted } from "../../shared/domain/grant/access-grant.ts";
import { type Principal, principalFrom } from "../../shared/domain/grant/principal.ts";
import { type ObjectPrefix, parsedObjectPrefix } from "../../shared/domain/prefix/object-prefix.ts";
import { sentenceOf } from "../../shared/domain/problem.ts";
import type { Result } from "../../shared/domain/refusal.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { claimsVerifiedFor } from "../../shared/domain/token/verified-claims.ts";

export const BUCKET = "examplebucket";

export const LOGIN = {
  name: "login",
  issuer: "https://login.example.com/",
  audience: "photo-app",
  jwks: "https://login.example.com/.well-known/jwks.json",
};

export const PARTNER = {
  name: "partner",
  issuer: "https://partner.example.net/",
  audience: "photo-app",
  jwks: "https://partner.example.net/keys",
};

export const OWN_FOLDER = {
  name: "own folder",
  allow: ["read", "write", "list", "delete"],
  prefix: "users/{sub}/",
};

/** The content of an access.yaml whose issuer signs with a secret, in JWT_SECRET. */
export const ACCESS_WITH_SECRET = {
  issuers: [
    {
      name: "login",
      issuer: "https://login.example.com/",
      audience: "photo-app",
      secret: "JWT_SECRET",
      algorithms: ["HS256"],
    },
  ],
  rules: [{ name: "own folder", allow: ["read", "write", "list"], prefix: "users/{sub}/" }],
};

/** The content of a small, valid access.yaml; a test changes one thing. */
export function accessFile(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { issuers: [LOGIN], rules: [OWN_FOLDER], ...change };
}

/** Gives a command this content in place of a file; the rules are parsed when they are asked for. */
export function readerOf(content: Readonly<Record<string, unknown>>): AccessReader {
  return async () => ({
    content,
    get rules() {
      return rulesOf(content);
    },
  });
}

/** Rules that must be valid; throws the problems where they are not. */
export function rulesOf(file: Readonly<Record<string, unknown>>): AccessRules {
  const result = accessRulesFrom(file);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

/** Rules of one issuer. */
export function rulesWith(...rules: readonly Readonly<Record<string, unknown>>[]): AccessRules {
  return rulesOf(accessFile({ rules }));
}

/** The principal of these claims; throws where they are refused. */
export function principalOf(
  rules: AccessRules,
  claims: Readonly<Record<string, unknown>>,
  issuer = "login",
): Principal {
  const result = principalFrom(claimsVerifiedFor(issuer, claims), rules);
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

/** The decision for a user of `login` who asks from a known address. */
export function decided(
  rules: AccessRules,
  claims: Readonly<Record<string, unknown>>,
  wanted: Wanted = {},
  place: { readonly bucket?: string; readonly sourceIp?: string | undefined; readonly issuer?: string } = {},
): Result<AccessGrant> {
  return accessGrantFor(principalOf(rules, claims, place.issuer ?? "login"), rules, wanted, {
    bucket: place.bucket ?? BUCKET,
    sourceIp: "sourceIp" in place ? place.sourceIp : "192.0.2.1",
  });
}

export function grantOf(...question: Parameters<typeof decided>): AccessGrant {
  const result = decided(...question);
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

export function prefixOf(text: string): ObjectPrefix {
  const parsed = parsedObjectPrefix(text);
  if ("problem" in parsed) throw new Error(sentenceOf(parsed.problem));
  return parsed.prefix;
}
