import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildOptions } from "../../cli/build/build.ts";
import { DOMAIN_ROUTES, functionsOfSYaml } from "../../cli/dev/functions.ts";
import { startFunction } from "../../sandbox/fc/running-function.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { attachPolicy } from "../../sandbox/world.ts";
import { settingsFor } from "../support/sandbox-settings.ts";

/** The sandbox, and the functions as some checkout of this project builds them. */
export interface Stage {
  readonly sandbox: Sandbox;
  /** server.js with all routes. */
  readonly serverFile: string;
  /** Settings of server.js, outside Function Compute. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Runs both functions in the sandbox's Function Compute, behind one address; once. The lines of their log, to which more
   * are added.
   */
  deployed(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** This project. */
export const ROOT = join(import.meta.dirname, "../..");

/** `code`: the folder of a checkout, with its packages. Its own cli/build/build.ts builds what runs. */
export async function startStage(code: string): Promise<Stage> {
  const { build } = (await import(pathToFileURL(join(code, "cli/build/build.ts")).href)) as {
    readonly build: (options: BuildOptions) => Promise<unknown>;
  };
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), "oss-valet-chaos-"));
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(stops.map((end) => end()));
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const account = sandbox.world.accounts.get(sandbox.accountId);
    const caller = account?.users.get("oss-valet-caller");
    if (caller === undefined) throw new Error("the sandbox has no caller");
    // server.js signs forms and URLs with the keys that call AssumeRole.
    attachPolicy(sandbox.world, caller, "Custom", "put-and-get-objects");
    const content = accessFileFor(sandbox);
    await build({ content, outDir: join(folder, "credentials"), function: "credentials" });
    let deployment: Promise<readonly string[]> | undefined;
    const deploy = async () => {
      await build({ content, outDir: join(folder, "uploads"), function: "uploads" });
      const settings = functionsOfSYaml(sandbox, { codeDir: folder, allowedOrigins: "*" });
      const log: string[] = [];
      const options = { onLog: (line: string) => void log.push(line) };
      const [credentials, uploads] = await Promise.all([
        startFunction(sandbox.world, settings.credentials, options),
        startFunction(sandbox.world, settings.uploads, options),
      ]);
      stops.push(credentials.stop, uploads.stop);
      sandbox.deploy([credentials, uploads], DOMAIN_ROUTES);
      return log;
    };
    return {
      sandbox,
      serverFile: join(folder, "credentials/server.js"),
      environment: {
        ...settingsFor(sandbox),
        PORT: "0",
      },
      deployed: () => {
        deployment ??= deploy();
        return deployment;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The content of access.yaml: a folder of one's own, and photos that are uploaded by forms. */
function accessFileFor({ issuer }: Sandbox): object {
  return {
    issuers: [{ name: "login", issuer: issuer.url, audience: issuer.audience, jwks: issuer.jwksUrl }],
    rules: [
      { name: "own folder", allow: ["read", "write", "list", "delete"], prefix: "users/{sub}/" },
      {
        name: "photos",
        allow: ["read", "upload"],
        prefix: "photos/{sub}/",
        // A form whose answer was lost is sent again.
        upload: { maxBytes: 1_048_576, contentTypes: ["image/jpeg"], overwrite: true },
      },
    ],
  };
}
