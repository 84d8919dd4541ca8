import { type LoopbackServer, loopbackServer } from "../../sandbox/http.ts";
import { environmentFor } from "../../sandbox/https/environment.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { appTokenFor, type Stage, startStage } from "../../scripts/start/stage.ts";

/** What `npm start` starts, and what the programs know of it. */
export interface InteropCloud {
  /** The JSON in INTEROP_STAGE, which every program reads. */
  readonly described: string;
  readonly stage: Stage;
  stop(): Promise<void>;
}

export async function startCloud(): Promise<InteropCloud> {
  const stage = await startStage({ port: 0, orFree: false });
  const door = await doorWithAppToken(stage);
  const { sandbox } = stage;
  return {
    stage,
    described: JSON.stringify({
      credentials: stage.credentialsUrl,
      login: `${sandbox.issuer.url}/token`,
      credentialsUri: door.url,
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
      await door.close();
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

/** For clients of `credentials_uri`, which send no header: what a small program beside the App does for them. */
async function doorWithAppToken(stage: Stage): Promise<LoopbackServer> {
  const door = await loopbackServer();
  door.answerWith(async (_request, response) => {
    const token = appTokenFor(stage, "alice", { seconds: 3600 });
    const answer = await fetch(stage.credentialsUrl, { headers: { authorization: `Bearer ${token}` } });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(await answer.text());
  });
  return door;
}
