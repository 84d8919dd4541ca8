import type { Learnt } from "../../shared/flows/authorise.ts";
import type { AuditFacts } from "../../shared/ports.ts";

/** What every flow learns of who asks, of rules in `mode: report`, and of the time that its steps took. */
export function factsOfCaller({ issuer, sessionName, report, steps }: Learnt<unknown>): AuditFacts {
  const { reported = [], reportedUnsafe = [] } = report ?? {};
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(steps === undefined ? {} : { steps }),
    ...(reported.length === 0 ? {} : { reported }),
    ...(reportedUnsafe.length === 0 ? {} : { reportedUnsafe }),
  };
}
