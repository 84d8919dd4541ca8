import { aliyunSts } from "../../shared/adapters/aliyun-sts.ts";
import { fixedKeys, publicKeyFrom, secretKeyFrom } from "../../shared/adapters/fixed-keys.ts";
import { jwksKeys } from "../../shared/adapters/jwks-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { stdoutAuditLog } from "../../shared/adapters/stdout-audit-log.ts";
import type { CallerCredentials, Clock } from "../../shared/ports.ts";
import type { HttpRequest, HttpResponse } from "../http/http.ts";
import { requestHandler } from "../http/shell.ts";
import { VERSION } from "../http/version.ts";
import { type CallerSource, type Config, configFrom, type Environment, type KeyReaders } from "./config.ts";

/** The function, wired: what both entry points (FC's event, a plain HTTP server) serve. */
export interface Service {
  readonly config: Config;
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  /**
   * Takes the credentials that FC hands out with a request. They are the function's own, the same for every
   * caller, and valid for hours: the newest ones serve all requests.
   */
  readonly useCallerCredentials: (credentials: CallerCredentials) => void;
}

/** Reads the settings, once, and wires the adapters. Throws ConfigError. */
export function composedService(
  environment: Environment,
  accessFile: unknown,
  callerSource: CallerSource,
): Service {
  const readers: KeyReaders = {
    secretKeysFrom: (text, algorithms) => fixedKeys(secretKeyFrom(text), algorithms),
    publicKeysFrom: (pem, algorithms) => fixedKeys(publicKeyFrom(pem), algorithms),
  };
  const config = configFrom(environment, accessFile, readers, callerSource);
  const clock: Clock = { nowMs: Date.now };
  let callerCredentials = config.callerCredentials;
  const handle = requestHandler({
    valet: {
      rules: config.rules,
      bucket: config.bucket,
      tokenVerifier: jwtTokenVerifier({
        issuers: config.issuerKeys.map(({ issuer, fixed }) => ({
          issuer,
          keys: fixed ?? jwksKeys({ issuer, clock, onWarning: warned(clock) }),
        })),
        clock,
      }),
      sts: aliyunSts({
        endpoint: config.sts,
        roleArn: config.roleArn,
        callerCredentials: () => callerCredentials,
        clock,
      }),
    },
    oss: { region: config.region, endpoint: config.ossEndpoint },
    allowedOrigins: config.allowedOrigins,
    auditLog: stdoutAuditLog(clock),
    clock,
    version: VERSION,
  });
  return {
    config,
    handle,
    useCallerCredentials: (credentials) => {
      callerCredentials = credentials;
    },
  };
}

/** What the operator should know of an issuer's keys: a line beside the audit log's. Holds no secret. */
function warned(clock: Clock): (warning: string) => void {
  return (warning) => {
    process.stdout.write(`${JSON.stringify({ time: new Date(clock.nowMs()).toISOString(), warning })}\n`);
  };
}

/** From FC's context or headers; undefined where a part is missing. An empty token is no token. */
export function callerCredentialsFrom(given: {
  readonly accessKeyId?: unknown;
  readonly accessKeySecret?: unknown;
  readonly securityToken?: unknown;
}): CallerCredentials | undefined {
  const { accessKeyId, accessKeySecret, securityToken } = given;
  if (typeof accessKeyId !== "string" || typeof accessKeySecret !== "string") return undefined;
  if (accessKeyId === "" || accessKeySecret === "") return undefined;
  return typeof securityToken === "string" && securityToken !== ""
    ? { accessKeyId, accessKeySecret, securityToken }
    : { accessKeyId, accessKeySecret };
}
