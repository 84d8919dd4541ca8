import type { Path, Problem, ProblemAt } from "../problem.ts";
import { lookAlikesIn, problemWithLookAlikes, withoutLookAlikes } from "./look-alikes.ts";
import { nearest } from "./nearest.ts";

/**
 * Describes what a part of a file may contain. One shape parses (and finds every mistake at once), gives the
 * TypeScript type, and makes the JSON Schema for editors.
 */
export interface Shape<T> {
  /** Adds every problem. Returns undefined when the value cannot be used; a usable value may have problems too. */
  readonly parse: (value: unknown, path: Path, problems: ProblemAt[]) => T | undefined;
  readonly schema: JsonSchema;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export type Parsed<S> = S extends Shape<infer T> ? T : never;

/** A field of an object. Without a fallback it must be written. */
export interface Field<T> {
  readonly shape: Shape<T>;
  readonly fallback: { readonly value: T } | undefined;
  readonly help: string;
}

export function needed<T>(shape: Shape<T>, help: string): Field<T> {
  return { shape, fallback: undefined, help };
}

export function optional<T>(shape: Shape<T>, help: string): Field<T | undefined> {
  return { shape, fallback: { value: undefined }, help };
}

export function withDefault<T>(shape: Shape<T>, value: T, help: string): Field<T> {
  return { shape, fallback: { value }, help };
}

/** `problemOf` finds what is wrong with a text; `example` is what a problem suggests. */
export function text(options: {
  readonly example: string;
  readonly pattern?: string;
  readonly problemOf?: (value: string) => Problem | undefined;
}): Shape<string> {
  return {
    parse: (value, path, problems) => {
      if (typeof value !== "string") {
        return refuse(problems, path, described(value), `write a text, such as ${options.example}`);
      }
      const problem = options.problemOf?.(value);
      if (problem === undefined) return value;
      const { is, fix } = causeOf(value, options.problemOf) ?? problem;
      return refuse(problems, path, is, fix);
    },
    schema: { type: "string", ...(options.pattern === undefined ? {} : { pattern: options.pattern }) },
  };
}

/** Look-alikes, when the text would be right with ASCII in their place. */
function causeOf(
  value: string,
  problemOf: ((value: string) => Problem | undefined) | undefined,
): Problem | undefined {
  const found = lookAlikesIn(value);
  if (found.length === 0 || problemOf?.(withoutLookAlikes(value)) !== undefined) return undefined;
  const problem = problemWithLookAlikes(found);
  // A prefix has better advice of its own.
  return problemOf?.(value)?.is === problem.is ? undefined : problem;
}

export function wholeNumber(options: {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}): Shape<number> {
  const range = `a whole number of ${options.unit} from ${options.min} to ${options.max}`;
  return {
    parse: (value, path, problems) =>
      typeof value === "number" && Number.isInteger(value) && value >= options.min && value <= options.max
        ? value
        : refuse(problems, path, described(value), `write ${range}`),
    schema: { type: "integer", minimum: options.min, maximum: options.max },
  };
}

export function oneOf<const T extends string>(values: readonly T[]): Shape<T> {
  return {
    parse: (value, path, problems) => {
      const known = values.find((candidate) => candidate === value);
      if (known !== undefined) return known;
      const found = typeof value === "string" ? lookAlikesIn(value) : [];
      if (found.length > 0 && values.some((candidate) => candidate === withoutLookAlikes(String(value)))) {
        const { is, fix } = problemWithLookAlikes(found);
        return refuse(problems, path, is, fix);
      }
      const near = typeof value === "string" ? nearest(value, values) : undefined;
      const instead = near === undefined ? `write one of ${values.join(", ")}` : `write ${near}`;
      return refuse(problems, path, described(value), instead);
    },
    schema: { enum: values },
  };
}

/** `true`, for switches that are left out when off. */
export function literalTrue(): Shape<true> {
  return {
    parse: (value, path, problems) =>
      value === true ? true : refuse(problems, path, described(value), "write true, or leave it out"),
    schema: { const: true },
  };
}

export function trueOrFalse(): Shape<boolean> {
  return {
    parse: (value, path, problems) =>
      typeof value === "boolean" ? value : refuse(problems, path, described(value), "write true or false"),
    schema: { type: "boolean" },
  };
}

export function listOf<T>(
  shape: Shape<T>,
  options: { readonly min?: number; readonly example: string },
): Shape<readonly T[]> {
  const min = options.min ?? 0;
  return {
    parse: (value, path, problems) => {
      if (!Array.isArray(value))
        return refuse(
          problems,
          path,
          described(value),
          `write a list: ${asList(value, shape) ?? options.example}`,
        );
      if (value.length < min)
        return refuse(problems, path, "is an empty list", `write at least one: ${options.example}`);
      const items = value.map((item, index) => shape.parse(item, [...path, index], problems));
      return items.includes(undefined) ? undefined : (items as T[]);
    },
    schema: { type: "array", items: shape.schema, ...(min > 0 ? { minItems: min } : {}) },
  };
}

/** `read, write` → `[read, write]` when these are valid items; otherwise undefined. */
function asList(value: unknown, item: Shape<unknown>): string | undefined {
  if (typeof value !== "string") return undefined;
  const words = value.split(/[\s,]+/).filter((word) => word !== "");
  const valid = words.length > 0 && words.every((word) => item.parse(word, [], []) !== undefined);
  return valid ? `[${words.join(", ")}]` : undefined;
}

/** One value or a list; parsed to a list. */
export function oneOrList<T>(shape: Shape<T>, options: { readonly example: string }): Shape<readonly T[]> {
  const list = listOf(shape, { min: 1, example: options.example });
  return {
    parse: (value, path, problems) => {
      if (Array.isArray(value)) return list.parse(value, path, problems);
      const only = shape.parse(value, path, problems);
      return only === undefined ? undefined : [only];
    },
    schema: { anyOf: [shape.schema, list.schema] },
  };
}

/** A text, a number or a boolean, to compare a claim with. */
export function scalar(options: { readonly example: string }): Shape<string | number | boolean> {
  return {
    parse: (value, path, problems) =>
      typeof value === "string" ||
      typeof value === "boolean" ||
      (typeof value === "number" && Number.isFinite(value))
        ? value
        : refuse(
            problems,
            path,
            described(value),
            `write a text, a number, true or false, such as ${options.example}`,
          ),
    schema: { type: ["string", "number", "boolean"] },
  };
}

/** Free names (of claims) with values of one shape. `problemOfName` finds what is wrong with a name. */
export function mapOf<T>(
  shape: Shape<T>,
  options: { readonly example: string; readonly problemOfName?: (name: string) => Problem | undefined },
): Shape<ReadonlyMap<string, T>> {
  return {
    parse: (value, path, problems) => {
      if (!isRecord(value))
        return refuse(problems, path, described(value), `write names and values: ${options.example}`);
      const entries: [string, T][] = [];
      for (const [name, item] of Object.entries(value)) {
        const problem = options.problemOfName?.(name);
        if (problem !== undefined) refuse(problems, [...path, name], problem.is, problem.fix);
        const parsed = shape.parse(item, [...path, name], problems);
        if (parsed !== undefined && problem === undefined) entries.push([name, parsed]);
      }
      if (Object.keys(value).length === 0)
        return refuse(problems, path, "is empty", `write ${options.example}, or leave it out`);
      return entries.length === Object.keys(value).length ? new Map(entries) : undefined;
    },
    schema: { type: "object", additionalProperties: shape.schema, minProperties: 1 },
  };
}

type Fields = Readonly<Record<string, Field<unknown>>>;

type ObjectOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/**
 * An object with known fields. An unknown name is a problem that suggests the nearest field; its value is then read as
 * that field's, so that one mistyped name is one problem. `between` is JSON Schema for rules between fields; the reader
 * of the parsed object checks the same rules.
 */
export function objectOf<F extends Fields>(fields: F, between: JsonSchema = {}): Shape<ObjectOf<F>> {
  const names = Object.keys(fields);
  return {
    parse: (value, path, problems) => {
      if (!isRecord(value))
        return refuse(problems, path, described(value), `write ${names.slice(0, 3).join(", ")} … below it`);
      const writtenAs = new Map<string, string>();
      for (const name of Object.keys(value)) {
        if (names.includes(name)) writtenAs.set(name, name);
      }
      for (const name of Object.keys(value)) {
        if (names.includes(name)) continue;
        const near = nearest(name, names);
        if (near !== undefined && !writtenAs.has(near)) writtenAs.set(near, name);
        refuse(
          problems,
          [...path, name],
          "is not known here",
          near ? `write ${near}` : `use one of ${names.join(", ")}`,
        );
      }
      const parsed: Record<string, unknown> = {};
      let usable = true;
      for (const [name, field] of Object.entries(fields)) {
        const written = writtenAs.get(name);
        if (written !== undefined) {
          parsed[name] = field.shape.parse(value[written], [...path, written], problems);
          usable &&= parsed[name] !== undefined;
        } else if (field.fallback !== undefined) parsed[name] = field.fallback.value;
        else {
          refuse(problems, path, `has no ${name}`, `write ${name}: ${field.help}`);
          usable = false;
        }
      }
      return usable ? (parsed as ObjectOf<F>) : undefined;
    },
    schema: {
      type: "object",
      additionalProperties: false,
      required: names.filter((name) => fields[name]?.fallback === undefined),
      properties: Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [
          name,
          {
            description: field.help,
            ...(field.fallback?.value === undefined ? {} : { default: field.fallback.value }),
            ...field.shape.schema,
          },
        ]),
      ),
      ...between,
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(problems: ProblemAt[], path: Path, is: string, fix: string): undefined {
  problems.push({ path, is, fix });
  return undefined;
}

function described(value: unknown): string {
  if (value === undefined || value === null) return "is empty";
  if (Array.isArray(value)) return "is a list";
  if (typeof value === "object")
    return "is a group of names and values (a text with braces needs quotes in YAML)";
  // JSON has no Infinity: it would be shown as null.
  const shown = typeof value === "number" ? String(value) : JSON.stringify(value);
  return `is ${shown.length > 60 ? `${shown.slice(0, 57)}…` : shown}`;
}
