import type { ProblemAt } from "../problem.ts";
import type { Issuer } from "../token/issuer.ts";
import {
  ALGORITHM,
  AUDIENCE,
  AUDIENCE_CLAIM,
  CLAIM_NAME,
  JWKS_ADDRESS,
  NAME,
  VARIABLE_NAME,
} from "./access-file-values.ts";
import { keysFrom } from "./issuer-keys.ts";
import {
  listOf,
  needed,
  objectOf,
  oneOf,
  optional,
  type Parsed,
  text,
  wholeNumber,
  withDefault,
} from "./shape.ts";

/** One entry of `issuers` in access.yaml: what each field may contain, what it means, and its default. */
export const ISSUER = objectOf(
  {
    name: needed(NAME, "your short name for this issuer, such as login"),
    issuer: needed(
      text({
        example: "https://login.example.com/",
        problemOf: (value) =>
          value.trim() === value && value !== ""
            ? undefined
            : { is: "is empty or has spaces around it", fix: "write the token's iss exactly" },
      }),
      "the exact iss of its tokens, such as https://login.example.com/",
    ),
    audience: needed(
      AUDIENCE,
      "the value that the token's aud must contain, such as photo-app; a list means any of them; null switches the check off",
    ),
    audienceClaim: optional(
      AUDIENCE_CLAIM,
      "the claim that has the audience, such as client_id or azp; default: aud",
    ),
    jwks: optional(
      JWKS_ADDRESS,
      "address of the issuer's JSON Web Key Set: https, or http to a loopback address",
    ),
    secret: optional(VARIABLE_NAME, "name of the environment variable with the HS secret"),
    publicKey: optional(
      VARIABLE_NAME,
      "name of the environment variable with the public key: PEM, or an X.509 certificate in PEM",
    ),
    algorithms: optional(
      listOf(ALGORITHM, { min: 1, example: "[RS256]" }),
      "signature algorithms that its tokens may use; default: RS256, or HS256 with a secret; needed with a secret and public keys",
    ),
    jwksCache: withDefault(
      objectOf({
        maxAge: withDefault(
          wholeNumber({ min: 1, max: 86_400, unit: "seconds" }),
          600,
          "how long fetched keys are fresh, in seconds",
        ),
        cooldown: withDefault(
          wholeNumber({ min: 1, max: 3600, unit: "seconds" }),
          10,
          "the shortest time between two fetches, in seconds",
        ),
        maxStale: withDefault(
          wholeNumber({ min: 0, max: 604_800, unit: "seconds" }),
          86_400,
          "how long old keys stay in use while the issuer is down, in seconds",
        ),
      }),
      { maxAge: 600, cooldown: 10, maxStale: 86_400 },
      "how the issuer's keys are cached",
    ),
    clockTolerance: withDefault(
      wholeNumber({ min: 0, max: 300, unit: "seconds" }),
      30,
      "how far clocks may differ, in seconds",
    ),
    maxTokenAge: optional(
      wholeNumber({ min: 1, max: 31_536_000, unit: "seconds" }),
      "how old a token may be, in seconds since its iat; default: not checked",
    ),
    tokenTypes: optional(
      listOf(text({ example: "at+jwt" }), { min: 1, example: "[at+jwt]" }),
      "allowed values of typ in the token's header; default: not checked",
    ),
    requiredClaims: withDefault(
      listOf(CLAIM_NAME, { example: "[email_verified]" }),
      [],
      "claims that every token must have: names or paths, such as app_metadata.team",
    ),
    user: withDefault(CLAIM_NAME, "sub", "the claim that names the user"),
    userType: withDefault(
      oneOf(["text", "integer"]),
      "text",
      "integer: the user claim is a whole number, such as 10001, and a text is refused",
    ),
  },
  {
    not: { required: ["jwks", "publicKey"] },
  },
);

/** An entry of `issuers`, with only its fields read. */
export type IssuerEntry = Parsed<typeof ISSUER>;

/** From the fields to the type; adds the mistakes between fields. */
export function issuerFrom(entry: IssuerEntry, index: number, problems: ProblemAt[]): Issuer {
  const at = (...path: (string | number)[]) => ["issuers", index, ...path];
  const { keys, secretBeside, algorithms } = keysFrom(entry, at, problems);
  if (entry.audience === null && entry.audienceClaim !== undefined) {
    problems.push({
      path: at("audienceClaim"),
      is: "names the claim of an audience, but audience is null: nothing is checked",
      fix: `write the value of ${entry.audienceClaim} as audience, or delete audienceClaim`,
    });
  }
  if (entry.audienceClaim === entry.user) {
    problems.push({
      path: at("audienceClaim"),
      is: `is ${entry.user}, which names the user`,
      fix: "write the claim that names the App, such as client_id or azp",
    });
  }
  return {
    name: entry.name,
    issuer: entry.issuer,
    audience: entry.audience,
    audienceClaim: entry.audienceClaim ?? "aud",
    keys,
    secretBeside,
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
    userType: entry.userType,
  };
}
