import { join } from "node:path";
import { type RunningFunction, startFunction } from "../../sandbox/fc/running-function.ts";
import { type LoopbackServer, loopbackServer } from "../../sandbox/http.ts";
import { sandboxLine } from "../../sandbox/main-line.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { build } from "../build.ts";
import { readLocalAccess } from "./local-access.ts";
import { corsRuleFor, webPage } from "./web-page.ts";

/** The local Alibaba Cloud with the function deployed in it: the built bundle, under FC's conditions. */
export interface Stage {
  readonly sandbox: Sandbox;
  /** e.g. http://127.0.0.1:9000/credentials */
  readonly credentialsUrl: string;
  /** The `aud` that access.yaml wants of its first issuer's tokens. */
  readonly audience: string | null;
  /** About access.yaml. */
  readonly warnings: readonly string[];
  /** What the function wrote: its audit lines among FC's own. */
  readonly log: readonly string[];
  /** The example page, e.g. http://127.0.0.1:9006; the bucket's CORS rule lets it in. */
  readonly pageUrl: string;
  /** What `--json` prints. */
  line(): object;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
const OUT_DIR = join(ROOT, "dist/local");

export interface StageOptions {
  /** The first of the ports that are taken, one after the other; 0: free ones. */
  readonly port: number;
  /** Take free ports where one is taken, instead of failing. */
  readonly orFree: boolean;
  /** The function's ALLOWED_ORIGINS; any origin where left out, for pages that are being written. */
  readonly allowedOrigins?: "the page's";
  /** Where the bundle is built; dist/local where left out. */
  readonly outDir?: string;
}

/** Throws an Error with what to do; nothing is started for access rules that the build would refuse. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const { outDir = OUT_DIR } = options;
  const localAccess = readLocalAccess();
  const { sandbox, pageDoor } = await opened(options);
  let running: RunningFunction | undefined;
  const stop = async (): Promise<void> => {
    await running?.stop();
    await Promise.all([pageDoor.close(), sandbox.stop()]);
  };
  try {
    const log: string[] = [];
    const access = localAccess(sandbox.issuer);
    await build({ content: access.content, outDir });
    const allowedOrigins = options.allowedOrigins === undefined ? "*" : pageDoor.url;
    running = await startFunction(sandbox.world, functionSettings(sandbox, { outDir, allowedOrigins }), {
      onLog: (line) => void log.push(line),
    });
    sandbox.deploy([running]);
    openPage(pageDoor, sandbox, access.audience);
    const stage: Stage = {
      sandbox,
      credentialsUrl: `${sandbox.fc.url}/credentials`,
      audience: access.audience,
      warnings: access.warnings,
      log,
      pageUrl: pageDoor.url,
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

interface Opened {
  readonly sandbox: Sandbox;
  /** The port after the last one of the sandbox's. */
  readonly pageDoor: LoopbackServer;
}

async function opened({ port, orFree }: StageOptions): Promise<Opened> {
  try {
    return await openedAt(port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (orFree) return openedAt(0);
    throw new Error(
      `A port from ${port} on is taken; name another with -- --port N, or take free ones with -- --port 0`,
    );
  }
}

async function openedAt(port: number): Promise<Opened> {
  const sandbox = await startSandbox({ port });
  try {
    const lastPort = Number(new URL(sandbox.control.url).port);
    return { sandbox, pageDoor: await loopbackServer(port === 0 ? 0 : lastPort + 1) };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** Serves the example page, and lets it into the bucket by whichever of its two names a browser has it open. */
function openPage(door: LoopbackServer, sandbox: Sandbox, audience: string | null): void {
  const { oss, fc, issuer } = sandbox;
  const bucket = sandbox.world.buckets.get(sandbox.bucket);
  if (bucket === undefined) throw new Error("the local cloud has no bucket");
  bucket.cors = [corsRuleFor([door.url, door.url.replace("127.0.0.1", "localhost")])];
  const config = {
    credentialsUrl: `${fc.url}/credentials`,
    loginUrl: `${issuer.url}/token`,
    audience,
    // The bucket in the path, not in the host: not every system finds examplebucket.localhost. The real OSS wants it
    // in the host, as ali-oss has it where nothing is said.
    ossOptions: { sldEnable: true },
  };
  door.answerWith(webPage(config, [fc.url, issuer.url, oss.url, oss.url.replace("//", "//*.")]));
}

/** As in s.yaml, with the local cloud's addresses. */
function functionSettings(
  sandbox: Sandbox,
  { outDir, allowedOrigins }: { readonly outDir: string; readonly allowedOrigins: string },
): Parameters<typeof startFunction>[1] {
  return {
    name: "oss-valet",
    codeDir: outDir,
    handler: "index.handler",
    environment: {
      OSS_ROLE_ARN: sandbox.roleArn,
      OSS_BUCKET: sandbox.bucket,
      OSS_REGION: sandbox.region,
      OSS_ENDPOINT: sandbox.oss.url,
      STS_ENDPOINT: sandbox.sts.url,
      ALLOWED_ORIGINS: allowedOrigins,
    },
    roleArn: sandbox.functionRoleArn,
    memoryMb: 512,
    timeoutSeconds: 10,
    methods: ["GET", "POST", "OPTIONS"],
    region: sandbox.region,
    accountId: sandbox.accountId,
  };
}
