import { aliyunSts } from "../../shared/adapters/aliyun-sts.ts";
import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import { jwksKeys } from "../../shared/adapters/jwks-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { keysByKind } from "../../shared/adapters/keys-by-kind.ts";
import { stdoutAuditLog } from "../../shared/adapters/stdout-audit-log.ts";
import type { Valet } from "../../shared/flows/vend-credentials.ts";
import type { Clock } from "../../shared/ports.ts";
import type { Service } from "../http/http.ts";
import type { Environment } from "../http/settings.ts";
import { shellAround } from "../http/shell.ts";
import { VERSION } from "../http/version.ts";
import { type CallerSource, type Config, configFrom } from "./config.ts";
import { credentialsRoute } from "./route.ts";

/** Reads the settings, once, and wires the adapters. Throws ConfigError. */
export function composedService(
  environment: Environment,
  accessFile: unknown,
  callerSource: CallerSource,
): Service & { readonly config: Config } {
  const config = configFrom(environment, accessFile, settingKeys, callerSource);
  const clock: Clock = { nowMs: Date.now };
  const log = stdoutAuditLog(clock);
  let callerCredentials = config.callerCredentials;
  const valet: Valet = {
    rules: config.rules,
    bucket: config.bucket,
    tokenVerifier: jwtTokenVerifier({
      issuers: config.issuerKeys.map(({ issuer, secret, publicKey }) => ({
        issuer,
        keys: keysByKind({
          secret,
          publicKeys:
            publicKey ??
            (issuer.keys.kind === "secret" ? undefined : jwksKeys({ issuer, clock, onWarning: log.warn })),
        }),
      })),
      clock,
    }),
    sts: aliyunSts({
      endpoint: config.sts,
      roleArn: config.roleArn,
      callerCredentials: () => callerCredentials,
      clock,
    }),
  };
  const oss = { region: config.region, endpoints: config.ossEndpoints };
  return {
    config,
    handle: shellAround({
      routes: [credentialsRoute({ valet, oss, clock })],
      allowedOrigins: config.allowedOrigins,
      auditLog: log,
      clock,
      version: VERSION,
    }),
    useCallerCredentials: (credentials) => {
      callerCredentials = credentials;
    },
  };
}
