import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { codeDirWith, SOON } from "../support/fc-function.ts";

const RUNNING_FUNCTION = new URL("../../sandbox/fc/running-function.ts", import.meta.url).href;
const WORLD = new URL("../../sandbox/world.ts", import.meta.url).href;
const CLOCK = new URL("../../sandbox/clock.ts", import.meta.url).href;

/** A sandbox of its own that runs a function once, tells the instance's process id and waits. */
const SANDBOX = (codeDir: string) => `
  import { startFunction } from ${JSON.stringify(RUNNING_FUNCTION)};
  import { emptyWorld } from ${JSON.stringify(WORLD)};
  import { sandboxClock } from ${JSON.stringify(CLOCK)};
  const target = await startFunction(emptyWorld(sandboxClock()), {
    name: "example", codeDir: ${JSON.stringify(codeDir)}, handler: "index.handler", environment: {}, memoryMb: 128,
    timeoutSeconds: 5, methods: [], region: "cn-hangzhou", accountId: "1234567890123456",
  });
  await target.invoke({ requestId: "1", event: Buffer.alloc(0) });
  console.log(target.instances()[0].pid);
  setInterval(() => {}, 1000);
`;

it.skipIf(process.platform === "win32")(
  "a frozen instance does not outlive a sandbox that was killed",
  async () => {
    const codeDir = codeDirWith({ "index.js": `exports.handler = async () => "ran";` });
    const sandbox = spawn(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", SANDBOX(codeDir)],
      { cwd: fileURLToPath(new URL("../..", import.meta.url)), stdio: ["ignore", "pipe", "inherit"] },
    );
    const [line] = await once(sandbox.stdout, "data");
    const pid = Number(String(line));
    expect(isRunning(pid)).toBe(true);
    sandbox.kill("SIGKILL");
    await expect.poll(() => isRunning(pid), SOON).toBe(false);
  },
);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
