import type { FairUse, Sts } from "../ports.ts";

/**
 * An {@link Sts} around an `Sts`, which only those principals reach who have asked less often than they may. It belongs inside
 * every store of credentials: a request that is answered from one is not counted, and neither are equal requests at the same
 * time, except for the one that asks STS. And it belongs before retries: they are no requests of the user.
 */
export function limitedSts({ sts, fairUse }: { readonly sts: Sts; readonly fairUse: FairUse }): Sts {
  return {
    assumeRole: async (call, refusedKeyId) =>
      (await fairUse.count(call.sessionName)) ?? sts.assumeRole(call, refusedKeyId),
  };
}
