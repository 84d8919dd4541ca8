import { answerOf } from "./endpoint.ts";
import type { Tell } from "./on-oss.ts";
import { signedByAnother, unsigned, withClaims } from "./tampered-token.ts";

/** Tokens that the App's users have, or could have. */
export interface SmokeTokens {
  /** A valid one. */
  readonly token: string;
  readonly expired: string | undefined;
  /** As good as the valid one, for another App of the same issuer. */
  readonly otherAudience: string | undefined;
}

/**
 * What must be refused. Whoever changes a token breaks its signature: that expiry and audience are checked too is seen
 * with tokens that the issuer itself has signed.
 */
export async function refusalsTried(url: string, tokens: SmokeTokens, tell: Tell): Promise<void> {
  const { token, expired, otherAudience } = tokens;
  const signed = [
    ["an expired token", expired, "TokenExpired", "--expired-token"],
    ["a token for another audience", otherAudience, "InvalidToken", "--other-audience-token"],
  ] as const;
  const cases: readonly Case[] = [
    ["no token", undefined, "MissingToken"],
    ["a password instead of a token", "Basic YWxpY2U6c2VjcmV0", "MissingToken"],
    [
      "a forged audience, under the old signature",
      bearer(withClaims(token, { aud: "another-app" })),
      "InvalidToken",
    ],
    ["a forged user, under the old signature", bearer(withClaims(token, { sub: "mallory" })), "InvalidToken"],
    ["a token signed with another key", bearer(signedByAnother(token)), "InvalidToken"],
    ["a token without a signature (alg: none)", bearer(unsigned(token)), "InvalidToken"],
    ...signed.flatMap(([what, one, code]): readonly Case[] =>
      one === undefined ? [] : [[what, bearer(one), code]],
    ),
  ];
  for (const [what, authorization, code] of cases) {
    const { status, body, summary } = await answerOf(url, authorization);
    tell(`refused: ${what}`, status === 401 && body["Code"] === code, summary);
    if (status === 0) {
      tell("refused: the rest", undefined, "the endpoint no longer answers");
      return;
    }
  }
  for (const [what, one, , option] of signed)
    if (one === undefined) tell(`refused: ${what}`, undefined, `no such token was given: add ${option}`);
}

type Case = readonly [what: string, authorization: string | undefined, code: string];

function bearer(token: string): string {
  return `Bearer ${token}`;
}
