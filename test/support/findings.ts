import type { Finding } from "../../cli/doctor/finding.ts";

/** Findings that are not well. */
export function faultsIn(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ outcome }) => outcome === "fail" || outcome === "warn");
}

/** One line each, for what is not well: `fail RAM: no answer → mend RAM_ENDPOINT`. */
export function faultLines(findings: readonly Finding[]): readonly string[] {
  return faultsIn(findings).map(({ outcome, check, seen, fix }) => `${outcome} ${check}: ${seen} → ${fix}`);
}
