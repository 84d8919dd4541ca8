import type { ChangeKind } from "../shared/changelog.ts";
import { CHANGE_KINDS } from "../shared/changelog.ts";
import { type Concern, needsDecision } from "./concerns.ts";
import type { Report } from "./report.ts";
import type { Difference } from "./statements.ts";

/** Lines of a section that is not empty. */
type Section = readonly [title: string, lines: readonly string[]];

/** The report for people. The last line is the command to type; `written`: package.json has the new version already. */
export function reportText(report: Report, { written }: { readonly written: boolean }): string {
  const { from, to, changes, notes, decisions } = report;
  const shown = byUrgency(changes);
  const other = changes.filter(({ concerns }) => concerns === "other").length;
  const sections: readonly Section[] = [
    ["Breaking changes", shown.filter(needsDecision).flatMap(changeLines)],
    [
      "Changes that concern this project",
      shown
        .filter(
          (change) => !needsDecision(change) && (change.concerns === "used" || change.concerns === "general"),
        )
        .flatMap(changeLines),
    ],
    [
      "New, and not used in this project yet",
      shown.filter(({ concerns }) => concerns === "new").flatMap(changeLines),
    ],
    [
      "",
      other === 0
        ? []
        : [`${other} more ${other === 1 ? "change is" : "changes are"} in CHANGELOG.md of ${to}.`],
    ],
    ["Rules", ruleLines(report)],
    ["Plan", planLines(report)],
    ["", notes.map((note) => `note: ${note}.`)],
    ["Look at these first", decisions.map((decision) => `- ${decision}`)],
    ["", [lastLine(report, written)]],
  ];
  return [
    `oss-valet ${from.version} → ${to}, for this project`,
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .map(([title, lines]) =>
        (title === "" ? lines : [title, ...lines.map((line) => `  ${line}`)]).join("\n"),
      ),
  ].join("\n\n");
}

function lastLine({ from, to, command }: Report, written: boolean): string {
  if (from.version === to)
    return `The project has ${to} already. To see what changed since an older version: npx valet upgrade --from VERSION`;
  if (written) return `package.json has oss-valet ${to} now. To install it:\nnpm install`;
  return `To upgrade:\n${command}`;
}

function byUrgency(changes: readonly Concern[]): readonly Concern[] {
  const rank = (kind: ChangeKind): number => CHANGE_KINDS.indexOf(kind);
  const used = ({ concerns }: Concern): number => (concerns === "used" ? 0 : 1);
  return [...changes].sort((a, b) => rank(a.kind) - rank(b.kind) || used(a) - used(b));
}

function changeLines({ kind, area, names, text, usedIn }: Concern): readonly string[] {
  const where = usedIn.length === 0 ? "" : ` (${usedIn.join(", ")})`;
  return [
    `${kind} ${area}${names.length === 0 ? "" : ` ${names.join(", ")}`}${where}: ${withoutMarks(text)}`,
  ];
}

/** Markdown's marks of code and links are noise on a terminal. */
function withoutMarks(text: string): string {
  return text
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replaceAll("`", "")
    .replaceAll("\\*", "*");
}

function ruleLines({ from, to, accessProblems, promises, users }: Report): readonly string[] {
  if (accessProblems.length > 0)
    return [`access.yaml is not read by ${to}:`, ...accessProblems.map(indented)];
  const broken = promises.broken.map(({ test, promise, expected, got, because, before }) => {
    const was = before === undefined ? "" : `, and was "${before}" in ${from.version}`;
    return indented(`BROKEN ${test}: ${expected} ${promise}: it is "${got}"${was} (${because})`);
  });
  const compared =
    from.compared === "changelog" || users.all === 0
      ? []
      : users.differences.length === 0
        ? [
            `Rules kept: ${counted(users.all, "user")} of the tests ${users.all === 1 ? "gets" : "get"} the same as in ${from.version}.`,
          ]
        : [
            `${users.differences.length} of ${counted(users.all, "user")} of the tests get other access than in ${from.version}:`,
            ...users.differences.flatMap(differenceLines),
          ];
  return [
    `access.yaml is read by ${to}. ${counted(promises.all, "promise")} of its tests, ${broken.length === 0 ? "all kept" : `${broken.length} broken`}.`,
    ...broken,
    ...compared,
  ];
}

function planLines({ from, plan, accessProblems }: Report): readonly string[] {
  if (from.compared === "changelog" || accessProblems.length > 0) return [];
  if (plan.length === 0)
    return [`RAM needs no change: ${from.version} and this version want the same roles and policies.`];
  return [
    "RAM must be changed before you deploy. What it needs (+) and needs no longer (-):",
    ...plan.flatMap(differenceLines),
    "To see what that is in your account: npx valet provision plan",
  ];
}

function differenceLines({ what, added, removed }: Difference): readonly string[] {
  return [what, ...removed.map((line) => `  - ${line}`), ...added.map((line) => `  + ${line}`)].map(indented);
}

function indented(line: string): string {
  return `  ${line}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
