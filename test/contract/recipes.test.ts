import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../interop/languages.ts";
import { filesOf } from "../interop/recipes/page.ts";

const RECIPES = join(import.meta.dirname, "../../docs/recipes");
const CHINESE = join(import.meta.dirname, "../../docs/zh/recipes");

/** The index, and pages without a program of their own to check. */
const NO_RECIPES = new Set([
  "README.md",
  "issuers.md",
  "browser.md",
  "sidecar.md",
  "html-form.md",
  "curl.md",
]);

const PAGES = readdirSync(RECIPES).filter((name) => !NO_RECIPES.has(name));

/** - **oss2**: run on 2026-11-26 with oss2 2.19.1 (`npm run interop -- --only python`). */
const CHECKED =
  /^- \*\*(.+?)\*\*: (run|compiled|read) on (\d{4}-\d\d-\d\d) with (.+?)(?: \(`([^`]+)`\))?\.$/gm;

interface Checked {
  readonly how: string;
  readonly on: string;
  readonly sdk: string;
  readonly command: string | undefined;
}

function checkedIn(text: string): readonly Checked[] {
  return [...text.matchAll(CHECKED)].map(([, , how = "", on = "", sdk = "", command]) => ({
    how,
    on,
    sdk,
    command,
  }));
}

const programs = LANGUAGES.flatMap(({ name, recipes }) => recipes.map((recipe) => ({ name, ...recipe })));

describe.each(PAGES)("docs/recipes/%s", (page) => {
  const text = readFileSync(join(RECIPES, page), "utf8");
  const checked = checkedIn(text);

  it("says at the top how it was checked, when, and with which SDK", () => {
    const [, top = ""] = text.split("\n\n");
    expect(checked.length).toBeGreaterThan(0);
    expect(checkedIn(top)).toEqual(checked);
  });

  it("is in the index, with the same words", () => {
    const index = readFileSync(join(RECIPES, "README.md"), "utf8");
    const rows = checked.map(({ how, on, sdk }) => `](${page}) | ${sdk} | ${how}, ${on} |`);
    expect(rows.filter((row) => !index.includes(row))).toEqual([]);
    const listed = index.split("\n").filter((line) => line.includes(`](${page}) |`));
    expect(listed).toHaveLength(rows.length);
  });

  it("sends the App token as Bearer", () => {
    expect(text).toContain("Bearer");
  });

  it("names the command that ran its programs, and that command runs them", () => {
    const run = checked.filter(({ how }) => how === "run");
    const known = programs.filter((program) => program.page === page);
    expect(run.map(({ sdk }) => `${page}: ${sdk}`).toSorted()).toEqual(
      known.map(({ title }) => title).toSorted(),
    );
    for (const { sdk, command } of run) {
      const { name = "" } = known.find(({ title }) => title === `${page}: ${sdk}`) ?? {};
      expect(command).toMatch(new RegExp(`(^|=\\S+ )npm run interop -- --only ${name}$`));
    }
  });

  it("has every file that those programs are made of", () => {
    const files = filesOf(text);
    for (const program of programs.filter((each) => each.page === page)) {
      expect(program.files.filter((name) => !files.has(name))).toEqual([]);
    }
  });
});

it("the index has only pages that exist", () => {
  const index = readFileSync(join(RECIPES, "README.md"), "utf8");
  const links = [...index.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name = ""]) => name);
  expect(links.length).toBeGreaterThan(PAGES.length);
  expect(links.filter((name) => !existsSync(join(RECIPES, name)))).toEqual([]);
});

const TRANSLATED = readdirSync(CHINESE).filter(
  (name) => !NO_RECIPES.has(name) || ["html-form.md", "curl.md"].includes(name),
);

describe.each(TRANSLATED)("docs/zh/recipes/%s", (page) => {
  const text = readFileSync(join(CHINESE, page), "utf8");
  const original = readFileSync(join(RECIPES, page), "utf8");

  it("has the code of the English page, letter by letter", () => {
    expect(blocksOf(text)).toEqual(blocksOf(original));
    expect([...filesOf(text)]).toEqual([...filesOf(original)]);
  });

  it("says the same about how it was checked", () => {
    const facts = checkedIn(original).flatMap(({ on, sdk, command }) => [on, sdk, command ?? sdk]);
    expect(facts.filter((fact) => !text.includes(fact))).toEqual([]);
  });
});

function blocksOf(text: string): readonly string[] {
  return [...text.matchAll(/^```[\w+#]*\n[\s\S]*?^```$/gm)].map(([block]) => block);
}
