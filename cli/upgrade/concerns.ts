import type { ChangeEntry, ChangeKind } from "../shared/changelog.ts";
import type { Project } from "./project.ts";

/** A change, and what it is to this project. */
export interface Concern extends ChangeEntry {
  /**
   * used: the project has one of its names. general: every deployment has it. new: a setting, a member of access.yaml or a command
   * that the project does not use yet. other: the project does not use what changed.
   */
  readonly concerns: "used" | "general" | "new" | "other";
  /** Where its names stand, e.g. `s.yaml:41`. */
  readonly usedIn: readonly string[];
}

/** Kinds that may need somebody's work. */
const BREAKS: ReadonlySet<ChangeKind> = new Set(["Breaking", "Removed"]);

/** Each change with what it is to the project. */
export function concernsOf(entries: readonly ChangeEntry[], project: Project): readonly Concern[] {
  return entries.map((entry) => {
    const usedIn = usesOf(entry, project);
    return { ...entry, usedIn, concerns: concernOf(entry, usedIn, project) };
  });
}

/** Whether somebody must decide before the upgrade: it breaks, and the project is concerned. */
export function needsDecision({ kind, concerns }: Concern): boolean {
  return BREAKS.has(kind) && (concerns === "used" || concerns === "general");
}

function concernOf(
  { kind, area, names }: ChangeEntry,
  usedIn: readonly string[],
  project: Project,
): Concern["concerns"] {
  if (usedIn.length > 0) return "used";
  switch (area) {
    case "settings":
    case "access.yaml":
    case "commands":
      if (names.length === 0) return "general";
      return kind === "Added" ? "new" : "other";
    case "http":
    case "roles":
    case "log":
    case "function":
    case "deployment":
      return "general";
    case "client":
      if (project.hasClient) return "used";
      // The App is elsewhere. Only what may break it is told here.
      return kind === "Added" || kind === "Fixed" || kind === "Changed" ? "other" : "general";
    case "sandbox":
      return BREAKS.has(kind) ? "general" : "other";
    case "docs":
    case "project":
      return "other";
  }
}

function usesOf({ area, names }: ChangeEntry, project: Project): readonly string[] {
  const places = (name: string): readonly string[] => {
    if (area === "settings") return project.linesWith("deployment", [name]);
    if (area === "access.yaml") return project.linesWith("access", [name]);
    // `doctor --strict` stands in `npx valet doctor --json --strict` too.
    return area === "commands" ? project.linesWith("commands", ["valet", ...name.split(" ")]) : [];
  };
  return [...new Set(names.flatMap(places))];
}
