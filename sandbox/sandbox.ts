import { classicWorld, type Scene } from "./classic-world.ts";
import { type SandboxClock, sandboxClock } from "./clock.ts";
import { controlServer } from "./control.ts";
import { type Faults, faultsIn } from "./faults.ts";
import type { RunningFunction } from "./fc/running-function.ts";
import { fcServer } from "./fc/server.ts";
import { type LoopbackServer, loopbackServer } from "./http.ts";
import { type TokenIssuer, tokenIssuer } from "./idp/issuer.ts";
import { issuerServer } from "./idp/server.ts";
import { contentStore } from "./oss/content-store.ts";
import { type OssOptions, ossServer } from "./oss/server.ts";
import { ramServer } from "./ram/server.ts";
import type { ServiceListener } from "./service-listener.ts";
import { type StsOptions, stsServer } from "./sts/server.ts";
import { emptyWorld, roleArn, type World } from "./world.ts";

export interface SandboxOptions {
  /** What exists at the start; the classic guide's world where left out. */
  readonly world?: (world: World) => Scene;
  readonly clock?: SandboxClock;
  /** The `aud` of the issuer's tokens; photo-app where left out. */
  readonly audience?: string;
  /** The first of the consecutive ports of the services, in the order of SERVICES; 0 or nothing: free ports. */
  readonly port?: number;
  readonly sts?: StsOptions;
  readonly oss?: Omit<OssOptions, "contents">;
}

/** A local Alibaba Cloud that is running. */
export interface Sandbox {
  readonly world: World;
  readonly clock: SandboxClock;
  /** Switched on in process; over HTTP at `control`. */
  readonly faults: Faults;
  readonly sts: Service;
  /** At localhost, not 127.0.0.1: ali-oss treats an IP address as no real endpoint. Use it with sldEnable. */
  readonly oss: Service;
  readonly ram: Service;
  /** Answers 404 FunctionNotFound until something is deployed. */
  readonly fc: Service;
  readonly issuer: TokenIssuer;
  readonly control: Service;
  readonly accountId: string;
  /** The RAM user's key that calls AssumeRole. */
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** A key that may do everything in the account. */
  readonly administrator: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly roleArn: string;
  /** The role that Function Compute gives a function. */
  readonly functionRoleArn: string;
  readonly bucket: string;
  /** e.g. cn-hangzhou */
  readonly region: string;
  /** Serves these functions at `fc` from now on, instead of those before. Whoever started them stops them. */
  deploy(functions: readonly [RunningFunction, ...RunningFunction[]]): void;
  /** Ends at once: requests that are under way are cut. */
  stop(): Promise<void>;
}

/** Where a service answers. */
export interface Service {
  /** e.g. http://127.0.0.1:41234, without a slash at the end. */
  readonly url: string;
  /** The same without http://, as the SDKs want an endpoint, e.g. 127.0.0.1:41234 */
  readonly endpoint: string;
}

/** In the order of their ports. */
const SERVICES = ["sts", "oss", "ram", "fc", "issuer", "control"] as const;

/** Starts all services of the sandbox in this process, on 127.0.0.1. Rejects with EADDRINUSE where a port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = options.clock ?? sandboxClock();
  const world = emptyWorld(clock);
  const scene = (options.world ?? classicWorld)(world);
  const servers = await serversFor(options.port ?? 0);
  const { sts, oss, ram, fc, issuer: issuerDoor, control } = servers;
  const faults = faultsIn(world);
  const contents = contentStore();
  const stop = async () => {
    await Promise.all(Object.values(servers).map((server) => server.close()));
    contents.removeAll();
  };

  const issuer = await tokenIssuer({
    url: issuerDoor.url,
    audience: options.audience ?? "photo-app",
    nowMs: clock.nowMs,
  });
  sts.answerWith(faults.around("sts", stsServer(world, options.sts)));
  oss.answerWith(faults.around("oss", ossServer(world, { ...options.oss, contents })));
  ram.answerWith(faults.around("ram", ramServer(world)));
  let deployed: ServiceListener = fcServer(world, []);
  fc.answerWith(faults.around("fc", (...call) => deployed(...call)));
  issuerDoor.answerWith(faults.around("issuer", issuerServer(world, issuer)));
  control.answerWith(controlServer({ world, scene, faults, issuer }));

  return {
    world,
    clock,
    faults,
    sts: serviceAt(sts.url),
    oss: serviceAt(oss.url.replace("127.0.0.1", "localhost")),
    ram: serviceAt(ram.url),
    fc: serviceAt(fc.url),
    issuer,
    control: serviceAt(control.url),
    accountId: scene.account.id,
    accessKeyId: scene.callerKey.id,
    accessKeySecret: scene.callerKey.secret,
    administrator: {
      accessKeyId: scene.administratorKey.id,
      accessKeySecret: scene.administratorKey.secret,
    },
    roleArn: roleArn(scene.account.id, scene.role),
    functionRoleArn: roleArn(scene.account.id, scene.functionRole),
    bucket: scene.bucket.name,
    region: scene.bucket.region,
    deploy: (functions) => {
      deployed = fcServer(world, functions);
    },
    stop,
  };
}

type Servers = Readonly<Record<(typeof SERVICES)[number], LoopbackServer>>;

/** All of them, or none: where one port is taken, those that were opened are closed. */
async function serversFor(firstPort: number): Promise<Servers> {
  const opened: [string, LoopbackServer][] = [];
  try {
    for (const [at, name] of SERVICES.entries()) {
      opened.push([name, await loopbackServer(firstPort === 0 ? 0 : firstPort + at)]);
    }
  } catch (error) {
    await Promise.all(opened.map(([, server]) => server.close()));
    throw error;
  }
  return Object.fromEntries(opened) as Servers;
}

function serviceAt(url: string): Service {
  return { url, endpoint: url.replace("http://", "") };
}
