import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pagesIn, siblingPath } from "../../scripts/docs-site/pages.ts";
import { knownHere, PROJECT, problemsOf } from "../support/docs-commands/checker.ts";
import { comparable, docsCommandsIn } from "../support/docs-commands/page-commands.ts";
import { commandsIn } from "../support/docs-commands/shell-commands.ts";
import { TOOLS } from "../support/docs-commands/tools.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The changelog speaks of old commands, too. */
const PAGES = pagesIn(ROOT).filter(({ source }) => source !== "CHANGELOG.md");
const OTHERS = ["examples", "ops"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`),
);
/** In a sentence, these begin a command. Other programs do so in blocks alone. */
const NAMES = new Set([
  "npm",
  "npx",
  "valet",
  "s",
  ...Object.keys(TOOLS).filter((name) => /^\w{2}/.test(name)),
]);
const known = await knownHere();

describe("the commands in the docs", () => {
  it.each([...PAGES.map(({ source }) => source), ...OTHERS])("of %s can be called like that", (source) => {
    const page = textOf(source);
    const problems = docsCommandsIn(page, NAMES).flatMap((command) =>
      problemsOf(command, page, known).map((problem) => `${comparable(command)}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  it.each([...known.valet.keys()])("of the help of valet %s can be called like that", (name) => {
    const examples = Object.keys(known.valet.get(name)?.examples ?? {}).join("\n");
    const problems = commandsIn(examples).flatMap((command) => problemsOf(command, examples, known));
    expect(problems).toEqual([]);
  });

  it("of the README of a project can be called like that in the project", () => {
    const page = PROJECT.get("README.md") ?? "";
    const commands = docsCommandsIn(page, NAMES);
    const inProject = { ...known, scripts: known.projectScripts };
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.flatMap((command) => problemsOf(command, page, inProject))).toEqual([]);
  });

  const translated = PAGES.flatMap(({ source, path }) => {
    const sibling = path.startsWith("zh/")
      ? undefined
      : PAGES.find((page) => page.path === siblingPath(path));
    return sibling === undefined || source === "README.md" ? [] : [[source, sibling.source] as const];
  });

  it.each(translated)("of %s are those of %s, in the same order", (english, chinese) => {
    expect(blocksOf(textOf(chinese))).toEqual(blocksOf(textOf(english)));
    expect(sentencesOf(textOf(chinese))).toEqual(sentencesOf(textOf(english)));
  });
});

describe("the check of the commands", () => {
  it.each([
    ["npm run biuld", "package.json has no script biuld"],
    ["npm run fuzz --seconds 3", "npm takes --seconds 3 for itself: write it behind --"],
    ["npm run fuzz -- --secnds 3", "the usage of test/fuzz/main.ts has no --secnds"],
    ["npm run valet -- tset", "valet has no command tset"],
    ["npm start -- --onse", "valet dev: Unknown option '--onse'"],
    ["npx valet doctor --strict --acces f", "valet doctor: Unknown option '--acces'"],
    ["valet explain --claim", "valet explain: Option '--claim <value>' argument missing"],
    ["valet test all", "valet test: Unexpected argument 'all'"],
    ["valet provision aply", "valet provision does not take the word aply"],
    ["SMOKE_TOKN=x npm run valet -- smoke", "SMOKE_TOKN is a variable that nothing reads"],
    ["npx vitest run test/unit/domian", "test/unit/domian does not exist"],
    ["npx vitests", "npx vitests: test/support/docs-commands/checker.ts knows no vitests"],
    ["npx s preview -t s-prod.yaml", "s-prod.yaml does not exist"],
    ["npx s depoly", "s has no command depoly, and neither has fc3"],
    ["npx s config ad", "s config has no command ad"],
    ["npx s preview --all-resources", "s preview has no option --all-resources"],
    ["npx s credentials local strat", "s local has no command strat"],
    ["npx s deploy --yes-please", "s deploy has no option --yes-please"],
    ["npm instal x", "npm instal is no command that the docs need"],
    ["node -p 'JSON.parse(x'", "node -p: SyntaxError: missing ) after argument list"],
    ["terraform apply -var project=a -var regoin=b", "ops/terraform has no variable regoin"],
    ["aliyun ros CreateStack --Parameters.1.ParameterKey Projekt", "ops/ros has no parameter Projekt"],
    ["aliyun ram CreatePolicy --PolicyDocument '{\"Version\": 1'", "--PolicyDocument is no JSON"],
    ["kubctl get pods", "kubctl is in no row of test/support/docs-commands/tools.ts"],
  ])("says of %s: %s", (line, problem) => {
    expect(commandsIn(line).flatMap((command) => problemsOf(command, "", known))).toEqual([problem]);
  });

  it.each([
    "npm run -s valet -- sidecar --endpoint https://sts.example.com/credentials --app-token-file token --print env",
    "npm run sandbox --silent -- --json",
    "OSS_BUCKET=b npx s deploy -a prod -t s.yaml -y",
    "npx s credentials local invoke -f dist/event.json",
    "valet explain read users/alice/a.jpg --claim sub=alice",
    "npx valet help explain",
    "npx --yes oss-valet@1.2.3 test",
    "cp s.yaml docs/own.yaml\ncat docs/own.yaml",
    "T=$(curl -s x | node -p 'JSON.parse(fs.readFileSync(0)).a'); echo $T",
    'token() { cat "$1"; }\nA=$(token x) node x.mjs; echo $A',
  ])("has nothing to say of %s", (line) => {
    expect(commandsIn(line).flatMap((command) => problemsOf(command, line, known))).toEqual([]);
  });

  it("finds commands in blocks and in sentences, and nothing in other code", () => {
    const page =
      "Run `npm run a -- --b`, or `FOO=1 npx s c`; not `name x`, `npm`.\n\n```sh\n$ curl d # e\n```\n```ts\nnpm f\n```\n";
    expect(docsCommandsIn(page, NAMES).map((command) => [command.place, comparable(command)])).toEqual([
      ["block", "curl d"],
      ["sentence", "npm run a -- --b"],
      ["sentence", "FOO=1 npx s c"],
    ]);
  });

  it("misses a command that the translation leaves out, and takes a translated placeholder for the same", () => {
    const english = '```sh\nnpm test\nexport A="x/<your id>"\n```\n';
    expect(blocksOf('```sh\nexport A="x/<您的 ID>"\n```\n')).toEqual(blocksOf(english).slice(1));
  });

  it.each(Object.entries(TOOLS))("of %s names tests that exist", (_name, { tests, why }) => {
    expect(tests.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    expect(why).not.toBe("");
  });
});

function textOf(source: string): string {
  return readFileSync(join(ROOT, source), "utf8");
}

function blocksOf(page: string): readonly string[] {
  return docsCommandsIn(page, NAMES)
    .filter(({ place }) => place === "block")
    .map(comparable);
}

/** Sentences have another order in another language. */
function sentencesOf(page: string): readonly string[] {
  const commands = docsCommandsIn(page, NAMES).filter(({ place }) => place === "sentence");
  return [...new Set(commands.map(comparable))].sort();
}
