import { accessFileOrThrow, accessFilePath } from "../build/access-file.ts";

/** The operator's access rules, for a laptop. */
export interface LocalAccess {
  /** What the bundle is built of. */
  readonly content: unknown;
  /** The `aud` that the first issuer's tokens need; null: none. */
  readonly audience: string | null;
  /** What the operator should have seen of the file, although it may be meant. */
  readonly warnings: readonly string[];
}

/**
 * The operator's own access.yaml (or ACCESS_FILE), read and judged as the build does, with keys that can be had on a
 * laptop: the first issuer becomes the local one, and the others' tokens would have to be signed by it. Throws
 * AccessFileError.
 */
export function readLocalAccess(): (issuer: {
  readonly url: string;
  readonly jwksUrl: string;
}) => LocalAccess {
  const { content, rules, warnings } = accessFileOrThrow(accessFilePath());
  const file = content as { readonly issuers: readonly Readonly<Record<string, unknown>>[] };
  return ({ url, jwksUrl }) => ({
    content: {
      ...file,
      issuers: file.issuers.map((issuer, index) => {
        const { secret: _secret, publicKey: _publicKey, algorithms: _algorithms, ...rest } = issuer;
        return { ...rest, ...(index === 0 ? { issuer: url } : {}), jwks: jwksUrl, algorithms: ["RS256"] };
      }),
    },
    audience: rules.issuers[0]?.audience ?? null,
    warnings,
  });
}
