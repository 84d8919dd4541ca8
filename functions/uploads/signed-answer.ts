import { shortDigestOf } from "../../shared/domain/digest.ts";
import type { Ending } from "../../shared/flows/authorise.ts";
import type { Signed } from "../../shared/flows/sign-objects.ts";
import type { AuditFacts } from "../../shared/ports.ts";
import type { DownloadsBody, UploadsBody } from "../../shared/wire.ts";
import { factsOfCaller } from "../http/facts-of-caller.ts";
import type { RouteAnswer } from "../http/shell.ts";
import { utcSeconds } from "../http/utc-seconds.ts";

/** What both kinds of grants say of themselves. */
interface SignedGrant {
  readonly rules: readonly string[];
}

/** The answer of a route that signs, and its facts for the log: keys as digests only. */
export function signedAnswer<T, G extends SignedGrant>(
  { result, learnt }: Ending<Signed<T>, G>,
  requestId: string,
  keysOf: (grant: G) => readonly { readonly key: string }[],
  bodyOf: (items: readonly T[]) => Pick<UploadsBody, "Uploads"> | Pick<DownloadsBody, "Downloads">,
): RouteAnswer {
  const facts: AuditFacts = { ...factsOfCaller(learnt), ...factsOfGrant(learnt.grant, keysOf) };
  if (!result.ok) return { result, facts };
  const { items, expiresAtMs } = result.value;
  return {
    result: {
      ok: true,
      value: {
        StatusCode: "200",
        Code: "Success",
        RequestId: requestId,
        Expiration: utcSeconds(expiresAtMs),
        ...bodyOf(items),
      },
    },
    facts: { ...facts, expiration: new Date(expiresAtMs).toISOString() },
  };
}

function factsOfGrant<G extends SignedGrant>(
  grant: G | undefined,
  keysOf: (grant: G) => readonly { readonly key: string }[],
): AuditFacts {
  if (grant === undefined) return {};
  const keys = keysOf(grant);
  return {
    rules: grant.rules,
    count: keys.length,
    keyDigests: keys.map(({ key }) => shortDigestOf(key)),
  };
}
