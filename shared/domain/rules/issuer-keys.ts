import type { ProblemAt } from "../problem.ts";
import { type Algorithm, type Issuer, isSymmetric, type KeySource } from "../token/issuer.ts";
import { addressProblem } from "./access-file-values.ts";

/** The fields of an issuer that say where its keys come from. */
interface KeyFields {
  readonly issuer: string;
  readonly jwks: string | undefined;
  readonly secret: string | undefined;
  readonly publicKey: string | undefined;
  readonly algorithms: readonly Algorithm[] | undefined;
}

type Keys = Pick<Issuer, "keys" | "secretBeside" | "algorithms">;

/**
 * One source of keys, or a secret and public keys together: then each serves its own algorithms. Adds the mistakes
 * between the fields. `at` makes the path of a field.
 */
export function keysFrom(
  entry: KeyFields,
  at: (...path: (string | number)[]) => ProblemAt["path"],
  problems: ProblemAt[],
): Keys {
  if (entry.jwks !== undefined && entry.publicKey !== undefined) {
    problems.push({
      path: at("publicKey"),
      is: "is a second source of public keys, besides jwks",
      fix: "delete one of them",
    });
  }
  const written = publicSourceOf(entry);
  const { secret, algorithms } = entry;
  if (secret === undefined) {
    const keys = written ?? { kind: "discovery" };
    if (keys.kind === "discovery") checkDiscovery(entry.issuer, at(), problems);
    return {
      keys,
      secretBeside: undefined,
      algorithms: ofOneKind(algorithms ?? ["RS256"], false, at, problems),
    };
  }
  const withSecret = (algorithms ?? []).some(isSymmetric);
  const withPublicKeys = (algorithms ?? []).some((algorithm) => !isSymmetric(algorithm));
  // The issuer publishes its keys where no other source is written, as it does without a secret.
  const isBoth =
    written !== undefined || (withSecret && withPublicKeys && addressProblem(entry.issuer) === undefined);
  if (!isBoth) {
    const own = ofOneKind(algorithms ?? ["HS256"], true, at, problems);
    return { keys: { kind: "secret", variable: secret }, secretBeside: undefined, algorithms: own };
  }
  if (algorithms === undefined) {
    problems.push({
      path: at(),
      is: "has a secret and public keys, but no algorithms",
      fix: "write those of both, such as algorithms: [HS256, ES256]",
    });
  } else if (!withSecret) {
    problems.push({
      path: at("secret"),
      is: "is for HS256, HS384 and HS512, and algorithms has none of them",
      fix: "add HS256 to algorithms, or delete secret",
    });
  } else if (!withPublicKeys) {
    problems.push({
      path: at(entry.jwks === undefined ? "publicKey" : "jwks"),
      is: "is for RS*, PS* and ES*, and algorithms has none of them",
      fix: "add the algorithm of the public keys to algorithms, such as ES256, or delete this line",
    });
  }
  return { keys: written ?? { kind: "discovery" }, secretBeside: secret, algorithms: algorithms ?? [] };
}

function publicSourceOf({ jwks, publicKey }: KeyFields): KeySource | undefined {
  if (jwks !== undefined) return { kind: "jwks", url: jwks };
  return publicKey === undefined ? undefined : { kind: "publicKey", variable: publicKey };
}

function checkDiscovery(issuer: string, path: ProblemAt["path"], problems: ProblemAt[]): void {
  if (addressProblem(issuer) === undefined) return;
  problems.push({
    path,
    is: "has no source of keys, and its issuer is not an https address where keys could be found",
    fix: "write jwks, secret or publicKey",
  });
}

function ofOneKind(
  algorithms: readonly Algorithm[],
  symmetric: boolean,
  at: (...path: (string | number)[]) => ProblemAt["path"],
  problems: ProblemAt[],
): readonly Algorithm[] {
  for (const [position, name] of algorithms.entries()) {
    if (isSymmetric(name) === symmetric) continue;
    problems.push({
      path: at("algorithms", position),
      is: `is ${name}, which needs a ${symmetric ? "public key" : "secret"}`,
      fix: symmetric
        ? "write HS256, HS384 or HS512 with a secret"
        : "write RS256, PS256 or ES256 (or 384, 512) with a public key",
    });
  }
  return algorithms;
}
