/**
 * A mistake in a file, a setting or a request, as data. The name of its place, `is` and `fix` make one sentence:
 * `rules[0].allow` + `is "read"` + `write a list: [read]`.
 */
export interface Problem {
  /** What is wrong. */
  readonly is: string;
  /** What to write or to do instead: an instruction. */
  readonly fix: string;
}

/** A mistake in a setting's text, found by the code that reads it. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.is);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** Steps from the top of a parsed file to a field or a list entry. */
export type Path = readonly (string | number)[];

/** A problem in a parsed file. */
export interface ProblemAt extends Problem {
  readonly path: Path;
}

/** A problem in a place that has a name: a setting, an option, a line of a file. */
export interface ProblemIn extends Problem {
  readonly where: string;
}

/** The one way in which people read a problem: `OSS_BUCKET is not set; write the bucket's name`. */
export function sentenceOf({ where = "", is, fix }: Problem & Partial<ProblemIn>): string {
  return `${where === "" ? "" : `${where} `}${is}; ${fix}`;
}

/** e.g. `rules[0].when["https://example.com/role"]` */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
