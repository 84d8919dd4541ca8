import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type FunctionName } from "../../cli/build/build.ts";
import { DOMAIN_ROUTES } from "../../cli/dev/functions.ts";
import { doctor } from "../../cli/doctor/command.ts";
import type { Finding } from "../../cli/doctor/finding.ts";
import { provision } from "../../cli/provision/command.ts";
import type { Terminal } from "../../cli/shared/command.ts";
import { smoke } from "../../cli/smoke/command.ts";
import type { FunctionSettings } from "../../sandbox/fc/function-settings.ts";
import { type RunningFunction, startFunction } from "../../sandbox/fc/running-function.ts";
import { functionsFromSYaml } from "../../sandbox/fc/s-yaml.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import type { Account, Bucket, Role } from "../../sandbox/world.ts";
import { auditLinesIn } from "./audit-lines.ts";
import { keptRsaKey } from "./kept-key.ts";
import { readerOf } from "./valet.ts";

/** An account of one's own in the sandbox, and the operator's commands aimed at it. */
export interface Deployment {
  readonly sandbox: Sandbox;
  readonly account: Account;
  readonly bucket: Bucket;
  /** The content of access.yaml. */
  readonly access: Record<string, unknown>;
  /** The settings of s.yaml, and the operator's keys and addresses. */
  readonly environment: Readonly<Record<string, string>>;
  /** Throws where provision has not made it yet. */
  role(name: string): Role;
  provision(...args: readonly string[]): Promise<Outcome>;
  doctor(change?: DoctorChange): Promise<DoctorOutcome>;
  smoke(args: readonly string[]): Promise<Outcome>;
  /** Builds the bundles and runs them as s.yaml's functions, with the provisioned roles. */
  deploy(change?: DeployChange): Promise<void>;
  stop(): Promise<void>;
}

export interface DeployChange {
  /** The function of uploads without a role. */
  readonly uploadsWithoutRole?: true;
  readonly allowedOrigins?: string;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

export interface DoctorOutcome {
  readonly code: number;
  readonly findings: readonly Finding[];
}

export interface DoctorChange {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Of access.yaml's content. */
  readonly access?: Readonly<Record<string, unknown>>;
}

const ROOT = join(import.meta.dirname, "../..");

/** An account with a bucket, an administrator, and nothing else: no role, no policy. */
export async function emptyAccount(rules?: readonly object[]): Promise<Deployment> {
  const sandbox = await startSandbox({ issuerKey: keptRsaKey("issuer", 2_048) });
  const account = sandbox.world.accounts.get(sandbox.accountId);
  const bucket = sandbox.world.buckets.get(sandbox.bucket);
  if (account === undefined || bucket === undefined) throw new Error("the sandbox has no account or bucket");
  account.roles.clear();
  account.policies.clear();
  account.users.delete("oss-valet-caller");

  const access: Record<string, unknown> = {
    issuers: [
      { name: "login", issuer: sandbox.issuer.url, audience: "photo-app", jwks: sandbox.issuer.jwksUrl },
    ],
    rules: rules ?? [
      { name: "own folder", allow: ["read", "write", "list", "delete"], prefix: "users/{sub}/" },
      { name: "teams", when: { team: ["red", "blue"] }, allow: ["read", "list"], prefix: "teams/{team}/" },
    ],
  };
  const environment = {
    OSS_ROLE_ARN: `acs:ram::${account.id}:role/oss-valet-client`,
    OSS_BUCKET: sandbox.bucket,
    OSS_REGION: sandbox.region,
    OSS_ENDPOINT: sandbox.oss.url,
    STS_ENDPOINT: sandbox.sts.url,
    RAM_ENDPOINT: sandbox.ram.url,
    OSS_ADMIN_ENDPOINT: sandbox.oss.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: sandbox.administrator.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: sandbox.administrator.accessKeySecret,
  };
  const codeDir = mkdtempSync(join(tmpdir(), "oss-valet-deployed-"));
  const running: RunningFunction[] = [];
  const stopped = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((target) => target.stop()));
  };
  /** As s.yaml has it, with the local addresses. */
  const settingsOf = (name: FunctionName, { allowedOrigins }: DeployChange): FunctionSettings => {
    const { [name]: settings } = functionsFromSYaml(readFileSync(join(ROOT, "s.yaml"), "utf8"), {
      accountId: account.id,
      environment,
      folder: ROOT,
    });
    if (settings === undefined) throw new Error(`s.yaml has no function ${name}`);
    return {
      ...settings,
      codeDir: join(codeDir, name),
      environment: {
        ...settings.environment,
        OSS_ENDPOINT: environment.OSS_ENDPOINT,
        ...(name === "credentials" ? { STS_ENDPOINT: environment.STS_ENDPOINT } : {}),
        ...(allowedOrigins === undefined ? {} : { ALLOWED_ORIGINS: allowedOrigins }),
      },
    };
  };

  return {
    sandbox,
    account,
    bucket,
    access,
    environment,
    role: (name) => {
      const role = account.roles.get(name);
      if (role === undefined) throw new Error(`no role ${name}`);
      return role;
    },
    provision: (...args) =>
      outcomeOf(sandbox, environment, (terminal) => provision.run(args, terminal, readerOf(access))),
    doctor: async (change = {}) => {
      const { code, out } = await outcomeOf(sandbox, { ...environment, ...change.environment }, (terminal) =>
        doctor.run([...(change.args ?? []), "--json"], terminal, readerOf({ ...access, ...change.access })),
      );
      return { code, findings: (JSON.parse(out) as { readonly findings: readonly Finding[] }).findings };
    },
    smoke: (args) =>
      outcomeOf(sandbox, environment, (terminal) => smoke.run(args, terminal, readerOf(access))),
    deploy: async (change = {}) => {
      await stopped();
      const started = async (name: FunctionName): Promise<RunningFunction> => {
        const { roleArn, ...settings } = settingsOf(name, change);
        await build({ content: access, outDir: settings.codeDir, function: name });
        const hasRole = roleArn !== undefined && !(name === "uploads" && change.uploadsWithoutRole);
        const target = await startFunction(sandbox.world, { ...settings, ...(hasRole ? { roleArn } : {}) });
        running.push(target);
        return target;
      };
      sandbox.deploy([await started("credentials"), await started("uploads")], DOMAIN_ROUTES);
    },
    stop: async () => {
      await stopped();
      await sandbox.stop();
      for (const { text } of sandbox.world.functionLog) auditLinesIn(text);
      rmSync(codeDir, { recursive: true, force: true });
    },
  };
}

/** What a command prints, and its exit code. */
async function outcomeOf(
  { clock }: Pick<Sandbox, "clock">,
  environment: Readonly<Record<string, string>>,
  run: (terminal: Terminal) => Promise<number>,
): Promise<Outcome> {
  const out: string[] = [];
  const errors: string[] = [];
  const code = await run({
    environment,
    out: (text) => out.push(text),
    error: (text) => errors.push(text),
    ask: undefined,
    question: undefined,
    colour: false,
    nowMs: Date.now,
    // Time passes for the whole cloud at once.
    wait: async (ms) => clock.advance(ms),
  });
  return { code, out: out.join("\n"), errors: errors.join("\n") };
}
