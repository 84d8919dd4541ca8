import type { ChangeEntry } from "../../cli/shared/changelog.ts";

/** Area of the changelog → public name → whether those who write it must write it. */
export type Surface = Readonly<Record<string, Readonly<Record<string, boolean>>>>;

interface Recorded {
  readonly area: string;
  readonly name: string;
}

/**
 * What breaks those who build on the recorded names, and is in no entry below Breaking or Removed of the unreleased changes: names that
 * disappeared, and names that must be written now. Each says what to do. A required name inside of what is itself new breaks nobody.
 */
export function surfaceProblems(
  recorded: Surface,
  current: Surface,
  unreleased: readonly ChangeEntry[],
): readonly string[] {
  const gone = disappeared(recorded, current)
    .filter((name) => !isAnnounced(name, unreleased))
    .map(
      ({ area, name }) =>
        `${area}: ${name} disappeared; bring it back, or name it (\`${shortest(name)}\`) in an entry **${area}** below ### Breaking or ### Removed in CHANGELOG.md`,
    );
  const required = newlyRequired(recorded, current)
    .filter((name) => !isAnnounced(name, unreleased))
    .map(
      ({ area, name }) =>
        `${area}: ${name} must be written now; let it be left out, or name it (\`${shortest(name)}\`) in an entry **${area}** below ### Breaking in CHANGELOG.md`,
    );
  return [...gone, ...required];
}

/** What is recorded next: the current names, and those whose end nobody has announced. */
export function recordedNext(
  recorded: Surface,
  current: Surface,
  unreleased: readonly ChangeEntry[],
): Surface {
  const kept = disappeared(recorded, current).filter((name) => !isAnnounced(name, unreleased));
  const held = newlyRequired(recorded, current).filter((name) => !isAnnounced(name, unreleased));
  const areas = [...new Set([...Object.keys(recorded), ...Object.keys(current)])];
  return Object.fromEntries(
    areas.map((area) => {
      const names = { ...current[area] };
      for (const { name } of kept.filter((each) => each.area === area))
        names[name] = recorded[area]?.[name] ?? false;
      // An unannounced duty is not recorded, so that the test goes on to fail.
      for (const { name } of held.filter((each) => each.area === area)) {
        const before = recorded[area]?.[name];
        if (before === undefined) delete names[name];
        else names[name] = before;
      }
      return [area, Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)))];
    }),
  );
}

function disappeared(recorded: Surface, current: Surface): readonly Recorded[] {
  return entriesOf(recorded).filter(({ area, name }) => current[area]?.[name] === undefined);
}

function newlyRequired(recorded: Surface, current: Surface): readonly Recorded[] {
  return entriesOf(current).filter(
    ({ area, name }) =>
      current[area]?.[name] === true &&
      recorded[area] !== undefined &&
      recorded[area]?.[name] !== true &&
      (parentOf(name) === "" || recorded[area]?.[parentOf(name)] !== undefined),
  );
}

function entriesOf(surface: Surface): readonly Recorded[] {
  return Object.entries(surface).flatMap(([area, names]) =>
    Object.keys(names).map((name) => ({ area, name })),
  );
}

/** `rules[].upload.maxBytes` → `rules[].upload`; `rules[].prefix` → `rules` */
function parentOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 || name[dot - 1] === " " ? "" : name.slice(0, dot).replace(/(\[\]|\.\*)+$/, "");
}

/** What an entry names it by: `maxBytes` of `rules[].upload.maxBytes`, `doctor --strict`, `TokenExpired`. */
function shortest(name: string): string {
  const [, quoted] = /"([^"]+)"$/.exec(name) ?? [];
  if (quoted !== undefined) return quoted;
  const [, exported = name] = /^(?:\.\S*|body) (.+)$/.exec(name) ?? [];
  return exported.slice(exported.lastIndexOf(".") + 1);
}

function isAnnounced({ area, name }: Recorded, unreleased: readonly ChangeEntry[]): boolean {
  return unreleased.some(
    (entry) =>
      (entry.kind === "Breaking" || entry.kind === "Removed") &&
      entry.area === area &&
      (entry.names.includes(shortest(name)) || entry.names.includes(name)),
  );
}
