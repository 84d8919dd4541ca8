import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { command, type Options, type Terminal, UsageError, type ValuesOf } from "../shared/command.ts";
import { ownManifest, ROOT } from "../shared/own-files.ts";
import { audienceProblem, jwksProblem, packageNameOf, QUESTIONS, type Question } from "./answers.ts";
import { type IssuerKeys, keysOf } from "./discovery.ts";
import { dependencyOn } from "./installed-from.ts";
import { projectFiles } from "./project.ts";

const OPTIONS = {
  issuer: {
    value: "URL",
    help: "who signs your users in: the iss of the App tokens; asked for where it is missing",
  },
  bucket: { value: "NAME", help: "where the files are; asked for where it is missing" },
  region: {
    value: "ID",
    help: "of the bucket; asked for where it is missing; without a terminal: cn-hangzhou",
  },
  audience: { value: "TEXT", help: "what the aud of the App tokens has; default: the folder's name" },
  jwks: {
    value: "URL",
    help: "where the issuer's keys are; default: what its discovery document says, else the usual address",
  },
  offline: { help: "do not ask the issuer for its discovery document" },
} as const satisfies Options;

export const init = command({
  name: "init",
  usage: ["npm run valet -- init FOLDER [options]"],
  about:
    "Makes a project of your own in a new folder: access.yaml with a test, s.yaml, package.json with this version of oss-valet, a " +
    "workflow that tests and deploys, and a README. It asks three questions: issuer, bucket and region. Then `npm install` and " +
    "`npx valet dev` run everything on this machine.",
  arguments: { FOLDER: "a new or empty folder, e.g. my-app" },
  options: OPTIONS,
  yes: "made",
  no: "the folder cannot be written",
  examples: {
    "npm run valet -- init my-app --issuer https://login.example.com/ --bucket examplebucket --region cn-hangzhou":
      "without a question",
  },
  run: ({ values, positionals }, terminal) => made(values, positionals, terminal),
});

async function made(
  values: ValuesOf<typeof OPTIONS>,
  positionals: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const folder = folderFrom(positionals);
  const name = packageNameOf(basename(folder));
  const { audience = name } = values;
  refuse("--audience", audienceProblem(audience));
  refuse("--jwks", values.jwks === undefined ? undefined : jwksProblem(values.jwks));
  const answers = await answersTo(values, terminal);
  const keys = await keysFor(answers.issuer, values);
  const files = projectFiles({
    ...answers,
    name,
    audience,
    issuer: keys.issuer,
    jwks: keys.jwks,
    algorithms: keys.algorithms,
    ossValet: dependencyOn(ROOT, ownManifest().version, folder),
  });
  try {
    writeAll(folder, files);
  } catch (error) {
    terminal.error(`valet init: ${folder} cannot be written: ${(error as Error).message}`);
    return 1;
  }
  terminal.out(summary(folder, [...files.keys()], keys, audience));
  return 0;
}

/** Throws UsageError unless it is the one folder, new or empty. */
function folderFrom(positionals: readonly string[]): string {
  const [given, ...more] = positionals;
  if (given === undefined || given === "" || more.length > 0)
    throw new UsageError("name one folder: npm run valet -- init my-app");
  const folder = resolve(given);
  const inTheWay = existsSync(folder) ? entriesIn(folder) : [];
  if (inTheWay.length > 0)
    throw new UsageError(
      `${given} is not empty (${inTheWay.slice(0, 3).join(", ")}${inTheWay.length > 3 ? ", …" : ""}); name a new folder`,
    );
  return folder;
}

/** A repository that was just made is empty. */
function entriesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((entry) => entry !== ".git");
  } catch {
    throw new UsageError(`${folder} is not a folder; name a new one`);
  }
}

type Answers = Readonly<Record<Question["option"], string>>;

/** By the options, else by questions. Without a terminal, throws UsageError for all that is missing. */
async function answersTo(
  values: { readonly [Option in keyof Answers]: string | undefined },
  { question, error }: Terminal,
): Promise<Answers> {
  for (const { option, problem } of QUESTIONS) {
    const given = values[option];
    refuse(`--${option}`, given === undefined ? undefined : problem(given));
  }
  const missing = QUESTIONS.filter(({ option }) => values[option] === undefined);
  const answers = new Map<string, string>();
  if (question === undefined) {
    const needed = missing.filter((one) => one.default === undefined).map(({ option }) => `--${option}`);
    if (needed.length > 0) throw new UsageError(`nobody is here to answer: add ${needed.join(" and ")}`);
  }
  for (const { option, text, default: usual, problem } of missing) {
    for (let answer: string | undefined; answer === undefined; ) {
      const said =
        question === undefined
          ? ""
          : (await question(usual === undefined ? text : `${text} [${usual}]`)).trim();
      const candidate = said === "" && usual !== undefined ? usual : said;
      const found = problem(candidate);
      if (found === undefined) answer = candidate;
      else error(`  That ${found}.`);
      if (answer !== undefined) answers.set(option, answer);
    }
  }
  return { ...values, ...Object.fromEntries(answers) } as Answers;
}

function refuse(option: string, problem: string | undefined): void {
  if (problem !== undefined) throw new UsageError(`${option} ${problem}`);
}

async function keysFor(
  issuer: string,
  { jwks, offline = false }: { readonly jwks?: string | undefined; readonly offline?: boolean | undefined },
): Promise<IssuerKeys> {
  return jwks === undefined
    ? await keysOf(issuer, { offline, fetch })
    : { issuer, jwks, algorithms: ["RS256"], note: `The issuer's keys: ${jwks}, as you said` };
}

/** All files or none: what was written before a failure is removed again. */
function writeAll(folder: string, files: ReadonlyMap<string, string>): void {
  const existed = existsSync(folder);
  const written: string[] = [];
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      written.push(join(folder, path));
      writeFileSync(join(folder, path), text, { flag: "wx" });
    }
  } catch (error) {
    if (existed) for (const path of written) rmSync(path, { force: true });
    else rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function summary(
  folder: string,
  paths: readonly string[],
  { note, algorithms }: IssuerKeys,
  audience: string,
): string {
  const here = relative(process.cwd(), folder) || ".";
  return `${here} has ${paths.join(", ")}.

${note}. They sign with ${algorithms.join(", ")}.
The audience is ${audience}: the aud of your App's tokens must have it, else correct access.yaml.

  ${here === "." ? "" : `cd ${here}\n  `}npm install
  npx valet dev      # everything on this machine, and a page for the browser
  npx valet test     # the promises of access.yaml

Then deploy it: README.md says how.`;
}
