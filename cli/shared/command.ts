import { parseArgs } from "node:util";
import { sentenceOf } from "../../shared/domain/problem.ts";
import { bucketProblem } from "../../shared/domain/rules/access-file-values.ts";
import { nearest } from "../../shared/domain/rules/nearest.ts";
import type { AccessFile } from "./access-file.ts";

/** Where a command reads and writes; tests put their own in. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Asks a yes-or-no question; undefined when no one is there to answer, such as in a pipeline. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** Asks for a text, which may be empty; undefined as for `ask`. */
  readonly question: ((text: string) => Promise<string>) | undefined;
  /** Whether `out` is a terminal that shows colours. Colour never carries information alone. */
  readonly colour: boolean;
  readonly nowMs: () => number;
  /** Resolves after so many milliseconds. */
  readonly wait: (ms: number) => Promise<unknown>;
}

/** The command was called wrongly: the message says what to write instead. The exit code is 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** One option of a command. Parsing, help and suggestions are all made from it. */
export interface Option {
  /** What help calls the value, e.g. FILE. Absent for a switch, which is on or off. */
  readonly value?: string;
  /** The option may be given several times; its values become a list. */
  readonly repeats?: true;
  readonly default?: string;
  /** The heading in help that it is listed under. */
  readonly group?: string;
  readonly help: string;
}

/** Options by name, without the dashes, in the order of help. */
export type Options = Readonly<Record<string, Option>>;

/** The option of every command that reads the access rules. */
export const ACCESS: Option & { readonly value: string } = {
  value: "FILE",
  help: "the access rules; default: access.yaml, or the file that ACCESS_FILE names",
};

/** The option of every command that speaks of objects. */
export const BUCKET: Option & { readonly value: string } = {
  value: "NAME",
  help: "the bucket of rules that name none; default: OSS_BUCKET",
};

/** Reads access.yaml: the file of `--access`, of ACCESS_FILE, or of the current folder. Rejects for a broken file. */
export type AccessReader = (path: string | undefined) => Promise<Pick<AccessFile, "content" | "rules">>;

/** What help says of a command. */
export interface CommandGuide {
  readonly name: string;
  /** The lines to type, e.g. `npm run valet -- test [options]`. */
  readonly usage: readonly string[];
  readonly about: string;
  /** What stands without dashes, e.g. `plan`, and its meaning. A command without it takes no such words. */
  readonly arguments?: Readonly<Record<string, string>>;
  readonly options: Options;
  /** What the exit codes 0 (yes) and 1 (no) mean here. 2 is the same for all: called wrongly. */
  readonly yes: string;
  readonly no: string;
  /** Environment variables and their meaning. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Each with what it shows. */
  readonly examples?: Readonly<Record<string, string>>;
}

/** A command of `npm run valet`. */
export interface Command extends CommandGuide {
  /** Resolves to the exit code: 0 yes, 1 no. Rejects with UsageError. */
  readonly run: (args: readonly string[], terminal: Terminal, access: AccessReader) => Promise<number>;
}

/** How a command was called. */
export interface Called<O extends Options> {
  readonly values: ValuesOf<O>;
  readonly positionals: readonly string[];
}

/** The values of the options, by name; undefined for an option that was not given and has no default. */
export type ValuesOf<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends { readonly default: string }
    ? string
    : Value<O[Name]> | undefined;
};

type Value<O extends Option> = O extends { readonly repeats: true }
  ? readonly string[]
  : O extends { readonly value: string }
    ? string
    : boolean;

/** Makes a command from its guide and what it does; `run` gets the options parsed and typed. */
export function command<const O extends Options>(
  definition: CommandGuide & {
    readonly options: O;
    readonly run: (called: Called<O>, terminal: Terminal, access: AccessReader) => number | Promise<number>;
  },
): Command {
  return {
    ...definition,
    run: async (args, terminal, access) => definition.run(calledWith(args, definition), terminal, access),
  };
}

/** `--bucket`, or OSS_BUCKET; undefined when neither is set. Throws UsageError when it is not a bucket name. */
export function bucketFrom(
  option: string | undefined,
  { environment }: Pick<Terminal, "environment">,
): string | undefined {
  return option === undefined
    ? checkedBucket(environment["OSS_BUCKET"] || undefined, "OSS_BUCKET")
    : checkedBucket(option, "--bucket");
}

/** `where`: what the message names it by. */
export function checkedBucket<T extends string | undefined>(name: T, where: string): T {
  const problem = name === undefined ? undefined : bucketProblem(name);
  if (problem !== undefined) throw new UsageError(sentenceOf({ where, ...problem }));
  return name;
}

/** Throws UsageError for options and words that the command does not take. */
function calledWith<O extends Options>(
  args: readonly string[],
  { name, options, arguments: words }: CommandGuide & { readonly options: O },
): Called<O> {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([option, { value, repeats, default: usual }]) => [
        option,
        {
          type: value === undefined ? "boolean" : "string",
          multiple: repeats === true,
          ...(usual === undefined ? {} : { default: usual }),
        } as const,
      ]),
    ),
    // What is wrong is said by the lines below: the parser's own messages know no suggestions.
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional" && words === undefined)
      throw new UsageError(`unexpected argument "${token.value}": ${name} takes options only`);
    if (token.kind !== "option") continue;
    if (!token.rawName.startsWith("--") || !Object.hasOwn(options, token.name))
      throw new UsageError(unknownOption(token.rawName, name, options));
    const problem = valueProblem(token, options[token.name]?.value);
    if (problem !== undefined) throw new UsageError(`${token.rawName} ${problem}`);
  }
  return { values: values as ValuesOf<O>, positionals };
}

function unknownOption(option: string, command: string, options: Options): string {
  const near = nearest(
    option,
    Object.keys(options).map((name) => `--${name}`),
  );
  return `unknown option ${option}. ${near === undefined ? `All options: npm run valet -- ${command} --help` : `Did you mean ${near}?`}`;
}

/** `wanted`: what help calls the value; undefined for a switch. */
function valueProblem(
  {
    rawName,
    value,
    inlineValue,
  }: { readonly rawName: string; readonly value: unknown; readonly inlineValue?: boolean | undefined },
  wanted: string | undefined,
): string | undefined {
  if (wanted === undefined) return value === undefined ? undefined : `takes no value: write ${rawName} alone`;
  if (value === undefined) return `needs a value: ${rawName} ${wanted}`;
  // A lone "-" is standard input. Anything longer is probably the next option, and the value was forgotten.
  return inlineValue !== true && /^-./.test(String(value))
    ? `needs a value, and ${String(value)} looks like an option: write ${rawName} ${wanted}, or ${rawName}=${String(value)}`
    : undefined;
}
