import { createPublicKey } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../../functions/http/http.ts";
import { shellAround } from "../../functions/http/shell.ts";
import { downloadsRoute } from "../../functions/uploads/downloads-route.ts";
import { uploadsRoute } from "../../functions/uploads/uploads-route.ts";
import type { TokenIssuer } from "../../sandbox/idp/issuer.ts";
import { fixedKeys } from "../../shared/adapters/fixed-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { ossSigner } from "../../shared/adapters/oss-signer.ts";
import { regionEndpoint } from "../../shared/domain/oss-endpoint.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import type { AuditLog, CallerCredentials } from "../../shared/ports.ts";
import { fixedClock, type RecordingAuditLog, recordingAuditLog } from "./stubs.ts";
import { BUCKET } from "./valet.ts";

/** What signs in these tests: none of it may be in a log or an error. */
export const SIGNING_KEYS: CallerCredentials = {
  accessKeyId: "STS.NTexampleSigner",
  accessKeySecret: "5xTnexampleSecretThatNobodyMayLog",
  securityToken: "CAISexampleSignerTokenThatNobodyMayLog",
};

/** /uploads and /downloads with a real token verifier and signer, and a clock that stands still. */
export interface WholeUploads {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  readonly auditLog: RecordingAuditLog;
}

export function wholeUploads(
  issuer: TokenIssuer,
  rules: AccessRules,
  {
    keys = SIGNING_KEYS,
    auditLog,
  }: { readonly keys?: CallerCredentials | undefined | null; readonly auditLog?: AuditLog } = {},
): WholeUploads {
  const [jwk] = issuer.jwks().keys;
  const [login] = rules.issuers;
  if (jwk === undefined || login === undefined) throw new Error("no key or no issuer");
  const recorded = recordingAuditLog();
  const signing = {
    rules,
    bucket: BUCKET,
    tokenVerifier: jwtTokenVerifier({
      issuers: [{ issuer: login, keys: fixedKeys(createPublicKey({ key: jwk, format: "jwk" }), ["RS256"]) }],
      clock: fixedClock,
    }),
    clock: fixedClock,
    fairUse: undefined,
    signer: ossSigner({
      region: "cn-hangzhou",
      endpoints: { ofBuckets: new Map(), others: regionEndpoint("cn-hangzhou") },
      credentials: () => keys ?? undefined,
    }),
  };
  const handle = shellAround({
    routes: [uploadsRoute(signing), downloadsRoute(signing)],
    allowedOrigins: ["https://app.example.com"],
    auditLog: auditLog ?? recorded,
    clock: fixedClock,
    version: "1.2.3",
  });
  return { handle, auditLog: recorded };
}
