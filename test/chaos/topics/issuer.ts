import type { ErrorCode } from "../../../shared/wire.ts";
import type { Arena, Cell, Load } from "../cell.ts";
import { COMMON, type NamedFault, SLOW } from "../troubles.ts";

const MAY: readonly ErrorCode[] = ["KeysUnavailable"];

/** Milliseconds. Longer than keys count as fresh. Source: access.yaml, jwksCache.maxAge, 600 s by default. */
const KEYS_ARE_OLD_MS = 11 * 60_000;

/** Each fault of the issuer's key set: for a process that has never had it, for one whose copy is old, and for a new key. */
export function issuerCells(load: Load): readonly Cell[] {
  return [...COMMON, ...SLOW].flatMap((fault) => [
    { ...issuerCell(fault, load, "the first keys", () => {}), warm: false, may: MAY },
    issuerCell(fault, load, "the keys are old", ({ sandbox }) => sandbox.clock.advance(KEYS_ARE_OLD_MS)),
    {
      ...issuerCell(fault, load, "a new key", async ({ sandbox }) => {
        sandbox.clock.advance(KEYS_ARE_OLD_MS);
        await sandbox.issuer.rotate();
      }),
      may: MAY,
    },
  ]);
}

function issuerCell(
  { name, fault }: NamedFault,
  load: Load,
  when: string,
  before: (arena: Arena) => Promise<void> | void,
): Cell {
  return {
    topic: "Issuer's keys",
    trouble: `${name}: ${when}`,
    share: "100 %",
    // With the old copy nobody notices.
    may: [],
    load,
    // They need the keys too.
    sparesOthers: false,
    begin: async (arena) => {
      await before(arena);
      await arena.target.followClock();
      const id = arena.sandbox.faults.add({ service: "issuer", fault });
      return () => void arena.sandbox.faults.clear(id);
    },
  };
}
