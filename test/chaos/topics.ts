import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Cell, Row } from "./cell.ts";
import { type RunOptions, runCell } from "./run-cell.ts";
import type { Stage } from "./stage.ts";
import { issuerCells } from "./topics/issuer.ts";
import { redisCells } from "./topics/redis.ts";
import { signingCells } from "./topics/signing.ts";
import { inFunctionCompute, stsClock, stsDenials, stsMixed, stsPairs, stsShares } from "./topics/sts.ts";

/** A row that can be run. */
export interface Runnable {
  readonly topic: string;
  readonly trouble: string;
  readonly share: string;
  run(stage: Stage, options: RunOptions): Promise<Row>;
}

/** Every row of the table, in its order. */
export async function rowsOf(size: { readonly quick: boolean }): Promise<readonly Runnable[]> {
  const { clientCells, runClientCell } = await clientPart();
  return [
    ...cellsOf(size).map(
      (cell): Runnable => ({ ...named(cell), run: (stage, options) => runCell(stage, cell, options) }),
    ),
    ...clientCells(size.quick ? 2 : 4).map(
      (cell): Runnable => ({
        ...named(cell),
        run: (stage, { seed }) => runClientCell(stage, cell, seed),
      }),
    ),
  ];
}

interface ClientCell extends Omit<Runnable, "run"> {}

/** By its path: it is written for browsers, whose types this part of the project does not have. */
function clientPart() {
  const path = join(import.meta.dirname, "../client/chaos-cells.ts");
  return import(pathToFileURL(path).href) as Promise<{
    readonly clientCells: (users: number) => readonly ClientCell[];
    readonly runClientCell: (stage: Stage, cell: ClientCell, seed: number) => Promise<Row>;
  }>;
}

function named({ topic, trouble, share }: Pick<Runnable, "topic" | "trouble" | "share">) {
  return { topic, trouble, share };
}

function cellsOf({ quick }: { readonly quick: boolean }): readonly Cell[] {
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
    ...redisCells(small),
  ];
}
