import { type ColdStart, coldStarts } from "../cold-start.ts";
import { tokenOf } from "../programs/token-of.ts";
import { BUNDLE_CACHED, settings, UPLOADS_CACHED, uploadsSettings } from "../stage.ts";
import { median, ratios, spreadOf } from "../statistics.ts";
import { atMost, figure, type Row, times } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";
import { coldStartOf, PEERS } from "./peers.ts";

/** Ratios to Node that prints one line; the milliseconds stand in brackets. */
export async function coldRows(sts: MeasuredSts, rounds: number): Promise<readonly Row[]> {
  const token = tokenOf("alice");
  const floor: ColdStart = { name: "floor", program: "one-line", environment: {}, expected: 0 };
  const forged = `${token.slice(0, -4)}${token.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
  const ours = (what: string, tokenSent: string | undefined, expected: number): ColdStart[] => {
    const environment = settings(sts.port, tokenSent === undefined ? {} : { TOKEN: tokenSent });
    return withAndWithoutCache({ name: what, program: "one-request", environment, expected }, BUNDLE_CACHED);
  };
  const uploads: ColdStart = {
    name: "first form, uploads/index.js",
    program: "one-upload",
    environment: uploadsSettings({ TOKEN: token }),
    expected: 200,
  };
  const measured = await coldStarts(
    [
      floor,
      ...ours("first credentials", token, 200),
      ...ours("refusal, no token", undefined, 401),
      ...ours("refusal, forged token", forged, 401),
      ...withAndWithoutCache(uploads, UPLOADS_CACHED),
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
  return [...measured].map(([name, ms]) => {
    if (name === "floor") return figure("cold start, floor: node prints a line", spreadOf(ms), whole);
    const ratio = spreadOf(ratios(ms, floorMs));
    const limit = TARGETS[name];
    return figure(`cold start, ${name}`, ratio, times, {
      beside: whole(median(ms)),
      ...(limit === undefined ? {} : { target: atMost(limit, ratio.median, " x") }),
    });
  });
}

/** Ratios to the floor. */
const TARGETS: Readonly<Record<string, number>> = {
  "first credentials": 2,
  "first credentials, code cache": 1.7,
  "first form, uploads/index.js": 1.5,
  "first form, uploads/index.js, code cache": 1.5,
  "refusal, no token": 1.35,
  "refusal, no token, code cache": 1.25,
  "refusal, forged token": 1.35,
  "refusal, forged token, code cache": 1.25,
};

/** `cached`: the same handler with V8's code cache. */
function withAndWithoutCache(variant: ColdStart, cached: string): ColdStart[] {
  const { name, environment } = variant;
  return [
    variant,
    { ...variant, name: `${name}, code cache`, environment: { ...environment, BUNDLE: cached } },
  ];
}

function whole(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}
