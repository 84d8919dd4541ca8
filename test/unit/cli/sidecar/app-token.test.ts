import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { AppTokenError, appTokenFrom, permissionsWarning } from "../../../../cli/sidecar/app-token.ts";

const folder = mkdtempSync(join(tmpdir(), "valet-app-token-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln";

function fileWith(content: string, name = "token", mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

interface Change {
  readonly refused?: boolean;
  readonly stop?: AbortSignal;
  readonly timeoutMs?: number;
}

async function fromFile(file: string): Promise<string> {
  return appTokenFrom({ file }, false, {
    environment: {},
    error: () => {},
    stop: new AbortController().signal,
  });
}

async function fromCommand(command: string, { refused = false, ...change }: Change = {}) {
  const errors: string[] = [];
  const token = await appTokenFrom({ command }, refused, {
    environment: { PATH: process.env["PATH"], GIVEN: "yes" },
    error: (line) => void errors.push(line),
    stop: new AbortController().signal,
    ...change,
  });
  return { token, errors };
}

describe("an App token from a file", () => {
  it("is read again each time, without the blanks and line ends around it", async () => {
    const file = fileWith(`  ${TOKEN}\r\n`);
    expect(await fromFile(file)).toBe(TOKEN);
    fileWith("another.token.now");
    expect(await fromFile(file)).toBe("another.token.now");
  });

  it.each([
    ["is empty", "\n", "gives nothing: it must give the App token"],
    [
      "begins with Bearer",
      `Bearer ${TOKEN}`,
      'gives more than one word: it must give the App token alone, without "Bearer "',
    ],
    [
      "holds a second line",
      `${TOKEN}\r\nX-Evil: 1`,
      'gives more than one word: it must give the App token alone, without "Bearer "',
    ],
    [
      "holds letters that no header can",
      "tökén",
      'gives more than one word: it must give the App token alone, without "Bearer "',
    ],
  ])("that %s is refused", async (_case, content, problem) => {
    const file = fileWith(content);
    await expect(fromFile(file)).rejects.toThrow(
      new AppTokenError(`the file of --app-token-file, ${file}, ${problem}`),
    );
  });

  it("is refused when it is too long for the function", async () => {
    const file = fileWith("a".repeat(20_000));
    await expect(fromFile(file)).rejects.toThrow(`${file} holds 20000 bytes: no App token is that long`);
  });

  it("that is missing is refused, with what to write", async () => {
    await expect(fromFile("/none/token")).rejects.toThrow(
      "--app-token-file /none/token cannot be read (ENOENT): write the path of a file",
    );
  });

  it("that is a folder or a device is refused: it is read more than once", async () => {
    for (const path of [folder, "/dev/null"])
      await expect(fromFile(path)).rejects.toThrow(
        `--app-token-file ${path} is not a file: write the path of a file, or use --app-token-command`,
      );
  });

  it.each([
    [0o600, undefined],
    [0o400, undefined],
    [0o640, "read"],
    [0o604, "read"],
    [0o620, "change"],
    [0o602, "change"],
    [0o666, "read and change"],
  ])("with the mode %o: what other users may do with it is a warning", (mode, may) => {
    const file = fileWith(TOKEN, "mode", mode);
    expect(permissionsWarning(file)).toBe(
      may === undefined
        ? undefined
        : `other users of this machine may ${may} the App token: chmod 600 ${file}`,
    );
  });
});

describe("an App token from a command", () => {
  it("is what the shell's line prints", async () => {
    expect(await fromCommand(`printf '%s\\n' ${TOKEN} | cat`)).toEqual({ token: TOKEN, errors: [] });
  });

  it("runs with the environment, and knows after a 401 that its token was refused", async () => {
    const line = 'printf "%s" "$GIVEN-$' + '{OSS_VALET_TOKEN_REFUSED:-no}"';
    expect((await fromCommand(line)).token).toBe("yes-no");
    expect((await fromCommand(line, { refused: true })).token).toBe("yes-1");
  });

  it("shows what it says on standard error, and never what it prints", async () => {
    expect(await fromCommand(`echo "sign in at https://login.example.com" >&2; echo ${TOKEN}`)).toEqual({
      token: TOKEN,
      errors: ["sign in at https://login.example.com"],
    });
  });

  it.each([
    [
      "prints nothing",
      "true",
      "the command of --app-token-command, gives nothing: it must give the App token",
    ],
    [
      "prints more than the token",
      `echo "token: ${TOKEN}"`,
      'the command of --app-token-command, gives more than one word: it must give the App token alone, without "Bearer "',
    ],
    ["fails", `echo ${TOKEN}; exit 3`, "the command of --app-token-command ended with exit code 3"],
    ["is not there", "/none/sign-in", "the command of --app-token-command ended with exit code 127"],
    ["is ended", "kill -9 $$", "the command of --app-token-command was ended by SIGKILL"],
    [
      "prints without end",
      "yes",
      "the command of --app-token-command printed more than 16384 bytes: no App token is that long",
    ],
  ])("that %s is refused, without its words", async (_case, line, message) => {
    const failure = await fromCommand(line).catch((error: unknown) => error);
    expect(failure).toEqual(new AppTokenError(message));
  });

  it("that takes too long is ended, with everything that it started", async () => {
    const started = join(folder, "started");
    await expect(
      fromCommand(`sh -c 'echo $$ > ${started}; sleep 60' | cat`, { timeoutMs: 400 }),
    ).rejects.toThrow("was ended: it took longer than 0.4 s");
    const pid = Number(execFileSync("cat", [started], { encoding: "utf8" }));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it.each(["", "; exit 3"])("ends what it left running in the background: sleep & echo%s", async (exit) => {
    const started = join(folder, "background");
    const line = `sleep 60 & echo $! > ${started}; echo ${TOKEN}${exit}`;
    const result = await fromCommand(line, { timeoutMs: 5000 }).catch((error: unknown) => error);
    expect(result).toEqual(
      exit === ""
        ? { token: TOKEN, errors: [] }
        : new AppTokenError("the command of --app-token-command ended with exit code 3"),
    );
    const pid = Number(execFileSync("cat", [started], { encoding: "utf8" }));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it("does not wait for a service that it started in a process group of its own", async () => {
    const program = `require("child_process").spawn("sleep", ["4"], { detached: true, stdio: "inherit" }).unref()`;
    const line = `'${process.execPath}' -e '${program}'; echo said >&2; echo ${TOKEN}`;
    expect(await fromCommand(line, { timeoutMs: 3000 })).toEqual({ token: TOKEN, errors: ["said"] });
  });

  it("gives all that it printed just before it ended", async () => {
    const long = "a".repeat(16_000);
    for (let run = 0; run < 20; run += 1) expect((await fromCommand(`printf ${long}`)).token).toBe(long);
  });

  it("is ended when the sidecar stops, and is not begun any more", async () => {
    const stop = new AbortController();
    const waiting = fromCommand("sleep 60", { stop: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toThrow("was ended: the sidecar stops");
    await expect(fromCommand("sleep 60", { stop: stop.signal })).rejects.toThrow(
      "was not run: the sidecar stops",
    );
  });
});

/** A process that has ended and was not waited for is a zombie. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
