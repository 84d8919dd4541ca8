import { newRequestId, record, type World } from "../world.ts";

/** Something was refused: what, why, and the status; 0 for TLS, which has none. */
export type Refused = (what: string, problem: string, status: number) => void;

/** Lines for the terminal. A client that asks again and again fills the journal, which is bounded, and nothing else. */
const MAX_LINES = 100;

/** Writes refusals into the journal, and each one once to the terminal. */
export function refusalsIn(world: World, say: (line: string) => void): Refused {
  const said = new Set<string>();
  return (what, problem, status) => {
    const operation = printable(what);
    const because = printable(problem);
    record(world, {
      service: "proxy",
      operation,
      principal: undefined,
      resource: undefined,
      status,
      code: "NotServed",
      because,
      requestId: newRequestId(),
    });
    const line = `proxy: refused ${operation}: ${because}`;
    if (said.has(line) || said.size >= MAX_LINES) return;
    said.add(line);
    say(line);
  };
}

/** Clients choose these texts: no control characters for a terminal, and no endless lines. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 300);
}
