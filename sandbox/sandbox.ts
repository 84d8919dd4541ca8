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
import { answerToMalformed } from "./oss/malformed.ts";
import { type OssOptions, ossServer } from "./oss/server.ts";
import { ramServer } from "./ram/server.ts";
import type { ServiceListener } from "./service-listener.ts";
import { type StsOptions, stsServer } from "./sts/server.ts";
import { emptyWorld, roleArn, type World } from "./world.ts";

export interface SandboxOptions {
  /** What exists at the start. Default: the accounts and buckets of the classic guide. */
  readonly world?: (world: World) => Scene;
  readonly clock?: SandboxClock;
  /** The `aud` of the issuer's tokens. Default: photo-app. */
  readonly audience?: string;
  /** The first port; the services use consecutive ports in the order of SERVICES. 0 or undefined means free ports. */
  readonly port?: number;
  readonly sts?: StsOptions;
  readonly oss?: Omit<OssOptions, "contents">;
}

/** A running local Alibaba Cloud. */
export interface Sandbox {
  readonly world: World;
  readonly clock: SandboxClock;
  /** Faults to switch on from the same process. Over HTTP, use `control`. */
  readonly faults: Faults;
  readonly sts: Service;
  /** At localhost, not 127.0.0.1, because ali-oss does not treat an IP address as an endpoint. Use it with sldEnable. */
  readonly oss: Service;
  readonly ram: Service;
  /** Answers 404 FunctionNotFound until something is deployed. */
  readonly fc: Service;
  readonly issuer: TokenIssuer;
  readonly control: Service;
  readonly accountId: string;
  /** The key of the RAM user that calls AssumeRole. */
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
  /** From now on `fc` serves these functions instead of the earlier ones. The code that started a function stops it. */
  deploy(functions: readonly [RunningFunction, ...RunningFunction[]]): void;
  /** Stops at once and cuts off running requests. */
  stop(): Promise<void>;
}

/** The address of a service. */
export interface Service {
  /** e.g. http://127.0.0.1:41234, without a slash at the end. */
  readonly url: string;
  /** The same without http://, which is what the SDKs call an endpoint, e.g. 127.0.0.1:41234 */
  readonly endpoint: string;
}

/** In the order of their ports. */
const SERVICES = ["sts", "oss", "ram", "fc", "issuer", "control"] as const;

/** Starts all services of the sandbox in this process, on 127.0.0.1. Rejects with EADDRINUSE when a port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = options.clock ?? sandboxClock();
  const world = emptyWorld(clock);
  const scene = (options.world ?? classicWorld)(world);
  const servers = await serversFor(options.port ?? 0, world);
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
  let functions: readonly RunningFunction[] = [];
  let deployed: ServiceListener = fcServer(world, functions);
  fc.answerWith(faults.around("fc", (...call) => deployed(...call)));
  issuerDoor.answerWith(faults.around("issuer", issuerServer(world, issuer)));
  control.answerWith(
    controlServer({
      world,
      scene,
      faults,
      issuer,
      functionNames: () => functions.map(({ settings }) => settings.name),
    }),
  );

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
    deploy: (these) => {
      functions = these;
      deployed = fcServer(world, functions);
    },
    stop,
  };
}

type Servers = Readonly<Record<(typeof SERVICES)[number], LoopbackServer>>;

/** Opens all servers or none: if one port is taken, the opened ones are closed again. */
async function serversFor(firstPort: number, world: World): Promise<Servers> {
  const opened: [string, LoopbackServer][] = [];
  try {
    for (const [at, name] of SERVICES.entries()) {
      const malformed = name === "oss" ? answerToMalformed(world) : undefined;
      opened.push([name, await loopbackServer(firstPort === 0 ? 0 : firstPort + at, malformed)]);
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
