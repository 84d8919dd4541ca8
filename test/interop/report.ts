/** A case: one thing that one SDK does. */
export interface InteropCase {
  readonly sdk: string;
  readonly case: string;
}

/** What became of the cases of one program. */
export interface ProgramReport {
  readonly passed: readonly InteropCase[];
  readonly failed: readonly (InteropCase & { readonly detail: string })[];
}

interface Result extends InteropCase {
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Judges what a program printed: one JSON object a line, first `{"expect": [{"sdk", "case"}, …]}`, then one
 * `{"sdk", "case", "ok", "detail"}` for each case. A case that it names first and does not report has failed, and so
 * has one that it reports without naming it, or twice. A program that names no case has failed. Lines that are no JSON
 * object are its log.
 */
export function judged(program: string, lines: readonly string[]): ProgramReport {
  const objects = lines.map(objectFrom).filter((line) => line !== undefined);
  const expected = objects.flatMap(({ expect }) => (Array.isArray(expect) ? expect.map(caseFrom) : []));
  const results = objects.filter(({ expect }) => expect === undefined).map(resultFrom);
  const passed: InteropCase[] = [];
  const failed: (InteropCase & { readonly detail: string })[] = [];
  if (expected.length === 0) failed.push({ sdk: program, case: "-", detail: "the program named no case" });
  for (const wanted of expected) {
    const [result, second] = results.filter((each) => isSame(each, wanted));
    if (result === undefined) failed.push({ ...wanted, detail: "the program did not report this case" });
    else if (second !== undefined) failed.push({ ...wanted, detail: "the program reported this case twice" });
    else if (result.ok) passed.push(wanted);
    else failed.push({ ...wanted, detail: result.detail });
  }
  for (const result of results) {
    if (!expected.some((wanted) => isSame(result, wanted))) {
      failed.push({ sdk: result.sdk, case: result.case, detail: "the program did not name this case first" });
    }
  }
  return { passed, failed };
}

/** One line for each SDK: how many of its cases passed. In the order in which they came. */
export function countsOf({ passed, failed }: ProgramReport): readonly string[] {
  const sdks = [...new Set([...passed, ...failed].map(({ sdk }) => sdk))];
  return sdks.map((sdk) => {
    const good = passed.filter((each) => each.sdk === sdk).length;
    const all = good + failed.filter((each) => each.sdk === sdk).length;
    return `${sdk}: ${good} of ${all}`;
  });
}

function isSame(a: InteropCase, b: InteropCase): boolean {
  return a.sdk === b.sdk && a.case === b.case;
}

function objectFrom(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function caseFrom(value: unknown): InteropCase {
  const { sdk, case: name } = value as Readonly<Record<string, unknown>>;
  return { sdk: String(sdk), case: String(name) };
}

function resultFrom(line: Readonly<Record<string, unknown>>): Result {
  return { ...caseFrom(line), ok: line["ok"] === true, detail: String(line["detail"] ?? "no detail") };
}
