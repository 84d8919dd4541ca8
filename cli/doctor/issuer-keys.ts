import type { IssuerKeys } from "../../functions/http/gate-settings.ts";
import { certificateFrom } from "../../shared/adapters/fixed-keys/public-key-text.ts";
import { fetchJsonWith } from "../../shared/adapters/jwks-keys/fetch-json.ts";
import { keyIn } from "../../shared/adapters/jwks-keys/jwk-import.ts";
import { jwksSource } from "../../shared/adapters/jwks-keys/jwks-source.ts";
import { ProblemError } from "../../shared/domain/problem.ts";
import { type Algorithm, isSymmetric } from "../../shared/domain/token/issuer.ts";
import type { Findings } from "./finding.ts";

/** Whether each issuer's keys can be had, as the function would fetch them, and fit its algorithms. */
export async function issuerKeysChecked(
  issuers: readonly IssuerKeys[],
  clock: { readonly nowMs: () => number },
  environment: Readonly<Record<string, string | undefined>>,
  findings: Findings,
): Promise<void> {
  for (const { issuer, secret } of issuers) {
    const check = `keys of issuer ${issuer.name}`;
    const { keys, secretBeside } = issuer;
    const [symmetric, algorithms] = [true, false].map((kind) =>
      issuer.algorithms.filter((algorithm) => isSymmetric(algorithm) === kind),
    ) as [Algorithm[], Algorithm[]];
    const variable = keys.kind === "secret" ? keys.variable : secretBeside;
    if (variable !== undefined && secret !== undefined)
      findings.ok(check, `${variable} fits ${symmetric.join(", ")}`);
    if (keys.kind === "secret") continue;
    if (keys.kind === "publicKey") {
      findings.ok(check, `${keys.variable} fits ${algorithms.join(", ")}`);
      certificateChecked(check, keys.variable, environment[keys.variable] ?? "", clock.nowMs(), findings);
      continue;
    }
    let document: unknown;
    const read = fetchJsonWith(clock);
    try {
      const set = await jwksSource({
        issuer,
        clock,
        fetchJson: async (url, timeoutMs) => {
          document = await read(url, timeoutMs);
          return document;
        },
        onWarning: (what) => findings.warn(check, what, "tell the operator of the issuer"),
      })();
      const unserved = algorithms.filter(
        (algorithm) => !set.keys.some((key) => key.algorithms.includes(algorithm)),
      );
      if (set.keys.length === 0) {
        findings.fail(
          check,
          `the key set has no usable key for ${algorithms.join(", ")}; it contains ${contentOf(document)}`,
          `set algorithms in access.yaml to what the issuer signs with, or have the issuer publish a key for ${algorithms.join(", ")}`,
        );
        continue;
      }
      if (unserved.length > 0) {
        findings.warn(
          check,
          `the key set has no key for ${unserved.join(", ")}; it contains ${contentOf(document)}`,
          `remove ${unserved.join(", ")} from algorithms in access.yaml, unless the issuer will publish such a key`,
        );
      }
      const [algorithm] = algorithms.filter((candidate) => !unserved.includes(candidate));
      // Without kids, a set with several keys for an algorithm answers no token: none may stand in for another.
      const ambiguous =
        set.keys.every(({ kid }) => kid === undefined) &&
        algorithm !== undefined &&
        keyIn(set, { kid: undefined, algorithm }) === "key-id";
      if (ambiguous) {
        findings.fail(
          check,
          `the key set has ${set.keys.length} keys for ${algorithm} and none has a kid, so a token cannot say which key signed it`,
          "have the issuer publish a kid with each key and write it into the tokens' headers",
        );
      } else if (unserved.length === 0) {
        findings.ok(check, `${set.keys.length} for ${algorithms.join(", ")}`);
      }
    } catch (error) {
      findings.fail(
        check,
        error instanceof Error ? error.message : "cannot be read",
        error instanceof ProblemError
          ? `${error.problem.fix} (access.yaml, issuer ${issuer.name})`
          : "the function must reach this address too: fix jwks (or issuer) in access.yaml, or the issuer's server",
      );
    }
  }
}

/** The function takes the key whatever the dates: an issuer mostly changes its key when they end. */
function certificateChecked(
  check: string,
  variable: string,
  text: string,
  nowMs: number,
  findings: Findings,
): void {
  const certificate = certificateFrom(text);
  if (certificate === undefined) return;
  const { validFrom, validTo } = certificate;
  const isOver = nowMs > Date.parse(validTo);
  if (!isOver && nowMs >= Date.parse(validFrom)) return;
  findings.warn(
    check,
    `${variable} is a certificate that is valid only ${isOver ? `until ${validTo}` : `from ${validFrom}`}; its key is used all the same`,
    "write the certificate whose key the issuer signs with now",
  );
}

/** What a key set says of itself, e.g. `EC (ES256), RSA (use: enc)`; no numbers of keys. */
function contentOf(document: unknown): string {
  const { keys } = Object(document) as { readonly keys?: unknown };
  const kinds = (Array.isArray(keys) ? keys : []).map((jwk: unknown) => {
    const { kty, alg, use, key_ops: operations } = Object(jwk) as Readonly<Record<string, unknown>>;
    const said = [
      ...(alg === undefined ? [] : [String(alg).slice(0, 12)]),
      // The check looks for signing keys; only `use` tells that a key is for encryption.
      ...(use === undefined || use === "sig" ? [] : [`use: ${String(use).slice(0, 12)}`]),
      ...(Array.isArray(operations) && !operations.includes("verify") ? ["key_ops without verify"] : []),
    ];
    return `${String(kty).slice(0, 8)}${said.length === 0 ? "" : ` (${said.join(", ")})`}`;
  });
  return kinds.length === 0 ? "no keys" : [...new Set(kinds)].join(", ");
}
