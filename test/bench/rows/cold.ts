import { type ColdStart, coldStarts } from "../cold-start.ts";
import { tokenOf } from "../programs/token-of.ts";
import { settings, uploadsSettings } from "../stage.ts";
import { median, ratios, spreadOf } from "../statistics.ts";
import { atMost, figure, type Row, times } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";
import { coldStartOf, PEERS } from "./peers.ts";

/** Ratios to Node that prints one line; the milliseconds stand in brackets. */
export async function coldRows(sts: MeasuredSts, rounds: number): Promise<readonly Row[]> {
  const token = tokenOf("alice");
  const floor: ColdStart = { name: "floor", program: "one-line", environment: {}, expected: 0 };
  const ours = (name: string, tokenSent: string | undefined, expected: number): ColdStart => ({
    name,
    program: "one-request",
    environment: settings(sts.port, tokenSent === undefined ? {} : { TOKEN: tokenSent }),
    expected,
  });
  const forged = `${token.slice(0, -4)}${token.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
  const measured = await coldStarts(
    [
      floor,
      ours("first credentials", token, 200),
      ours("refusal, no token", undefined, 401),
      ours("refusal, forged token", forged, 401),
      {
        name: "first form, uploads/index.js",
        program: "one-upload",
        environment: uploadsSettings({ TOKEN: token }),
        expected: 200,
      },
      {
        name: "first credentials, server.js",
        program: "server",
        environment: settings(sts.port),
        expected: 200,
        request: { token },
      },
      ...PEERS.map((peer) => coldStartOf(peer, sts.port, token)),
    ],
    rounds,
  );
  const floorMs = measured.get("floor") ?? [];
  const targets: Readonly<Record<string, number>> = {
    "first credentials": 1.7,
    "first form, uploads/index.js": 1.5,
    "refusal, no token": 1.35,
    "refusal, forged token": 1.35,
  };
  return [...measured].map(([name, ms]) => {
    if (name === "floor") return figure("cold start, floor: node prints a line", spreadOf(ms), whole);
    const ratio = spreadOf(ratios(ms, floorMs));
    const limit = targets[name];
    return figure(`cold start, ${name}`, ratio, times, {
      beside: whole(median(ms)),
      ...(limit === undefined ? {} : { target: atMost(limit, ratio.median, " x") }),
    });
  });
}

function whole(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}
