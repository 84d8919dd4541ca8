import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { sandboxClock } from "../../sandbox/clock.ts";
import type { FunctionSettings } from "../../sandbox/fc/function-settings.ts";
import { FC_SERVER_OPTIONS } from "../../sandbox/fc/http-event.ts";
import {
  type FunctionOptions,
  type RunningFunction,
  startFunction,
} from "../../sandbox/fc/running-function.ts";
import { fcServer } from "../../sandbox/fc/server.ts";
import { guarded, type ServiceListener } from "../../sandbox/service-listener.ts";
import { addAccount, addRole, emptyWorld, type World } from "../../sandbox/world.ts";

export const ACCOUNT_ID = "1234567890123456";
export const FUNCTION_ROLE_ARN = `acs:ram::${ACCOUNT_ID}:role/function-role`;

/** For expect.poll: how long a process may take on a busy machine. */
export const SOON = { timeout: 10_000 };

/** A world with one account and a role that trusts Function Compute. */
export function worldWithFunctionRole(): World {
  const world = emptyWorld(sandboxClock());
  addRole(world, addAccount(world, ACCOUNT_ID), {
    name: "function-role",
    trustPolicy: JSON.stringify({
      Version: "1",
      Statement: [{ Action: "sts:AssumeRole", Effect: "Allow", Principal: { Service: ["fc.aliyuncs.com"] } }],
    }),
  });
  return world;
}

/** Takes what undoes something; vitest's onTestFinished, or the push of a list that afterAll works off. */
export type AtEnd = (undo: () => unknown) => void;

/** A folder with these files, deleted after the test. */
export function codeDirWith(
  files: Readonly<Record<string, string>>,
  atEnd: AtEnd = onTestFinished as AtEnd,
): string {
  const folder = mkdtempSync(join(tmpdir(), "oss-valet-fc-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

export interface DeployedFunction {
  readonly world: World;
  readonly target: RunningFunction;
  readonly logs: string[];
}

/** Deploys `index.js` with this content (CommonJS), stopped after the test. */
export async function deploy(
  code: string | Readonly<Record<string, string>>,
  change: Partial<FunctionSettings> = {},
  options: FunctionOptions = {},
  world = worldWithFunctionRole(),
  atEnd: AtEnd = onTestFinished as AtEnd,
): Promise<DeployedFunction> {
  const logs: string[] = [];
  const target = await startFunction(
    world,
    {
      name: "example",
      codeDir: codeDirWith(typeof code === "string" ? { "index.js": code } : code, atEnd),
      handler: "index.handler",
      environment: {},
      roleArn: FUNCTION_ROLE_ARN,
      memoryMb: 256,
      timeoutSeconds: 10,
      methods: ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"],
      region: "cn-hangzhou",
      accountId: ACCOUNT_ID,
      ...change,
    },
    { onLog: (line) => logs.push(line), ...options },
  );
  atEnd(() => target.stop());
  return { world, target, logs };
}

/** Starts a server on a free port of the loopback interface, closed after the test; gives its origin. */
export async function listen(
  listener: ServiceListener,
  atEnd: AtEnd = onTestFinished as AtEnd,
): Promise<string> {
  const server = createServer(FC_SERVER_OPTIONS, guarded(listener));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Deploys the function with an HTTP trigger; gives its origin. */
export async function deployWithTrigger(
  code: string | Readonly<Record<string, string>>,
  change: Partial<FunctionSettings> = {},
  options: FunctionOptions = {},
  atEnd: AtEnd = onTestFinished as AtEnd,
): Promise<DeployedFunction & { readonly origin: string }> {
  const deployed = await deploy(code, change, options, worldWithFunctionRole(), atEnd);
  return { ...deployed, origin: await listen(fcServer(deployed.world, [deployed.target]), atEnd) };
}
