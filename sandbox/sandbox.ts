import { classicWorld, type Scene } from "./classic-world.ts";
import { type SandboxClock, sandboxClock } from "./clock.ts";
import { controlServer } from "./control.ts";
import type { ServiceName } from "./fault-rule.ts";
import { type Faults, faultsIn } from "./faults.ts";
import type { DomainRoute } from "./fc/domain-routes.ts";
import { domainNameOf } from "./fc/http-trigger.ts";
import type { RunningFunction } from "./fc/running-function.ts";
import { fcServer } from "./fc/server.ts";
import { type LoopbackServer, loopbackServer } from "./http.ts";
import type { HttpsDoors, OpenedHttps } from "./https/https.ts";
import { type TokenIssuer, tokenIssuer } from "./idp/issuer.ts";
import { issuerServer } from "./idp/server.ts";
import { contentStore } from "./oss/content-store.ts";
import { answerToMalformed } from "./oss/malformed.ts";
import { type OssOptions, ossServer } from "./oss/server.ts";
import { ramServer } from "./ram/server.ts";
import { seededWorld } from "./seed.ts";
import type { ServiceListener } from "./service-listener.ts";
import { slsServer } from "./sls/server.ts";
import { type StsOptions, stsServer } from "./sts/server.ts";
import { emptyWorld, roleArn, type World } from "./world.ts";

export interface SandboxOptions {
  /**
   * The accounts, buckets and `scene` that exist at the start, as YAML or JSON text or as an object: docs/sandbox.md, "Seed
   * files". Default: those of the classic guide. A mistake rejects with a SeedError that names each place.
   */
  readonly seed?: string | object;
  /** The same as a program. */
  readonly world?: (world: World) => Scene;
  readonly clock?: SandboxClock;
  /** The `aud` of the issuer's tokens. Default: photo-app. */
  readonly audience?: string;
  /** The issuer's first RSA private key, as PKCS #8 in DER. Default: a new one, made at its first use. */
  readonly issuerKey?: Buffer;
  /** The first port; the services use consecutive ports in the order of SERVICES. 0 or undefined means free ports. */
  readonly port?: number;
  readonly sts?: StsOptions;
  readonly oss?: Omit<OssOptions, "contents">;
  /** The services over TLS too, and a proxy that answers for the cloud's real names. docs/sandbox.md. Default: false. */
  readonly https?: boolean;
  /** Gets a line for each request that the proxy refuses. Default: nobody does; the journal has them anyway. */
  readonly say?: (line: string) => void;
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
  /** Simple Log Service: projects, logstores and their indexes, no logs. Neither faults nor real names. */
  readonly sls: Service;
  /** Undefined without the option `https`. */
  readonly https: SandboxHttps | undefined;
  readonly accountId: string;
  /** The key of the RAM user that calls AssumeRole. */
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** A key that may do everything in the account. */
  readonly administrator: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly roleArn: string;
  /** The role that Function Compute gives a function. */
  readonly functionRoleArn: string;
  /** The role of a second function, which signs forms and URLs itself; undefined when a seed file names none. */
  readonly uploadsRoleArn: string | undefined;
  readonly bucket: string;
  /** e.g. cn-hangzhou */
  readonly region: string;
  /**
   * From now on `fc` serves these functions instead of the earlier ones. `routes` says which function gets which path at
   * the address of `fc`; default: the first gets all. The code that started a function stops it.
   */
  deploy(functions: readonly [RunningFunction, ...RunningFunction[]], routes?: readonly DomainRoute[]): void;
  /** Stops at once and cuts off running requests. */
  stop(): Promise<void>;
}

/** The services over TLS, and what a client needs to reach them: docs/sandbox.md, "https and the real names". */
export interface SandboxHttps extends Omit<HttpsDoors, "ports"> {
  readonly sts: Service;
  readonly oss: Service;
  readonly ram: Service;
  readonly fc: Service;
  readonly issuer: Service;
}

/** The address of a service. */
export interface Service {
  /** e.g. http://127.0.0.1:41234, without a slash at the end. */
  readonly url: string;
  /** The same without the scheme, which is what the SDKs call an endpoint, e.g. 127.0.0.1:41234 */
  readonly endpoint: string;
}

/** In the order of their ports. */
export const SERVICES = ["sts", "oss", "ram", "fc", "issuer", "control", "sls"] as const;

/** Starts all services of the sandbox in this process, on 127.0.0.1. Rejects with EADDRINUSE when a port is taken. */
export function startSandbox(
  options: SandboxOptions & { readonly https: true },
): Promise<Sandbox & { readonly https: SandboxHttps }>;
export function startSandbox(options?: SandboxOptions): Promise<Sandbox>;
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = options.clock ?? sandboxClock();
  const world = emptyWorld(clock);
  const scene = worldOf(options)(world);
  const servers = await serversFor(options.port ?? 0, world);
  const { sts, oss, ram, fc, issuer: issuerDoor, control } = servers;
  const faults = faultsIn(world);
  const contents = contentStore();
  let deployed: readonly RunningFunction[] = [];
  const https = options.https === true ? await httpsFor(servers, world, options, () => deployed) : undefined;
  const stop = async () => {
    await Promise.all([https?.close(), ...Object.values(servers).map((server) => server.close())]);
    contents.removeAll();
  };

  const issuer = tokenIssuer({
    url: issuerDoor.url,
    audience: options.audience ?? "photo-app",
    nowMs: clock.nowMs,
    rsaKey: options.issuerKey,
  });
  const serve = (service: ServiceName, listener: ServiceListener) => {
    const withFaults = faults.around(service, listener);
    servers[service].answerWith(https === undefined ? withFaults : https.around(withFaults));
  };
  serve("sts", stsServer(world, options.sts));
  serve("oss", ossServer(world, { ...options.oss, contents }));
  serve("ram", ramServer(world));
  let serveFunctions: ServiceListener = fcServer(world, deployed);
  serve("fc", (...call) => serveFunctions(...call));
  serve("issuer", issuerServer(world, issuer));
  servers.sls.answerWith(slsServer(world));
  const functionNames = () => deployed.map(({ settings }) => settings.name);
  control.answerWith(controlServer({ world, scene, faults, issuer, functionNames }));

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
    sls: serviceAt(servers.sls.url),
    https: https === undefined ? undefined : sandboxHttpsOf(https),
    accountId: scene.account.id,
    accessKeyId: scene.callerKey.id,
    accessKeySecret: scene.callerKey.secret,
    administrator: {
      accessKeyId: scene.administratorKey.id,
      accessKeySecret: scene.administratorKey.secret,
    },
    roleArn: roleArn(scene.account.id, scene.role),
    functionRoleArn: roleArn(scene.account.id, scene.functionRole),
    uploadsRoleArn: scene.uploadsRole && roleArn(scene.account.id, scene.uploadsRole),
    bucket: scene.bucket.name,
    region: scene.bucket.region,
    deploy: (functions, routes) => {
      deployed = functions;
      serveFunctions = fcServer(world, functions, routes);
    },
    stop,
  };
}

function worldOf({ world, seed }: SandboxOptions): (world: World) => Scene {
  if (world !== undefined || seed === undefined) return world ?? classicWorld;
  return seededWorld(typeof seed === "string" ? seed : JSON.stringify(seed));
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

/** The library that makes certificates is loaded only here: it takes half a second. */
async function httpsFor(
  servers: Servers,
  world: World,
  { port = 0, say = () => undefined }: SandboxOptions,
  deployed: () => readonly RunningFunction[],
): Promise<OpenedHttps> {
  const { openHttps } = await import("./https/https.ts");
  try {
    return await openHttps({
      world,
      port: port === 0 ? 0 : port + SERVICES.length,
      doors: servers,
      own: {
        buckets: () => world.buckets.values(),
        functions: () => deployed().map(({ settings }) => domainNameOf(settings)),
        issuer: undefined,
      },
      say,
    });
  } catch (error) {
    await Promise.all(Object.values(servers).map((server) => server.close()));
    throw error;
  }
}

function sandboxHttpsOf({ ports, around: _around, close: _close, ...rest }: OpenedHttps): SandboxHttps {
  const at = (service: keyof typeof ports, host: string) => serviceAt(`https://${host}:${ports[service]}`);
  return {
    sts: at("sts", "127.0.0.1"),
    oss: at("oss", "localhost"),
    ram: at("ram", "127.0.0.1"),
    fc: at("fc", "127.0.0.1"),
    issuer: at("issuer", "127.0.0.1"),
    ...rest,
  };
}

function serviceAt(url: string): Service {
  return { url, endpoint: url.replace(/^https?:\/\//, "") };
}
