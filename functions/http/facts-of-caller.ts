import type { Learnt } from "../../shared/flows/authorise.ts";
import type { AuditFacts } from "../../shared/ports.ts";

/** What every flow learns of who asks and with which token, of rules in `mode: report`, and of the time of its steps. */
export function factsOfCaller({ report, grant: _, ...known }: Learnt<unknown>): AuditFacts {
  const { reported = [], reportedUnsafe = [] } = report ?? {};
  return {
    ...known,
    ...(reported.length === 0 ? {} : { reported }),
    ...(reportedUnsafe.length === 0 ? {} : { reportedUnsafe }),
  };
}
