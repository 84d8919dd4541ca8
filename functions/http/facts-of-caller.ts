import type { Learnt } from "../../shared/flows/authorise.ts";
import type { AuditFacts } from "../../shared/ports.ts";

/** What every flow learns of who asks, and of rules in `mode: report`. */
export function factsOfCaller({ issuer, sessionName, report }: Learnt<unknown>): AuditFacts {
  const { reported = [], reportedUnsafe = [] } = report ?? {};
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(reported.length === 0 ? {} : { reported }),
    ...(reportedUnsafe.length === 0 ? {} : { reportedUnsafe }),
  };
}
