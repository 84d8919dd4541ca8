import { refused } from "../domain/refusal.ts";
import { isSymmetric } from "../domain/token/issuer.ts";
import type { SigningKeys } from "../ports.ts";

/**
 * An issuer's keys, each kind for its own algorithms: HS* the shared secret alone, all others public keys alone. An
 * issuer that changes from one kind to the other has both. Otherwise one of them is undefined.
 */
export function keysByKind(keys: {
  readonly secret: SigningKeys | undefined;
  readonly publicKeys: SigningKeys | undefined;
}): SigningKeys {
  return {
    keyFor: async (header) => {
      // Never the other kind: with a public key's text as the secret, anybody could sign (docs/threat-model.md, J3).
      const source = isSymmetric(header.algorithm) ? keys.secret : keys.publicKeys;
      return source?.keyFor(header) ?? refused({ code: "TOKEN_INVALID", check: "key" });
    },
  };
}
