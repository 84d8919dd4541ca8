import { isWholeNumber } from "../prefix/prefix-template.ts";
import type { Path, Problem, ProblemAt } from "../problem.ts";
import { BUCKET_NAME, MAX_SESSION_SECONDS, MIN_SESSION_SECONDS } from "../ram/cloud-limits.ts";
import { BUCKET_LEVEL_ACTIONS, OBJECT_LEVEL_ACTIONS } from "../ram/oss-actions.ts";
import { PERMISSIONS } from "../ram/ram-policy.ts";
import { isSecure } from "../secure-address.ts";
import { ALGORITHMS, type Algorithm } from "../token/issuer.ts";
import { promiseProblem } from "./access-promise.ts";
import { claimProblem } from "./claim-path.ts";
import type { KnownClaims } from "./known-claims.ts";
import { nearest } from "./nearest.ts";
import { prefixTemplateFrom } from "./prefix-syntax.ts";
import { oneOf, type Shape, text, wholeNumber } from "./shape.ts";

/** The single values of access.yaml, each with its own checks. */

const WORD = /^[a-z0-9][a-z0-9-]{0,31}$/;
export const NAME = text({
  example: "login",
  pattern: WORD.source,
  problemOf: (value) =>
    WORD.test(value)
      ? undefined
      : { is: `is ${JSON.stringify(value)}`, fix: "write a short word of a-z, 0-9 and -, such as login" },
});

export const CLAIM_NAME = text({
  example: "sub",
  problemOf: claimProblem,
});

const ONE_AUDIENCE = text({
  example: "photo-app",
  problemOf: (value) => {
    if (value === "")
      return { is: "is empty", fix: "write the token's aud, or null to switch the check off" };
    if (value.trim() !== value) return { is: "has spaces around it", fix: `write ${value.trim()}` };
    return /,\s/.test(value)
      ? {
          is: `is ${JSON.stringify(value)}: one text, in which no token's aud would be found`,
          fix: `write a list: [${value.split(/,\s+/).join(", ")}]`,
        }
      : undefined;
  },
});

/** One audience or several, of which a token needs one; null when the operator switches the check off. */
export const AUDIENCE: Shape<readonly string[] | null> = {
  schema: {
    anyOf: [
      ONE_AUDIENCE.schema,
      { type: "array", items: ONE_AUDIENCE.schema, minItems: 1, uniqueItems: true },
      { type: "null" },
    ],
  },
  parse: (value, path, problems) => {
    if (value === null) return null;
    if (!Array.isArray(value)) {
      const only = oneAudience(value, path, problems);
      return only === undefined ? undefined : [only];
    }
    if (value.length === 0) {
      const fix = "write the token's aud in it, or null instead of the list to switch the check off";
      problems.push({ path, is: "is an empty list: no token has one of its values", fix });
      return undefined;
    }
    const items = value.map((item, index) => {
      const first = value.indexOf(item);
      if (item === null || first === index) return oneAudience(item, [...path, index], problems);
      problems.push({ path: [...path, index], is: `is the same as audience[${first}]`, fix: "delete it" });
      return undefined;
    });
    return items.includes(undefined) ? undefined : (items as string[]);
  },
};

function oneAudience(value: unknown, path: Path, problems: ProblemAt[]): string | undefined {
  if (value === null) {
    const fix = "delete it, or write null instead of the whole list to switch the check off";
    problems.push({ path, is: "is null in a list", fix });
    return undefined;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    problems.push({ path, is: `is ${value}, and not a text`, fix: `write it in quotes: "${value}"` });
    return undefined;
  }
  return ONE_AUDIENCE.parse(value, path, problems);
}

/** Registered claims that name no App: every token of an issuer, or each one, has its own. Source: RFC 7519, 4.1. */
const NOT_OF_AN_APP = ["iss", "sub", "exp", "nbf", "iat", "jti"];

export const AUDIENCE_CLAIM = text({
  example: "client_id",
  problemOf: (value) => {
    if (!NOT_OF_AN_APP.includes(value)) return claimProblem(value);
    return {
      is: `is ${value}, which does not say for which App a token is`,
      fix: "write the claim that names the App, such as client_id or azp",
    };
  },
});

/** The role's own MaxSessionDuration may be lower than the upper limit here. */
export const SECONDS = wholeNumber({
  min: MIN_SESSION_SECONDS,
  max: MAX_SESSION_SECONDS,
  unit: "seconds",
});

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

/** Segments, each with its slash: a placeholder, or printable ASCII without `*`, `?`, `{`, `}`, a backslash or "..". */
const PREFIX_PATTERN = "^((\\{[^{}]+\\}|(?!\\./)(?![^/]*\\.\\.)[ -)+-.0->@-\\[\\]-z|~]+)/)+$";
export function prefixShape(known: KnownClaims): Shape<string> {
  return text({
    example: '"users/{sub}/"',
    pattern: PREFIX_PATTERN,
    problemOf: (value) => {
      const result = prefixTemplateFrom(value, known);
      return "problem" in result ? result.problem : undefined;
    },
  });
}

/** RAM actions that OSS authorises on an object. */
export const ACTION: Shape<string> = {
  ...text({ example: "oss:GetObjectTagging", problemOf: actionProblem }),
  schema: { enum: OBJECT_LEVEL_ACTIONS },
};

/** For editors. The parser checks more. */
const PROMISE_PATTERN = `^(list|(${PERMISSIONS.join("|")}) [^/].*|upload [^/].* [^ /]+/[^ /]+ \\d+([kMG]B|[KMG]iB)?)$`;
export const PROMISE = text({
  example: "read users/alice/a.jpg",
  pattern: PROMISE_PATTERN,
  problemOf: promiseProblem,
});

const TEXT_ID = text({
  example: "alice",
  problemOf: (value) =>
    value === "" ? { is: "is empty, and matches nobody", fix: "write the user's ID" } : undefined,
});
/** A number is for issuers with `userType: integer`. */
export const USER_ID: Shape<string | number> = {
  schema: { type: ["string", "integer"] },
  parse: (value, path, problems) => (isWholeNumber(value) ? value : TEXT_ID.parse(value, path, problems)),
};

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
export const UTC_TIME = text({
  example: '"2026-11-23T10:00:00Z"',
  pattern: UTC.source,
  problemOf: (value) =>
    UTC.test(value) && !Number.isNaN(Date.parse(value))
      ? undefined
      : { is: `is ${JSON.stringify(value)}`, fix: 'write a UTC time such as "2026-11-23T10:00:00Z"' },
});

const KNOWN_ALGORITHM = oneOf(ALGORITHMS);
export const ALGORITHM: Shape<Algorithm> = {
  schema: KNOWN_ALGORITHM.schema,
  parse: (value, path, problems) => {
    if (typeof value === "string" && /^(eddsa|ed25519|ed448)$/i.test(value)) {
      problems.push({
        path,
        is: `is ${value}, which jsonwebtoken cannot verify`,
        fix: "let the issuer sign with ES256 or RS256, and write that",
      });
      return undefined;
    }
    if (typeof value === "string" && /^es256k/i.test(value)) {
      problems.push({
        path,
        is: `is ${value}, whose curve secp256k1 is not taken here; ES256 cannot verify its tokens`,
        fix: "let the issuer sign with ES256 or RS256, and write that",
      });
      return undefined;
    }
    if (typeof value === "string" && value.toLowerCase() === "none") {
      problems.push({
        path,
        is: "is none: a token without a signature proves nothing",
        fix: "write the algorithm that the issuer signs with, such as RS256",
      });
      return undefined;
    }
    return KNOWN_ALGORITHM.parse(value, path, problems);
  },
};

/** Why a text is not a bucket's name; undefined when it is one. */
export function bucketProblem(value: string): Problem | undefined {
  return BUCKET_NAME.test(value)
    ? undefined
    : {
        is: `is ${JSON.stringify(value)}`,
        fix: "write a bucket's name: 3 to 63 of a-z, 0-9 and -, such as examplebucket",
      };
}

const VARIABLE = /^[A-Z][A-Z0-9_]*$/;
/** Not `text`: an operator may write the key itself here (digits, a list of lines), which must not be quoted. */
export const VARIABLE_NAME: Shape<string> = {
  schema: { type: "string", pattern: VARIABLE.source },
  parse: (value, path, problems) => {
    if (typeof value === "string" && VARIABLE.test(value)) return value;
    problems.push({
      path,
      is: "must be the NAME of an environment variable",
      fix: "write a name such as JWT_SECRET, and never the key itself",
    });
    return undefined;
  },
};

/** Why a text is not a secure address for an issuer's keys; undefined when it is one. */
export function addressProblem(value: string): Problem | undefined {
  if (!URL.canParse(value))
    return {
      is: `is ${JSON.stringify(value)}`,
      fix: "write a whole address, such as https://login.example.com/.well-known/jwks.json",
    };
  const url = new URL(value);
  if (url.username !== "" || url.password !== "")
    return { is: "contains a user name or password", fix: "write the address without it" };
  if (isSecure(url)) return undefined;
  return {
    is: `is ${JSON.stringify(value)}: whoever can change the keys on the way can be anybody`,
    fix: "write https:// (http:// only for a loopback address)",
  };
}

function actionProblem(value: string): Problem | undefined {
  if (/[*?]/.test(value))
    return { is: `is ${JSON.stringify(value)}, but a wildcard is never allowed`, fix: "name each action" };
  if (OBJECT_LEVEL_ACTIONS.includes(value)) return undefined;
  if (BUCKET_LEVEL_ACTIONS.includes(value)) {
    return value === "oss:ListObjects"
      ? { is: "is oss:ListObjects", fix: "write list in allow: it adds the prefix condition" }
      : {
          is: `is ${value}, which OSS authorises on the whole bucket: no prefix can narrow it`,
          fix: "delete it: no rule may grant it",
        };
  }
  const near = nearest(value, OBJECT_LEVEL_ACTIONS);
  return {
    is: `is ${JSON.stringify(value)}, which is not an OSS action on objects`,
    fix: near ? `write ${near}` : "see docs/access-rules.md for the list",
  };
}
