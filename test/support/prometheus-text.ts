/** One metric of Prometheus text. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** With `_bucket`, `_sum` or `_count` where the metric is a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads Prometheus text, version 0.0.4, and throws for everything that the format does not allow: a line that is none, a sample
 * before its TYPE or away from its metric, a series that occurs twice, a histogram that does not add up.
 * Source: Prometheus, "Exposition formats", "Text-based format".
 */
export function prometheusText(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const series = new Set<string>();
  let current = "";
  for (const line of text.split("\n")) {
    const [, what, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (what !== undefined) {
      if (!NAME.test(name)) throw new Error(`"${name}" is no name: ${line}`);
      const family = families.get(name) ?? { type: "", help: "", samples: [] };
      if (family.samples.length > 0 || (what === "TYPE" ? family.type : family.help) !== "")
        throw new Error(`${what} of ${name} comes twice, or after its samples`);
      if (what === "TYPE" && !TYPES.includes(rest)) throw new Error(`"${rest}" is no type: ${line}`);
      if (what === "TYPE") family.type = rest;
      else family.help = rest;
      families.set(name, family);
      current = name;
    } else if (line !== "" && !line.startsWith("# ")) {
      const sample = sampleOf(line);
      const family = families.get(current);
      const ends = family?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      if (family === undefined || !ends.some((end) => sample.name === `${current}${end}`))
        throw new Error(`a sample that is not below its TYPE: ${line}`);
      const id = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (series.has(id)) throw new Error(`a series that occurs twice: ${line}`);
      series.add(id);
      family.samples.push(sample);
    }
  }
  for (const [name, family] of families)
    if (family.type === "histogram") checkHistogram(name, family.samples);
  return families;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)$/i;

function sampleOf(line: string): Sample {
  const [, name = "", inside, value = ""] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === "" || !NUMBER.test(value)) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = inside ?? "";
  while (rest !== "") {
    const [whole = "", label = "", text = ""] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? [];
    if (whole === "" || label in labels) throw new Error(`no labels: ${line}`);
    labels[label] = text.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const bySeries = new Map<string, readonly Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const id = JSON.stringify(Object.entries(labels).sort());
    bySeries.set(id, [...(bySeries.get(id) ?? []), sample]);
  }
  for (const [labels, all] of bySeries) {
    const buckets = all
      .filter((one) => one.name === `${name}_bucket`)
      .map(({ labels: { le = "" }, value }) => [Number(le.replace("Inf", "Infinity")), value] as const);
    const count = all.find((one) => one.name === `${name}_count`)?.value;
    const grows = buckets.every(([le, value], at) => {
      const [before, less] = buckets[at - 1] ?? [-Infinity, 0];
      return le > before && value >= less;
    });
    const [last, total] = buckets.at(-1) ?? [];
    const sum = all.some((one) => one.name === `${name}_sum`);
    if (!grows || last !== Infinity || total !== count || !sum)
      throw new Error(`the histogram ${name} ${labels} does not add up`);
  }
}
