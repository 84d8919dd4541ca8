import { type ProblemIn, sentenceOf } from "../../shared/domain/problem.ts";
import { isSecure } from "../../shared/domain/secure-address.ts";

/** One environment variable that a function reads. */
export interface Setting {
  readonly name: string;
  readonly needed: boolean;
}

/** Has every problem at once. Thrown before the first request: a function that cannot work does not start. */
export class ConfigError extends Error {
  readonly problems: readonly ProblemIn[];

  constructor(problems: readonly ProblemIn[]) {
    super(`oss-valet is not configured:\n${problems.map((one) => `  - ${sentenceOf(one)}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Adds a problem, see {@link ProblemIn}. */
export type Refuse = (where: string, is: string, fix: string) => void;

/** The environment, and every problem that was found in it so far. */
export interface Settings {
  /** Without blanks around it; undefined when it is not set or empty. */
  readonly read: (name: string) => string | undefined;
  /** Refuses a value that is not set or does not fit; "" stands for it then. */
  readonly need: (name: string, pattern: RegExp, fix: string) => string;
  readonly refuse: Refuse;
  readonly problems: readonly ProblemIn[];
}

export function settingsOf(environment: Environment): Settings {
  const problems: ProblemIn[] = [];
  const refuse: Refuse = (where, is, fix) => {
    problems.push({ where, is, fix });
  };
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const need = (name: string, pattern: RegExp, fix: string): string => {
    const value = read(name);
    if (value === undefined) refuse(name, NOT_SET, fix);
    else if (!pattern.test(value)) refuse(name, quoted(value), fix);
    return value ?? "";
  };
  return { read, need, refuse, problems };
}

/** Reads an https address without a path. */
export function endpointFrom(
  where: string,
  value: string,
  refuse: Refuse,
): { readonly origin: string; readonly url: URL | undefined } {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain =
    url !== undefined &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  if (!plain || !isSecure(url)) {
    // A password may come before an @.
    refuse(
      where,
      value.includes("@") ? "contains an @" : quoted(value),
      "write https:// and a host name only (http:// only for a loopback address)",
    );
  }
  return { origin: url?.origin ?? "", url };
}

/** What a problem says of a value. A key that was pasted into the wrong setting must not be in the log. */
export function quoted(value: string): string {
  if (looksLikeKey(value)) return `looks like a key, which is not shown here (${value.length} characters)`;
  return `is ${JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value)}`;
}

/** A value inside a problem; the same rule as in {@link quoted}. */
export function shown(value: string): string {
  return looksLikeKey(value)
    ? "a text that looks like a key, which is not shown here"
    : JSON.stringify(value);
}

/** Characters. Ours: longer than every right value of these settings. */
const MAX_SHOWN = 200;

/**
 * An AccessKey ID, an STS key, a JWT, a PEM block, or a run of letters and digits that nobody writes by hand: 20 or more
 * with both cases and a digit, or 32 or more with a letter and a digit. Account IDs, ARNs and hosts are none.
 */
export function looksLikeKey(value: string): boolean {
  if (/LTAI|\bSTS\.|\beyJ|-----BEGIN/.test(value)) return true;
  return (value.match(/[A-Za-z0-9+/_]{20,}/g) ?? []).some(
    (run) =>
      /\d/.test(run) && (run.length >= 32 ? /[A-Za-z]/.test(run) : /[a-z]/.test(run) && /[A-Z]/.test(run)),
  );
}

export const NOT_SET = "is not set";
