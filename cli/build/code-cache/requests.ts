import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import type { AccessRules, Rule } from "../../../shared/domain/rules/rule.ts";
import { type Algorithm, type Issuer, isSymmetric } from "../../../shared/domain/token/issuer.ts";

/** What warm-up.ts does in its process. */
export interface WarmUp {
  readonly folder: string;
  /** Its name in the folder, without `.js`. */
  readonly entry: string;
  /** event: the file exports a handler of FC. http: it listens. */
  readonly request: "event" | "http";
  readonly environment: Readonly<Record<string, string>>;
  /** Key sets and discovery documents, by address. */
  readonly documents: Readonly<Record<string, object>>;
  readonly requests: readonly WarmUpRequest[];
}

export interface WarmUpRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** undefined: none. */
  readonly token: string | undefined;
  readonly body: string;
}

/** Rules whose tokens are tried, of each issuer. Ours: more of them need hardly any other function. */
const MAX_RULES = 3;

/**
 * Requests that need what the first requests of the operator's users need: refusals, and one request for each of the first
 * rules, with a token that the rules take. The keys are made for this, and are in the settings and documents given back.
 */
export function warmUpFor(rules: AccessRules): Pick<WarmUp, "environment" | "documents" | "requests"> {
  const issuers = rules.issuers.map((issuer) => ({ issuer, ...signerFor(issuer) }));
  const tokens = issuers.flatMap(({ issuer, sign }) =>
    rulesOf(issuer, rules).map((rule) => ({ rule, token: sign(claimsFor(issuer, rule)) })),
  );
  const forged = tokens.slice(0, 1).map(({ token }) => `${token.slice(0, -8)}AAAAAAAA`);
  const uploads = tokens.filter(({ rule }) => rule.upload !== undefined);
  return {
    environment: Object.assign(
      {
        OSS_ROLE_ARN: "acs:ram::1234567890123456:role/warm-up",
        OSS_BUCKET: "warm-up-bucket",
        OSS_REGION: "cn-hangzhou",
        ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIwarmup",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: "warm-up",
      },
      ...issuers.map(({ environment }) => environment),
    ),
    documents: Object.assign({}, ...issuers.map(({ documents }) => documents)),
    requests: [undefined, ...forged, ...tokens.map(({ token }) => token)]
      .map((token): WarmUpRequest => ({ method: "GET", path: "/credentials", token, body: "" }))
      .concat([undefined, ...forged].map((token) => formRequest(token, "image/png")))
      .concat(uploads.map(({ token, rule }) => formRequest(token, typeIn(rule)))),
  };
}

function formRequest(token: string | undefined, contentType: string): WarmUpRequest {
  const body = JSON.stringify({ files: [{ name: "warm-up.png", contentType }] });
  return { method: "POST", path: "/uploads", token, body };
}

function typeIn({ upload }: Rule): string {
  return upload?.contentTypes[0]?.replace("*", "png") ?? "image/png";
}

function rulesOf({ name }: Issuer, { rules }: AccessRules): readonly Rule[] {
  return rules
    .filter(({ issuer, mode }) => (issuer === undefined || issuer === name) && mode === "enforce")
    .slice(0, MAX_RULES);
}

/** The claims of a user to whom the rule applies. */
function claimsFor(issuer: Issuer, { when, prefix }: Rule): Readonly<Record<string, unknown>> {
  const inPrefix = prefix.segments.flatMap((segment) => ("claim" in segment ? [segment.claim] : []));
  const nowSeconds = Math.floor(Date.now() / 1000);
  return {
    ...Object.fromEntries([...issuer.requiredClaims, ...inPrefix].map((claim) => [claim, "warm-up"])),
    [issuer.userClaim]: issuer.userType === "integer" ? 10_001 : "warm-up",
    ...Object.fromEntries([...when].map(([claim, [value]]) => [claim, value])),
    ...(issuer.audience === null ? {} : { [issuer.audienceClaim]: issuer.audience[0] }),
    iss: issuer.issuer,
    iat: nowSeconds,
    exp: nowSeconds + 3600,
  };
}

type Signer = Pick<WarmUp, "environment" | "documents"> & {
  readonly sign: (claims: Readonly<Record<string, unknown>>) => string;
};

/** Keys in the place of the issuer's own. */
function signerFor({ issuer, keys, algorithms, tokenTypes, secretBeside }: Issuer): Signer {
  const algorithm =
    algorithms.find((one) => isSymmetric(one) === (keys.kind === "secret")) ?? algorithms[0] ?? "RS256";
  const secret = randomBytes(64).toString("base64");
  const { privateKey, publicKey } = keyPairFor(algorithm);
  const jwks = {
    keys: [{ ...publicKey.export({ format: "jwk" }), kid: "warm-up", alg: algorithm, use: "sig" }],
  };
  const key = isSymmetric(algorithm) ? secret : privateKey;
  const header = {
    alg: algorithm,
    kid: "warm-up",
    ...(tokenTypes?.[0] === undefined ? {} : { typ: tokenTypes[0] }),
  };
  return {
    sign: (claims) => jwt.sign(claims, key, { algorithm, header }),
    environment: {
      ...(keys.kind === "secret" ? { [keys.variable]: secret } : {}),
      ...(keys.kind === "publicKey"
        ? { [keys.variable]: String(publicKey.export({ type: "spki", format: "pem" })) }
        : {}),
      ...(secretBeside === undefined ? {} : { [secretBeside]: secret }),
    },
    documents:
      keys.kind === "jwks"
        ? { [keys.url]: jwks }
        : {
            [`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`]: {
              issuer,
              jwks_uri: `${KEYS_ADDRESS}${encodeURIComponent(issuer)}`,
            },
            [`${KEYS_ADDRESS}${encodeURIComponent(issuer)}`]: jwks,
          },
  };
}

const KEYS_ADDRESS = "https://keys.example.com/";

function keyPairFor(algorithm: Algorithm): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const curves: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
  const namedCurve = curves[algorithm];
  return namedCurve === undefined
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ec", { namedCurve });
}
