import { createPublicKey } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../../functions/http/http.ts";
import { type TokenIssuer, tokenIssuer } from "../../sandbox/idp/issuer.ts";
import { fixedKeys } from "../../shared/adapters/fixed-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { regionEndpoint } from "../../shared/domain/oss-endpoint.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import type { Sts } from "../../shared/ports.ts";
import { type CredentialsServiceOptions, credentialsService } from "./credentials-service.ts";
import { keptRsaKey } from "./kept-key.ts";
import {
  fixedClock,
  type RecordingAuditLog,
  type RecordingSts,
  recordingAuditLog,
  recordingSts,
} from "./stubs.ts";
import { BUCKET, LOGIN } from "./valet.ts";

/** The function with a real token verifier, an STS that records, and a clock that stands still. */
export interface WholeService {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  readonly issuer: TokenIssuer;
  readonly sts: RecordingSts;
  readonly auditLog: RecordingAuditLog;
}

/** The issuer `login`. */
export function loginIssuer(): TokenIssuer {
  return tokenIssuer({
    url: LOGIN.issuer,
    audience: LOGIN.audience,
    nowMs: fixedClock.nowMs,
    rsaKey: keptRsaKey("issuer", 2_048),
  });
}

export function wholeService(
  issuer: TokenIssuer,
  rules: AccessRules,
  change: Partial<CredentialsServiceOptions> = {},
  around: (sts: Sts) => Sts = (sts) => sts,
): WholeService {
  const [jwk] = issuer.jwks().keys;
  const [login] = rules.issuers;
  if (jwk === undefined || login === undefined) throw new Error("no key or no issuer");
  const keys = fixedKeys(createPublicKey({ key: jwk, format: "jwk" }), ["RS256"]);
  const [sts, auditLog] = [recordingSts(), recordingAuditLog()];
  const handle = credentialsService({
    valet: {
      rules,
      bucket: BUCKET,
      tokenVerifier: jwtTokenVerifier({ issuers: [{ issuer: login, keys }], clock: fixedClock }),
      sts: around(sts),
    },
    oss: {
      region: "cn-hangzhou",
      endpoints: { ofBuckets: new Map(), others: regionEndpoint("cn-hangzhou") },
    },
    allowedOrigins: ["https://app.example.com"],
    auditLog,
    clock: fixedClock,
    version: "1.2.3",
    ...change,
  });
  return { handle, issuer, sts, auditLog };
}
