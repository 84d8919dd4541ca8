import { BUCKET_LEVEL_ACTIONS, OBJECT_LEVEL_ACTIONS } from "../ram/oss-actions.ts";
import { PERMISSIONS } from "../ram/ram-policy.ts";
import { ALGORITHMS, type Algorithm } from "../token/issuer.ts";
import { promiseProblem } from "./access-promise.ts";
import { prefixTemplateFrom } from "./prefix-syntax.ts";
import { nearest, oneOf, type Shape, text, wholeNumber } from "./shape.ts";

/** The single values of access.yaml: what each may be, and what to write instead of what it may not. */

const WORD = /^[a-z0-9][a-z0-9-]{0,31}$/;
export const NAME = text({
  example: "login",
  pattern: WORD.source,
  problemOf: (value) =>
    WORD.test(value)
      ? undefined
      : `is ${JSON.stringify(value)}; write a short word of a-z, 0-9 and -, such as login`,
});

export const CLAIM_NAME = text({
  example: "sub",
  problemOf: (value) => (value === "" ? "is empty; write a claim's name" : undefined),
});

/** Source: STS AssumeRole DurationSeconds: 900 to the role's MaxSessionDuration, itself 43,200 at most. */
export const SECONDS = wholeNumber({ min: 900, max: 43_200, unit: "seconds" });

/** Source: OSS, bucket naming rules: 3 to 63 of a-z 0-9 -, not at the ends. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
export const BUCKET = text({
  example: "examplebucket",
  pattern: BUCKET_NAME.source,
  problemOf: bucketProblem,
});

export const JWKS_ADDRESS = text({
  example: "https://login.example.com/.well-known/jwks.json",
  pattern: "^(https://|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/]|$))",
  problemOf: addressProblem,
});

/** Segments of printable ASCII without `*`, `?`, `{`, `}`, a backslash or "..", or placeholders; each with its slash. */
const PREFIX_PATTERN = "^((\\{[^{}]+\\}|(?!\\./)(?![^/]*\\.\\.)[ -)+-.0->@-\\[\\]-z|~]+)/)+$";
export const PREFIX = text({
  example: '"users/{sub}/"',
  pattern: PREFIX_PATTERN,
  problemOf: (value) => {
    const result = prefixTemplateFrom(value);
    return "problem" in result ? result.problem : undefined;
  },
});

/** RAM actions that OSS authorises on an object. */
export const ACTION: Shape<string> = {
  ...text({ example: "oss:GetObjectTagging", problemOf: actionProblem }),
  schema: { enum: OBJECT_LEVEL_ACTIONS },
};

/** For editors; the parser knows more. */
const PROMISE_PATTERN = `^(list|(${PERMISSIONS.join("|")}) [^/].*)$`;
export const PROMISE = text({
  example: "read users/alice/a.jpg",
  pattern: PROMISE_PATTERN,
  problemOf: promiseProblem,
});

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
export const UTC_TIME = text({
  example: '"2026-11-23T10:00:00Z"',
  pattern: UTC.source,
  problemOf: (value) =>
    UTC.test(value) && !Number.isNaN(Date.parse(value))
      ? undefined
      : `is ${JSON.stringify(value)}; write a UTC time such as "2026-11-23T10:00:00Z"`,
});

const KNOWN_ALGORITHM = oneOf(ALGORITHMS);
export const ALGORITHM: Shape<Algorithm> = {
  schema: KNOWN_ALGORITHM.schema,
  parse: (value, path, problems) => {
    if (typeof value === "string" && /^(eddsa|ed25519|ed448)$/i.test(value)) {
      problems.push({
        path,
        problem: `is ${value}, which jsonwebtoken cannot verify; let the issuer sign with ES256 or RS256, and write that`,
      });
      return undefined;
    }
    if (typeof value === "string" && value.toLowerCase() === "none") {
      problems.push({
        path,
        problem:
          "is none: a token without a signature proves nothing; write RS256 or what the issuer signs with",
      });
      return undefined;
    }
    return KNOWN_ALGORITHM.parse(value, path, problems);
  },
};

/** Why a text is no bucket's name; undefined where it is one. */
export function bucketProblem(value: string): string | undefined {
  return BUCKET_NAME.test(value)
    ? undefined
    : `is ${JSON.stringify(value)}; write a bucket's name: 3 to 63 of a-z, 0-9 and -, such as examplebucket`;
}

const VARIABLE = /^[A-Z][A-Z0-9_]*$/;
/** Not `text`: what stands in its place may be the key itself (all digits, a list of lines), and is never quoted. */
export const VARIABLE_NAME: Shape<string> = {
  schema: { type: "string", pattern: VARIABLE.source },
  parse: (value, path, problems) => {
    if (typeof value === "string" && VARIABLE.test(value)) return value;
    const problem =
      "must be the NAME of an environment variable, such as JWT_SECRET; never write the key itself here";
    problems.push({ path, problem });
    return undefined;
  },
};

/** Why a text is no safe address of an issuer's keys; undefined where it is one. */
export function addressProblem(value: string): string | undefined {
  if (!URL.canParse(value))
    return `is ${JSON.stringify(value)}; write a whole address, such as https://login.example.com/.well-known/jwks.json`;
  const url = new URL(value);
  if (url.username !== "" || url.password !== "")
    return "holds a user name or password; write the address without";
  if (url.protocol === "https:") return undefined;
  if (url.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname))
    return undefined;
  return `is ${JSON.stringify(value)}; write https:// (http:// only for a loopback address): whoever can change the keys on the way can be anybody`;
}

function actionProblem(value: string): string | undefined {
  if (/[*?]/.test(value)) return `is ${JSON.stringify(value)}; a wildcard is never allowed: name each action`;
  if (OBJECT_LEVEL_ACTIONS.includes(value)) return undefined;
  if (BUCKET_LEVEL_ACTIONS.includes(value)) {
    return value === "oss:ListObjects"
      ? "is oss:ListObjects; write list in allow: it comes with the prefix condition"
      : `is ${value}, which OSS authorises on the whole bucket: no prefix can narrow it, so no rule may grant it`;
  }
  const near = nearest(value, OBJECT_LEVEL_ACTIONS);
  return `is ${JSON.stringify(value)}, which is no OSS action on objects; ${near ? `write ${near}` : "see docs/access-rules.md for the list"}`;
}
