import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { optionsOrUsage } from "../../scripts/command-line.ts";
import { type ColdStart, coldStarts } from "./cold-start.ts";
import { tokenOf } from "./programs/token-of.ts";
import { run, setStage, settings, start, uploadsSettings } from "./stage.ts";
import { median, pairedRatio, quartiles } from "./statistics.ts";

const USAGE = `npm run bench [-- --quick]

  --quick   fewer rounds: the figures vary more`;

const options = optionsOrUsage({ quick: { type: "boolean", default: false } }, USAGE);
const COLD_ROUNDS = options.quick ? 15 : 31;
/** Of three variants each; STS answers these at once. */
const WARM_UP_ROUNDS = 1_000;
const WARM_ROUNDS = options.quick ? 100 : 400;
const SIGNING_ROUNDS = options.quick ? 20 : 60;
const MEMORY_REQUESTS = options.quick ? 20_000 : 100_000;

interface Row {
  readonly metric: string;
  readonly measured: string;
  /** undefined: for comparison only. */
  readonly target?: { readonly text: string; readonly met: boolean };
}

function atMost(limit: number, value: number, unit = ""): NonNullable<Row["target"]> {
  return { text: `<= ${limit}${unit}`, met: value <= limit };
}

/** Bytes repeat exactly; CI's tests hold them too. */
function sizeRows(
  of: string,
  files: readonly { readonly name: string; readonly bytes: number; readonly gzipBytes: number }[],
): Row[] {
  return files.flatMap(({ name, bytes, gzipBytes }) => [
    {
      metric: `${of}/${name}, minified`,
      measured: `${(bytes / 1000).toFixed(1)} kB`,
      target: atMost(170, bytes / 1000, " kB"),
    },
    {
      metric: `${of}/${name}, gzip`,
      measured: `${(gzipBytes / 1000).toFixed(1)} kB`,
      // server.js of credentials has the routes of all functions.
      target: atMost(name === "server.js" ? 50 : 45, gzipBytes / 1000, " kB"),
    },
  ]);
}

async function coldRows(stsPort: number): Promise<Row[]> {
  const token = tokenOf("alice");
  const floor: ColdStart = { name: "floor", program: "one-line", environment: {}, expected: 0 };
  const ours = (name: string, tokenSent: string | undefined, expected: number): ColdStart => ({
    name,
    program: "one-request",
    environment: settings(stsPort, tokenSent === undefined ? {} : { TOKEN: tokenSent }),
    expected,
  });
  const server = (name: string, program: string): ColdStart => ({
    name,
    program,
    environment: settings(stsPort),
    expected: 200,
    request: { token },
  });
  const forged = `${token.slice(0, -4)}${token.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
  const times = await coldStarts(
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
      server("first credentials, server.js", "server"),
      server("peer: Express with ali-oss", "express-ali-oss"),
    ],
    COLD_ROUNDS,
  );
  const floorMs = times.get("floor") ?? [];
  const targets: Readonly<Record<string, number>> = {
    "first credentials": 1.7,
    "first form, uploads/index.js": 1.5,
    "refusal, no token": 1.35,
    "refusal, forged token": 1.35,
  };
  return [...times].map(([name, ms]) => {
    const ratio = pairedRatio(ms, floorMs);
    const [low, high] = quartiles(ms);
    const limit = targets[name];
    return {
      metric: name === "floor" ? "cold start, floor: node prints a line" : `cold start, ${name}`,
      measured: `${ratio.toFixed(2)} x (${median(ms).toFixed(0)} ms, ${low.toFixed(0)} to ${high.toFixed(0)})`,
      ...(limit === undefined ? {} : { target: atMost(limit, ratio, " x") }),
    };
  });
}

/** Processor time, of one core. Each round has all variants, so that ratios are of the same moment. */
async function signingRows(): Promise<Row[]> {
  const times = (await run("sign-forms", {}, String(SIGNING_ROUNDS), "500")) as Readonly<
    Record<string, readonly number[]>
  >;
  const of = (name: string): readonly number[] => times[name] ?? [];
  const us = (name: string): string => `${median(of(name)).toFixed(1)} us`;
  const perSecond = Math.round(1e6 / median(of("form")));
  const toToken = pairedRatio(of("form"), of("tokenHS256"));
  const ratio = (name: string, base: string): string => `${pairedRatio(of(name), of(base)).toFixed(2)} x`;
  return [
    {
      metric: "forms a second and core",
      measured: `${perSecond.toLocaleString("en")} (${us("form")} each)`,
      target: { text: ">= 20,000", met: perSecond >= 20_000 },
    },
    {
      metric: "form, beside one token verification (HS256)",
      measured: `${toToken.toFixed(2)} x (${us("tokenHS256")})`,
      target: atMost(1.5, toToken, " x"),
    },
    {
      metric: "form, beside one token verification (RS256)",
      measured: `${ratio("form", "tokenRS256")} (${us("tokenRS256")})`,
    },
    {
      metric: "form, beside a bare chain of five HMACs",
      measured: `${ratio("form", "hmacChain")} (${us("hmacChain")})`,
    },
    {
      metric: "form, beside ali-oss' signature of a policy",
      measured: `${ratio("form", "aliOssForm")} (${us("aliOssForm")})`,
    },
    { metric: "signed URL", measured: us("url") },
    {
      metric: "signed URL, beside ali-oss' own",
      measured: `${ratio("url", "aliOssUrl")} (${us("aliOssUrl")})`,
    },
  ];
}

async function warmRows(stsPort: number): Promise<Row[]> {
  const times = (await run(
    "warm-misses",
    settings(stsPort),
    String(WARM_UP_ROUNDS),
    String(WARM_ROUNDS),
  )) as Readonly<Record<"bare" | "ours" | "aliOss", number[]>>;
  const bareMs = median(times.bare);
  const above = (name: "ours" | "aliOss"): number => median(times[name]) - bareMs;
  const measured = (name: "ours" | "aliOss"): string =>
    `+${above(name).toFixed(2)} ms (p50 ${median(times[name]).toFixed(2)})`;
  return [
    { metric: "bare signed call, STS at 20 ms", measured: `p50 ${bareMs.toFixed(2)} ms` },
    { metric: "warm miss above it", measured: measured("ours"), target: atMost(0.6, above("ours"), " ms") },
    { metric: "peer: ali-oss above it", measured: measured("aliOss") },
  ];
}

async function memoryRows(stsPort: number): Promise<Row[]> {
  const result = (await run("many-requests", settings(stsPort), String(MEMORY_REQUESTS))) as {
    readonly residentMB: readonly number[];
    readonly cpuMicrosecondsPerRequest: number;
  };
  const [early = 0, half = 0, end = 0] = result.residentMB;
  const requests = MEMORY_REQUESTS.toLocaleString("en");
  return [
    {
      metric: `resident set after ${requests} misses, 50 at once`,
      measured: `${end.toFixed(0)} MB (a tenth ${early.toFixed(0)}, half ${half.toFixed(0)})`,
      target: atMost(90, end, " MB"),
    },
    { metric: "processor time of a miss", measured: `${result.cpuMicrosecondsPerRequest.toFixed(0)} us` },
  ];
}

async function withSts<T>(
  sts: { readonly delayMs: number; readonly atOnce?: number },
  measure: (port: number) => Promise<T>,
): Promise<T> {
  const stub = start("sts-stub", {}, String(sts.delayMs), String(sts.atOnce ?? 0));
  try {
    return await measure(Number(await stub.reported));
  } finally {
    await stub.stop();
  }
}

function print(rows: readonly Row[]): void {
  for (const { metric, measured, target } of rows) {
    const verdict = target === undefined ? "" : `${target.text.padEnd(12)} ${target.met ? "met" : "NOT MET"}`;
    console.log(`${metric.padEnd(48)} ${measured.padEnd(36)} ${verdict}`.trimEnd());
  }
}

console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores; STS is a stub in another process. x: median of paired ratios to the floor\n`,
);
const reports = await setStage();
for (const { outDir, files } of reports) print(sizeRows(basename(outDir), files));
print(await signingRows());
print(await withSts({ delayMs: 0 }, coldRows));
print(await withSts({ delayMs: 20, atOnce: 3 * WARM_UP_ROUNDS }, warmRows));
print(await withSts({ delayMs: 0 }, memoryRows));
