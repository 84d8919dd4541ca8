import { resolve } from "node:path";
import { type RunningFunction, startFunction } from "../../sandbox/fc/running-function.ts";
import { sandboxLine } from "../../sandbox/guide.ts";
import { type LoopbackServer, loopbackServer } from "../../sandbox/http.ts";
import { type Sandbox, SERVICES, startSandbox } from "../../sandbox/sandbox.ts";
import { build, type FunctionName } from "../build/build.ts";
import { DOMAIN_ROUTES, functionsOfSYaml } from "./functions.ts";
import { type LocalAccess, readLocalAccess } from "./local-access.ts";
import { runFolder } from "./run-folder.ts";
import { corsRuleFor, webPage } from "./web-page.ts";

/** The local Alibaba Cloud with both functions deployed in it: the built bundles, under FC's conditions. */
export interface Stage {
  readonly sandbox: Sandbox;
  /** e.g. http://127.0.0.1:9003/credentials */
  readonly credentialsUrl: string;
  /** e.g. http://127.0.0.1:9003/uploads; /downloads is beside it. */
  readonly uploadsUrl: string;
  /** The claim with the audience that access.yaml requires in its first issuer's tokens; empty when it checks none. */
  readonly audienceClaims: LocalAccess["audienceClaims"];
  /** The claims that name a user, as access.yaml's first issuer has them. */
  readonly userClaims: LocalAccess["userClaims"];
  /** About access.yaml. */
  readonly warnings: readonly string[];
  /** What an upload rule of access.yaml takes, for a walk; undefined when there is no such rule. */
  readonly upload: LocalAccess["upload"];
  /** The functions' log: their audit lines and FC's own lines, the oldest first. */
  readonly log: () => readonly string[];
  /** The folder with `credentials` and `uploads`, as dist has them. It belongs to this run, and {@link stop} removes it. */
  readonly codeDir: string;
  /** The demo App, e.g. http://127.0.0.1:9007. The bucket's CORS rule allows it. */
  readonly pageUrl: string;
  /** What `--json` prints. */
  line(): object;
  /** May be called more than once. */
  stop(): Promise<void>;
}

/** The parent of the folders of all runs. */
const RUNS = resolve("dist/local");

export interface StageOptions {
  /** The first port; the next services use the following ones. 0 means free ports. */
  readonly port: number;
  /** If a port is taken, use free ports instead of failing. */
  readonly orFree: boolean;
  /** The access rules. Default: ACCESS_FILE, else access.yaml. */
  readonly accessFile?: string;
  /** The functions' ALLOWED_ORIGINS. Default: any origin, for pages under development. */
  readonly allowedOrigins?: "the page's";
  /** Gets each line of the functions' log at once. */
  readonly onLog?: (line: string) => void;
}

/** Throws an Error that says what to do. Starts nothing if the build would refuse the access rules. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const localAccess = readLocalAccess(options.accessFile);
  const { sandbox, pageDoor } = await opened(options);
  const folder = runFolder(RUNS);
  const codeDir = folder.path;
  const running: RunningFunction[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await Promise.all(running.map((target) => target.stop()));
      folder.remove();
      await Promise.all([pageDoor.close(), sandbox.stop()]);
    })();
    return stopping;
  };
  try {
    const access = localAccess(sandbox.issuer);
    const allowedOrigins = options.allowedOrigins === undefined ? "*" : pageDoor.url;
    const functions = functionsOfSYaml(sandbox, { codeDir, allowedOrigins });
    const started = async (name: FunctionName): Promise<RunningFunction> => {
      const settings = functions[name];
      await build({ content: access.content, outDir: settings.codeDir, function: name });
      const { onLog } = options;
      const target = await startFunction(sandbox.world, settings, onLog === undefined ? {} : { onLog });
      running.push(target);
      return target;
    };
    sandbox.deploy([await started("credentials"), await started("uploads")], DOMAIN_ROUTES);
    openPage(pageDoor, sandbox, access);
    const stage: Stage = {
      sandbox,
      credentialsUrl: `${sandbox.fc.url}/credentials`,
      uploadsUrl: `${sandbox.fc.url}/uploads`,
      audienceClaims: access.audienceClaims,
      userClaims: access.userClaims,
      upload: access.upload,
      warnings: access.warnings,
      log: () => sandbox.world.functionLog.map(({ text }) => text),
      codeDir,
      pageUrl: pageDoor.url,
      line: () => ({
        ...sandboxLine(sandbox),
        credentials: stage.credentialsUrl,
        uploads: stage.uploadsUrl,
        appToken: appTokenFor(stage, "alice", { seconds: 3600 }),
        page: pageDoor.url,
        code: codeDir,
      }),
      stop,
    };
    return stage;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A token of the local issuer for a user, as access.yaml's first issuer requires it. */
export function appTokenFor(
  stage: Pick<Stage, "sandbox" | "audienceClaims" | "userClaims">,
  user: string,
  options: { readonly seconds: number },
): string {
  return stage.sandbox.issuer.token(
    { ...stage.audienceClaims, ...stage.userClaims(user) },
    { expiresInSeconds: options.seconds },
  );
}

interface Opened {
  readonly sandbox: Sandbox;
  /** The server of the demo App, on the port after the sandbox's last one. */
  readonly pageDoor: LoopbackServer;
}

async function opened({ port, orFree }: StageOptions): Promise<Opened> {
  try {
    return await openedAt(port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (orFree) return openedAt(0);
    throw new Error(
      `a port from ${port} on is taken; name another one with --port N, or use free ports with --port 0`,
    );
  }
}

async function openedAt(port: number): Promise<Opened> {
  const sandbox = await startSandbox({ port });
  try {
    return { sandbox, pageDoor: await loopbackServer(port === 0 ? 0 : port + SERVICES.length) };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** Serves the demo App, and allows both names of its origin (127.0.0.1 and localhost) in the bucket's CORS rule. */
function openPage(door: LoopbackServer, sandbox: Sandbox, access: LocalAccess): void {
  const { oss, fc, issuer } = sandbox;
  const bucket = sandbox.world.buckets.get(sandbox.bucket);
  if (bucket === undefined) throw new Error("the local cloud has no bucket");
  const origins = [door.url, door.url.replace("127.0.0.1", "localhost")];
  bucket.cors = [corsRuleFor(origins)];
  door.answerWith(
    webPage({
      config: {
        credentialsUrl: `${fc.url}/credentials`,
        loginUrl: `${issuer.url}/token`,
        audienceClaims: access.audienceClaims,
        userClaim: access.userClaim,
      },
      origins,
      services: [fc.url, issuer.url],
      oss: [oss.url, oss.url.replace("//", "//*.")],
      cloud: { sandbox, rules: access.rules },
    }),
  );
}
