import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Stage } from "./container-image.ts";

/**
 * How the image's command runs. contained: as an engine runs it, in namespaces of its own: the root file system is its root,
 * and read-only; it is process 1, has the image's user and no capability. offline: the same, with a network of its own that has
 * loopback alone. plain: as a process of this machine, for machines where that is not possible.
 */
export type Way = "contained" | "offline" | "plain";

/** Why nothing can be contained here; undefined: it can. */
export function notContained(): string | undefined {
  if (process.getuid?.() !== 0) return "it takes root";
  const tried = spawnSync(
    "unshare",
    ["--mount", "--pid", "--net", "--fork", "sh", "-c", "ip link set lo up"],
    {
      encoding: "utf8",
    },
  );
  if (tried.error !== undefined) return "there is no unshare";
  if (tried.status !== 0) return tried.stderr.trim();
  const missing = ["setpriv", "chroot", "nsenter"].filter(
    (program) => spawnSync(program, ["--version"]).status !== 0,
  );
  return missing.length === 0 ? undefined : `there is no ${missing.join(", ")}`;
}

export interface Contained {
  /** Of the server, as this machine counts. */
  readonly pid: number;
  /** http://HOST:PORT, as the server names it. */
  readonly origin: string;
  log(): string;
  errors(): string;
  signal(name: NodeJS.Signals): void;
  /** Runs the image's HEALTHCHECK beside the server, as an engine does: its exit code. */
  healthcheck(environment?: Readonly<Record<string, string>>): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

/** What the base image sets. */
const BASE_ENV = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

/** Starts the image's command with the image's environment and `settings`. Rejects with what it says instead of listening. */
export async function startContained(
  stage: Stage,
  root: string,
  { way, settings }: { readonly way: Way; readonly settings: Readonly<Record<string, string>> },
): Promise<Contained> {
  const env = { ...BASE_ENV, ...stage.env, ...settings };
  const [program = "", ...args] = commandOf(stage, root, way);
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const origin = await new Promise<string>((resolve, reject) => {
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${said}`)));
    child.once("error", reject);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [, address] = /listens on (http:\S+:\d+)/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
  });
  const { pid: outer } = child;
  if (outer === undefined) throw new Error("it has no process");
  // unshare is the parent, and passes no signal on.
  const pid =
    way === "plain"
      ? outer
      : Number(readFileSync(`/proc/${outer}/task/${outer}/children`, "utf8").trim().split(" ")[0]);
  return {
    pid,
    origin,
    log: () => out,
    errors: () => said,
    signal: (name) => {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, name);
    },
    healthcheck: (environment = {}) => {
      const command = checkOf(stage);
      const whole = way === "plain" ? inTree(root, command) : [...entering(pid, stage), ...command];
      return exitCodeOf(whole, { ...env, ...environment });
    },
    ended,
  };
}

/** The HEALTHCHECK alone, of a server that is not the image's. */
export function healthcheckOf(
  stage: Stage,
  root: string,
  settings: Readonly<Record<string, string>>,
): Promise<number | null> {
  return exitCodeOf(inTree(root, checkOf(stage)), { ...BASE_ENV, ...stage.env, ...settings });
}

function checkOf({ healthcheck }: Stage): readonly string[] {
  if (healthcheck === undefined) throw new Error("the image has no HEALTHCHECK");
  return healthcheck.command;
}

function exitCodeOf(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number | null> {
  const child = spawn(program, args, { env, stdio: "ignore" });
  return new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
}

/**
 * Mounts of its own: the tree over itself, /proc, the machine's /dev, then everything of the tree read-only. Then no
 * capability and no new privileges.
 */
const ENTER = `
[ "$4" = offline ] && ip link set lo up
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -o remount,bind,ro "$1"
root=$1 user=$2 group=$3
shift 4
unset PWD
exec setpriv --no-new-privs chroot --userspec="$user:$group" --groups= "$root" "$@"
`;

function commandOf(stage: Stage, root: string, way: Way): readonly string[] {
  const command = stage.command ?? [];
  if (way === "plain") return inTree(root, command);
  const { user, group } = idsOf(stage);
  return [
    "unshare",
    ...["--mount", "--pid", "--fork", "--kill-child"],
    ...(way === "offline" ? ["--net"] : []),
    ...["sh", "-euc", ENTER, "sh", root, user, group, way],
    ...command,
  ];
}

/** Into the namespaces of a process, with its root and its user. */
function entering(pid: number, stage: Stage): readonly string[] {
  const { user, group } = idsOf(stage);
  return [
    "nsenter",
    ...["--target", String(pid), "--mount", "--pid", "--net", "--root", "--wdns=/"],
    ...["--setuid", user, "--setgid", group],
  ];
}

function idsOf({ user }: Stage): { readonly user: string; readonly group: string } {
  const [id = "", group = id] = (user ?? "0").split(":");
  return { user: id, group };
}

/** Paths of the image, as this machine has them. */
function inTree(root: string, command: readonly string[]): readonly string[] {
  return command.map((word) => (word.startsWith("/") ? join(root, word) : word));
}

/** Of a process, as `NAME=value` by name. */
export function environmentOf(pid: number): Readonly<Record<string, string>> {
  const lines = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]),
  );
}

/** Whether a user other than root may write below a folder. */
export function writableFiles(root: string): readonly string[] {
  return execFileSync("find", [root, "!", "-type", "l", "-perm", "/022"], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
}
