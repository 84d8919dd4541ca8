import { execFile } from "node:child_process";
import { join } from "node:path";
import { explain } from "../explain/command.ts";
import { provision } from "../provision/command.ts";
import { accessReader, BrokenAccessFile } from "../shared/access-reader.ts";
import { type Command, type Terminal, UsageError } from "../shared/command.ts";
import { objectFrom } from "../shared/values.ts";
import { test } from "../test/command.ts";

/** What a command of a version printed. */
interface Printed {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs a command of one version of oss-valet: `["test", "--json"]`. */
export type Commands = (args: readonly string[]) => Promise<Printed>;

export interface Surroundings {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Milliseconds. Ours: a command that only reads access.yaml takes less than one second. */
const LONGEST_MS = 60_000;

/** The commands of a package oss-valet that lies in `packageFolder`, as processes of their own. */
export function commandsOf(packageFolder: string, { folder, environment }: Surroundings): Commands {
  return (args) =>
    new Promise((resolve) => {
      const called = [join(packageFolder, "cli/main.js"), ...args];
      const options = { cwd: folder, env: { ...environment }, timeout: LONGEST_MS, maxBuffer: 2 ** 26 };
      execFile(process.execPath, called, options, (error, out, said) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ code, out, error: said === "" && error !== null ? error.message : said });
      });
    });
}

const OWN: Readonly<Record<string, Command>> = { explain, provision, test };

/** The commands of this version, in this process. */
export function ownCommands(
  { environment }: Surroundings,
  { nowMs, wait }: Pick<Terminal, "nowMs" | "wait">,
): Commands {
  const reader = accessReader({ environment, error: () => {} });
  return async ([name = "", ...args]) => {
    const [out, error]: [string[], string[]] = [[], []];
    const terminal: Terminal = {
      environment,
      out: (text) => void out.push(text),
      error: (text) => void error.push(text),
      ask: undefined,
      question: undefined,
      colour: false,
      nowMs,
      wait,
    };
    const printed = (code: number): Printed => ({
      code,
      out: out.map((text) => `${text}\n`).join(""),
      error: error.map((text) => `${text}\n`).join(""),
    });
    try {
      return printed((await OWN[name]?.run(args, terminal, reader)) ?? 2);
    } catch (failure) {
      if (failure instanceof UsageError) return { ...printed(2), error: failure.message };
      if (!(failure instanceof BrokenAccessFile)) throw failure;
      return { code: 2, out: JSON.stringify({ problems: failure.problems }), error: "" };
    }
  };
}

/** One user of access.yaml's tests. */
export interface TestUser {
  /** The test's name, or its claims. */
  readonly name: string;
  readonly issuer: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** One promise of access.yaml's tests, as `valet test --json` has it. */
export interface Outcome {
  readonly test: string;
  readonly promise: string;
  readonly expected: string;
  readonly got: string;
  readonly kept: boolean;
  readonly because: string;
}

/** What one version makes of a project's rules. */
export interface Side {
  readonly outcomes: readonly Outcome[];
  /** `provision --ros` */
  readonly plan: unknown;
  /** `explain --json` of each user, in their order. */
  readonly users: readonly unknown[];
}

export interface Questions {
  readonly accessFile: string;
  readonly users: readonly TestUser[];
  /** Options of `provision`. */
  readonly roles: readonly string[];
}

/** `problems`: why there is no answer: those of access.yaml, or what a command said. */
export type SideResult =
  | { readonly ok: true; readonly side: Side }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Asks one version everything. Commands run one after the other: a project's machine may have one core. */
export async function sideOf(
  commands: Commands,
  { accessFile, users, roles }: Questions,
): Promise<SideResult> {
  const tested = await commands(["test", "--json", "--access", accessFile]);
  const { outcomes, problems } = objectIn(tested.out);
  if (Array.isArray(problems)) return { ok: false, problems: problems.map(String) };
  if (!Array.isArray(outcomes)) return failed("test", tested);
  const planned = await commands(["provision", "--ros", "--access", accessFile, ...roles]);
  const plan = objectIn(planned.out);
  if (plan["Resources"] === undefined) return failed("provision --ros", planned);
  const explained: unknown[] = [];
  for (const { claims, issuer } of users) {
    const asked = [
      "explain",
      "--json",
      ...["--access", accessFile],
      ...["--claims", JSON.stringify(claims)],
      ...(issuer === undefined ? [] : ["--issuer", issuer]),
    ];
    const printed = await commands(asked);
    const explanation = objectIn(printed.out);
    if (explanation["wanted"] === undefined) return failed("explain", printed);
    explained.push(explanation);
  }
  return { ok: true, side: { outcomes: outcomes as readonly Outcome[], plan, users: explained } };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectFrom(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

/** Characters of an error of another program that are worth a line. Ours. */
const MAX_SAID = 300;

function failed(command: string, { code, error }: Printed): SideResult {
  const lines = error.split("\n").map((line) => line.trim());
  const said = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== "") ?? "";
  return {
    ok: false,
    problems: [`valet ${command} ended with exit code ${code}: ${said.slice(0, MAX_SAID)}`],
  };
}
