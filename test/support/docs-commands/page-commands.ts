import { commandsIn, type ShellCommand } from "./shell-commands.ts";

/** A command that a page of the docs shows. */
export interface DocsCommand extends ShellCommand {
  /** In a sentence, or in a block of lines to copy. */
  readonly place: "sentence" | "block";
}

/** Languages of blocks whose lines are commands. */
const SHELL = /^( *)```(?:sh|bash|console|shell)\b[^\n]*\n([\s\S]*?)^ *```/gm;
const BLOCK = /^( *)(```+)[\s\S]*?^ *\2 *$/gm;

/** `tools`: a text in backticks is a command when it begins with one of them and has another word. */
export function docsCommandsIn(markdown: string, tools: ReadonlySet<string>): readonly DocsCommand[] {
  const blocks = [...markdown.matchAll(SHELL)].flatMap(([, , script = ""]) =>
    commandsIn(script.replace(/^( *)\$ /gm, "$1")).map((command) => ({
      ...command,
      place: "block" as const,
    })),
  );
  const sentences = [...sentencesIn(markdown).matchAll(/(`+)([^`]+)\1/g)]
    .map(([, , text = ""]) => text.replace(/\s+/g, " ").trim())
    .filter((text) => tools.has(/^(?:[A-Z_]+=\S+ )*(\S+) ./.exec(text)?.[1] ?? ""))
    .flatMap((text) => commandsIn(text).map((command) => ({ ...command, place: "sentence" as const })));
  return [...blocks, ...sentences];
}

/** The page without its blocks. */
export function sentencesIn(markdown: string): string {
  return markdown.replace(BLOCK, "");
}

/** The blocks in other languages. */
export function programsIn(markdown: string): string {
  const blocks = markdown.replace(SHELL, "").match(BLOCK) ?? [];
  return blocks.join("\n");
}

/** What two languages must have in common: a placeholder such as `<your account id>` is translated. */
export function comparable({ variables, words }: ShellCommand): string {
  return [...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...words]
    .join(" ")
    .replace(/<[^<>]*>/g, "<…>");
}
