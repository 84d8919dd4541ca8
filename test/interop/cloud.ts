import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { environmentFor } from "../../sandbox/https/environment.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";

/** What `npm start` starts, and what the programs know of it. */
export interface InteropCloud {
  /** The JSON in INTEROP_STAGE, which every program reads. */
  readonly described: string;
  readonly stage: Stage;
  stop(): Promise<void>;
}

export async function startCloud(): Promise<InteropCloud> {
  const stage = await startStage({ port: 0, orFree: false });
  const sidecar = await startSidecar(stage);
  const { sandbox } = stage;
  return {
    stage,
    described: JSON.stringify({
      credentials: stage.credentialsUrl,
      login: `${sandbox.issuer.url}/token`,
      credentialsUri: sidecar.uri,
      // By its address: SDKs then name the bucket in the path. Few languages resolve `<bucket>.localhost`.
      oss: sandbox.oss.url.replace("localhost", "127.0.0.1"),
      sts: sandbox.sts.url,
      ram: sandbox.ram.url,
      control: sandbox.control.url,
      accountId: sandbox.accountId,
      roleArn: sandbox.roleArn,
      bucket: sandbox.bucket,
      region: sandbox.region,
      callerId: sandbox.accessKeyId,
      callerSecret: sandbox.accessKeySecret,
      adminId: sandbox.administrator.accessKeyId,
      adminSecret: sandbox.administrator.accessKeySecret,
    }),
    stop: async () => {
      await sidecar.stop();
      await stage.stop();
    },
  };
}

/** A sandbox with https, for programs that know the cloud's real names alone: the variables that lead them there. */
export async function startCloudUnderRealNames(): Promise<{
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}> {
  const sandbox = await startSandbox({ https: true });
  return {
    environment: {
      ...environmentFor(sandbox.https),
      OSS_ACCESS_KEY_ID: sandbox.accessKeyId,
      OSS_ACCESS_KEY_SECRET: sandbox.accessKeySecret,
      OSS_STS_ROLE_ARN: sandbox.roleArn,
    },
    stop: sandbox.stop,
  };
}

/** `valet sidecar` for alice, as a program of its own: clients of `credentials_uri` send no App token. */
async function startSidecar(stage: Stage): Promise<{ readonly uri: string; stop(): Promise<void> }> {
  const signIn = `echo ${appTokenFor(stage, "alice", { seconds: 3600 })}`;
  const child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", join(import.meta.dirname, "../../cli/main.ts"), "sidecar", "--json"],
      ...["--endpoint", stage.credentialsUrl, "--app-token-command", signIn],
    ],
    { cwd: join(import.meta.dirname, "../.."), stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), ended])) as [unknown];
  if (typeof line !== "string") throw new Error("valet sidecar did not start");
  return {
    uri: (JSON.parse(line) as { readonly credentialsUri: string }).credentialsUri,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
