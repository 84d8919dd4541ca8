import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type RunningFunction, startFunction } from "../../sandbox/fc/running-function.ts";
import { sandboxLine } from "../../sandbox/main-line.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { build } from "../build.ts";

/** The local Alibaba Cloud with the function deployed in it: the built bundle, under FC's conditions. */
export interface Stage {
  readonly sandbox: Sandbox;
  /** e.g. http://127.0.0.1:9000/credentials */
  readonly credentialsUrl: string;
  /** The `aud` that access.yaml wants of its first issuer's tokens. */
  readonly audience: string | null;
  /** What the function wrote: its audit lines among FC's own. */
  readonly log: readonly string[];
  /** What `--json` prints. */
  line(): object;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
const OUT_DIR = join(ROOT, "dist/local");

/** `orFree`: take free ports where one is taken, instead of failing. Throws an Error with what to do. */
export async function startStage(options: {
  readonly port: number;
  readonly orFree: boolean;
}): Promise<Stage> {
  const sandbox = await opened(options);
  let running: RunningFunction | undefined;
  const stop = async (): Promise<void> => {
    await running?.stop();
    await sandbox.stop();
  };
  try {
    const log: string[] = [];
    const access = localAccess(sandbox);
    await build({ content: access.content, outDir: OUT_DIR });
    running = await startFunction(sandbox.world, functionSettings(sandbox), {
      onLog: (line) => void log.push(line),
    });
    sandbox.deploy([running]);
    const stage: Stage = {
      sandbox,
      credentialsUrl: `${sandbox.fc.url}/credentials`,
      audience: access.audience,
      log,
      line: () => ({
        ...sandboxLine(sandbox),
        credentials: stage.credentialsUrl,
        appToken: appTokenFor(stage, { sub: "alice" }, { seconds: 3600 }),
      }),
      stop,
    };
    return stage;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A token of the local issuer, as access.yaml's first issuer wants it. */
export function appTokenFor(
  stage: Pick<Stage, "sandbox" | "audience">,
  claims: Readonly<Record<string, unknown>>,
  options: { readonly seconds: number },
): string {
  const audience = stage.audience === null ? {} : { aud: stage.audience };
  return stage.sandbox.issuer.token({ ...audience, ...claims }, { expiresInSeconds: options.seconds });
}

async function opened({
  port,
  orFree,
}: {
  readonly port: number;
  readonly orFree: boolean;
}): Promise<Sandbox> {
  try {
    return await startSandbox({ port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (orFree) return startSandbox({ port: 0 });
    throw new Error(
      `A port from ${port} on is taken; name another with -- --port N, or take free ones with -- --port 0`,
    );
  }
}

/**
 * The operator's own access.yaml (or ACCESS_FILE), with keys that can be had on a laptop: the first issuer becomes
 * the local one, and the others' tokens would have to be signed by it.
 */
function localAccess(sandbox: Sandbox): { readonly content: unknown; readonly audience: string | null } {
  const path = process.env["ACCESS_FILE"] ?? join(ROOT, "access.yaml");
  const content = parse(readFileSync(path, "utf8")) as { readonly issuers?: unknown };
  const issuers: unknown[] = Array.isArray(content?.issuers) ? content.issuers : [];
  const local = issuers.map((issuer, index) => {
    const {
      secret: _secret,
      publicKey: _publicKey,
      algorithms: _algorithms,
      ...rest
    } = issuer as Record<string, unknown>;
    const own = index === 0 ? { issuer: sandbox.issuer.url } : {};
    return { ...rest, ...own, jwks: sandbox.issuer.jwksUrl, algorithms: ["RS256"] };
  });
  const audience = (local[0] as { readonly audience?: unknown } | undefined)?.audience;
  return {
    content: { ...content, issuers: local },
    audience: typeof audience === "string" ? audience : null,
  };
}

/** As in s.yaml, with the local cloud's addresses. */
function functionSettings(sandbox: Sandbox): Parameters<typeof startFunction>[1] {
  return {
    name: "oss-valet",
    codeDir: OUT_DIR,
    handler: "index.handler",
    environment: {
      OSS_ROLE_ARN: sandbox.roleArn,
      OSS_BUCKET: sandbox.bucket,
      OSS_REGION: sandbox.region,
      OSS_ENDPOINT: sandbox.oss.url,
      STS_ENDPOINT: sandbox.sts.url,
      ALLOWED_ORIGINS: "*",
    },
    roleArn: sandbox.functionRoleArn,
    memoryMb: 512,
    timeoutSeconds: 10,
    methods: ["GET", "POST", "OPTIONS"],
    region: sandbox.region,
    accountId: sandbox.accountId,
  };
}
