import { jwksKeys } from "../../shared/adapters/jwks-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { keysByKind } from "../../shared/adapters/keys-by-kind.ts";
import { stdoutAuditLog } from "../../shared/adapters/stdout-audit-log.ts";
import type { Gate } from "../../shared/flows/authorise.ts";
import type { AuditLog, CallerCredentials, Clock, FairUse, OperatorLog } from "../../shared/ports.ts";
import type { CacheSettings } from "./cache-settings.ts";
import type { GateSettings } from "./gate-settings.ts";
import type { Service } from "./http.ts";
import type { HttpSettings } from "./http-settings.ts";
import type { RateLimit } from "./rate-limit-settings.ts";
import { type Route, shellAround } from "./shell.ts";
import { withSmallHeap } from "./small-heap.ts";
import { VERSION } from "./version.ts";

/** What every function is wired from: who is let in, the time, the log and the function's own keys. */
export interface Foundation {
  readonly gate: Gate;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
  readonly operatorLog: OperatorLog;
  /** undefined without RATE_LIMIT. */
  readonly fairUse: FairUse | undefined;
  /** The newest ones. */
  readonly callerCredentials: () => CallerCredentials | undefined;
  readonly useCallerCredentials: Service["useCallerCredentials"];
  /** What is open until the service closes: whoever opens something adds what ends it. */
  readonly atClose: (() => Promise<unknown>)[];
}

/** What the foundation is made of. */
export interface FoundationSettings extends GateSettings {
  readonly callerCredentials: CallerCredentials | undefined;
  readonly rateLimit: RateLimit | undefined;
  readonly cache: CacheSettings;
}

export function foundationFrom(
  config: FoundationSettings,
  auditLogAround: (log: AuditLog) => AuditLog = (log) => log,
): Foundation {
  const clock: Clock = { nowMs: Date.now };
  const log = stdoutAuditLog(clock);
  const atClose: Foundation["atClose"] = [];
  let callerCredentials = config.callerCredentials;
  return {
    gate: {
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
    },
    clock,
    auditLog: auditLogAround(log),
    operatorLog: log,
    fairUse: fairUseFrom(config, log, atClose),
    callerCredentials: () => callerCredentials,
    useCallerCredentials: (credentials) => {
      callerCredentials = credentials;
    },
    atClose,
  };
}

/** Loaded only where there is a limit. Without its file, the process ends: nobody would notice a limit that is not there. */
function fairUseFrom(
  { rateLimit: limit, cache, bucket, region }: FoundationSettings,
  { warn }: OperatorLog,
  atClose: Foundation["atClose"],
): FairUse | undefined {
  if (limit === undefined) return undefined;
  const loaded = import("./rate-limit/compose.ts").then(({ fairUseOf }) =>
    fairUseOf({ limit, cache, scope: JSON.stringify([region, bucket]), warn }),
  );
  atClose.push(async () => (await loaded).close());
  return { count: async (sessionName) => (await loaded).count(sessionName) };
}

export function serviceOf(
  routes: readonly Route[],
  { allowedOrigins }: HttpSettings,
  { auditLog, clock, useCallerCredentials, atClose }: Foundation,
): Service {
  return {
    handle: withSmallHeap(shellAround({ routes, allowedOrigins, auditLog, clock, version: VERSION })),
    useCallerCredentials,
    close: () => Promise.allSettled(atClose.map((end) => end())),
  };
}
