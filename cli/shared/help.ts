import type { CommandGuide, Option } from "./command.ts";

/** Characters of a line of help. */
const WIDTH = 116;

/** What `npm run valet -- COMMAND --help` prints. */
export function helpText({
  usage,
  about,
  arguments: words = {},
  options,
  yes,
  no,
  settings = {},
  examples = {},
}: CommandGuide): string {
  const groups = new Map<string, [string, string][]>();
  for (const [name, option] of Object.entries(options)) {
    const title = option.group ?? "Options";
    const rows = groups.get(title) ?? [];
    groups.set(title, [...rows, [optionText(name, option), meaningOf(option)]]);
  }
  const sections: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ["Arguments", Object.entries(words)],
    ...groups,
    ["Settings (environment variables)", Object.entries(settings)],
    [
      "Exit code",
      [
        ["0", yes],
        ["1", no],
        ["2", "called wrongly, or access.yaml has mistakes"],
      ],
    ],
    ["Examples", Object.entries(examples)],
  ];
  return [
    usage.join("\n"),
    wrapped(about, WIDTH).join("\n"),
    ...sections.filter(([, rows]) => rows.length > 0).map(([title, rows]) => `${title}\n${table(rows)}`),
  ].join("\n\n");
}

/** Rows of two columns, the second wrapped. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(2, ...rows.map(([name]) => name.length).filter((length) => length <= MAX_LEFT)) + 2;
  return rows
    .flatMap(([name, text]) => {
      const lines = wrapped(text, WIDTH - 2 - left);
      const [first, rest] =
        name.length + 2 > left ? [name, lines] : [name.padEnd(left) + (lines[0] ?? ""), lines.slice(1)];
      return [`  ${first}`, ...rest.map((line) => `  ${" ".repeat(left)}${line}`)];
    })
    .join("\n");
}

/** Characters of the first column; a longer name gets a line of its own. */
const MAX_LEFT = 34;

function optionText(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function meaningOf({ help, repeats, default: usual }: Option): string {
  return [
    help,
    ...(repeats ? ["may be given several times"] : []),
    ...(usual === undefined ? [] : [`default: ${usual}`]),
  ].join("; ");
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
