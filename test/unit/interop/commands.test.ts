import { expect, it } from "vitest";
import { finished, lastLines } from "../../interop/commands.ts";

const node = (program: string, seconds = 30) =>
  finished({ command: process.execPath, args: ["-e", program], folder: import.meta.dirname, seconds });

it("a command that exits with 0 has not failed, and what it printed is there", async () => {
  expect(await node(`console.log("out"); console.error("err")`)).toEqual({
    stdout: "out\n",
    stderr: "err\n",
    failure: undefined,
    late: false,
  });
});

it.each([
  ["exits with 3", "process.exitCode = 3", /ended with 3$/],
  ["is killed", `process.kill(process.pid, "SIGTERM")`, /ended with SIGTERM$/],
])("a command that %s has failed", async (_case, program, failure) => {
  expect(await node(program)).toMatchObject({ failure: expect.stringMatching(failure), late: false });
});

it("a command that does not exist has failed", async () => {
  const ended = await finished({
    command: "no-such-command",
    args: [],
    folder: import.meta.dirname,
    seconds: 30,
  });
  expect(ended.failure).toMatch(/^no-such-command cannot be started: /);
});

it("a command that takes too long is ended, with what it started", async () => {
  const child = `require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" })`;
  // It ends only when nobody holds its output any more: the child would.
  const ended = await node(`${child}; console.log("started"); setInterval(() => {}, 1000)`, 1);
  expect(ended).toMatchObject({ failure: expect.stringMatching(/took longer than 1 s$/), late: true });
});

it("the last lines are those that say something", () => {
  const ended = { stdout: "1\n2\n\n", stderr: "3\n", failure: "x", late: false };
  expect(lastLines(ended, 2)).toEqual(["2", "3"]);
  expect(lastLines(ended, 0)).toEqual([]);
});
