import type { Cell } from "./cell.ts";
import { issuerCells } from "./topics/issuer.ts";
import { signingCells } from "./topics/signing.ts";
import { inFunctionCompute, stsClock, stsDenials, stsMixed, stsPairs, stsShares } from "./topics/sts.ts";

/** Every row of the table, in its order. */
export function cellsOf({ quick }: { readonly quick: boolean }): readonly Cell[] {
  const load = quick ? { requests: 40, atOnce: 20 } : { requests: 200, atOnce: 20 };
  const small = quick ? { requests: 20, atOnce: 10 } : { requests: 60, atOnce: 20 };
  return [
    ...stsMixed(load),
    ...stsShares(load),
    ...stsDenials(small),
    ...stsPairs(small),
    ...stsClock(small),
    ...inFunctionCompute({ ...small, atOnce: 6 }),
    ...issuerCells(small),
    ...signingCells(small),
  ];
}
