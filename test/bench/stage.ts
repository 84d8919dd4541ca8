import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { build as bundle } from "esbuild";
import { type BuildOptions, type BuildReport, build } from "../../cli/build/build.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";
import { SECRET } from "./programs/token-of.ts";

const ROOT = join(import.meta.dirname, "../..");
const PROGRAMS_DIR = join(ROOT, "dist/bench/programs");
const BUNDLE_DIR = join(ROOT, "dist/bench/credentials");
const RS256_DIR = join(ROOT, "dist/bench/credentials-rs256");
const ALGORITHMS_DIR = join(ROOT, "dist/bench/credentials-algorithms");
const UPLOADS_DIR = join(ROOT, "dist/bench/uploads");
/** The same with V8's code cache. */
const CACHED_DIR = join(ROOT, "dist/bench/credentials-cached");
const UPLOADS_CACHED_DIR = join(ROOT, "dist/bench/uploads-cached");

/** The handlers that are measured: their issuer signs with HS256, or with RS256 and the key in JWT_PUBLIC_KEY. */
export const BUNDLE = join(BUNDLE_DIR, "index.js");
export const BUNDLE_RS256 = join(RS256_DIR, "index.js");
/** One issuer for each algorithm: HS256 with JWT_SECRET, RS256 with JWT_RS256, ES256 with JWT_ES256. */
export const BUNDLE_ALGORITHMS = join(ALGORITHMS_DIR, "index.js");
export const BUNDLE_CACHED = join(CACHED_DIR, "index.js");
export const UPLOADS_CACHED = join(UPLOADS_CACHED_DIR, "index.js");

const ACCESS_WITH_PUBLIC_KEY = {
  ...ACCESS_WITH_SECRET,
  issuers: ACCESS_WITH_SECRET.issuers.map(({ name, issuer, audience }) => ({
    name,
    issuer,
    audience,
    publicKey: "JWT_PUBLIC_KEY",
    algorithms: ["RS256"],
  })),
};

const ACCESS_WITH_ALGORITHMS = {
  issuers: ["HS256", "RS256", "ES256"].map((algorithm) => ({
    name: algorithm.toLowerCase(),
    issuer: `https://${algorithm.toLowerCase()}.example.com/`,
    audience: "photo-app",
    ...(algorithm === "HS256" ? { secret: "JWT_SECRET" } : { publicKey: `JWT_${algorithm}` }),
    algorithms: [algorithm],
  })),
  rules: ACCESS_WITH_SECRET.rules.map((rule) => ({ ...rule, prefix: "users/{issuer}/{sub}/" })),
};

/** The same issuer as the first, and a folder that takes forms. */
const ACCESS_WITH_FORMS = {
  ...ACCESS_WITH_SECRET,
  rules: [
    {
      name: "photos",
      allow: ["read", "upload"],
      prefix: "photos/{sub}/",
      upload: { maxBytes: 10_485_760, contentTypes: ["image/jpeg"] },
    },
  ],
};

/** What a measured program runs with; the same for all of them, and nothing of this process' own environment. */
export type Environment = Readonly<Record<string, string>>;

/**
 * Builds the bundles, and the measured programs as plain JavaScript (node_modules apart). Reports on the bundles whose
 * size counts.
 */
export async function setStage(): Promise<readonly BuildReport[]> {
  const common = {
    absWorkingDir: ROOT,
    outdir: PROGRAMS_DIR,
    entryNames: "[name]",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "silent",
  } as const;
  // It has the function's source in it, with quick-lru, which CommonJS cannot load.
  await bundle({
    ...common,
    entryPoints: ["test/bench/programs/watched-hits.ts"],
    external: ["@alicloud/*", "@darabonba/*", "ioredis"],
  });
  await bundle({
    ...common,
    entryPoints: [
      "sts-stub",
      "one-line",
      "one-request",
      "one-upload",
      "warm-misses",
      "warm-hits",
      "refused-tokens",
      "instance",
      "many-requests",
      "sign-forms",
    ]
      .map((name) => `test/bench/programs/${name}.ts`)
      .concat(
        [
          "express-ali-oss",
          "express-pop-core",
          "ali-oss-fc-handler",
          "pop-core-fc-handler",
          "sdk-fc-handler",
        ].map((name) => `test/bench/peers/${name}.ts`),
      ),
    packages: "external",
  });
  await Promise.all([
    withCodeCache({ outDir: CACHED_DIR, content: ACCESS_WITH_SECRET }),
    withCodeCache({ outDir: UPLOADS_CACHED_DIR, function: "uploads", content: ACCESS_WITH_FORMS }),
  ]);
  const [, , ...reports] = await Promise.all([
    build({ outDir: ALGORITHMS_DIR, content: ACCESS_WITH_ALGORITHMS }),
    build({ outDir: RS256_DIR, content: ACCESS_WITH_PUBLIC_KEY }),
    build({ outDir: BUNDLE_DIR, content: ACCESS_WITH_SECRET }),
    build({ outDir: UPLOADS_DIR, function: "uploads", content: ACCESS_WITH_FORMS }),
  ]);
  return reports;
}

async function withCodeCache(options: BuildOptions): Promise<void> {
  const { codeCache } = await build({ ...options, codeCache: "make" });
  if (!codeCache?.made || !codeCache.warm) throw new Error(`no code cache in ${options.outDir}`);
}

/** Settings of the function uploads: it has no role to assume, and no STS. */
export function uploadsSettings(change: Environment = {}): Environment {
  return {
    OSS_BUCKET: "examplebucket",
    OSS_REGION: "cn-hangzhou",
    JWT_SECRET: SECRET,
    BUNDLE: join(UPLOADS_DIR, "index.js"),
    ...change,
  };
}

/** Settings of the function and of its peers, for an STS at this port of the loopback. */
export function settings(stsPort: number, change: Environment = {}): Environment {
  return {
    OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss",
    OSS_BUCKET: "examplebucket",
    OSS_REGION: "cn-hangzhou",
    STS_ENDPOINT: `http://127.0.0.1:${stsPort}`,
    JWT_SECRET: SECRET,
    ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIbench",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "bench-secret",
    PORT: "0",
    BUNDLE,
    ...change,
  };
}

/** The file of a program under programs/ or peers/, or of the bundle's server. */
export function programFile(name: string): string {
  return name === "server" ? join(BUNDLE_DIR, "server.js") : join(PROGRAMS_DIR, `${name}.cjs`);
}

export interface Running {
  /** What the program reported first. */
  readonly reported: Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a program; rejects `reported` with what it wrote to stderr where it ends without a report. */
export function start(name: string, environment: Environment, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [programFile(name), ...args], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    reported: reportOf(child),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

function reportOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let line = "";
    let errors = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      // Cheap: audit lines come here too, while times are taken.
      const found = text.includes("BENCH ") || line.startsWith("BENCH ");
      if (!found) return;
      line += text.slice(Math.max(0, text.indexOf("BENCH ")));
      const end = line.indexOf("\n");
      if (end !== -1) resolve(JSON.parse(line.slice("BENCH ".length, end)));
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
      // The bundle's own server says so in its own words.
      const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(errors)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("close", () => reject(new Error(`${child.spawnargs[1]} ended without a report: ${errors}`)));
  });
}

/** Runs a program until it reports. */
export async function run(
  name: string,
  environment: Environment,
  ...args: readonly string[]
): Promise<unknown> {
  const running = start(name, environment, ...args);
  try {
    return await running.reported;
  } finally {
    await running.stop();
  }
}
