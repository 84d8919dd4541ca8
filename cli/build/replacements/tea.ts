import { unused } from "./unused.ts";

/**
 * For @alicloud/tea-typescript, of which only `Model` is used: the base of the SDK's options, requests and
 * answers, whose constructor takes the fields that the subclass names. A function and not a class, because
 * subclasses that were compiled to ES5 call it without `new`.
 */
export const replacement = { __esModule: true, Model, toMap: unused("@alicloud/tea-typescript toMap") };

type Type = unknown;
type ModelClass = {
  new (map: unknown): object;
  names(): Readonly<Record<string, string>>;
  types(): Readonly<Record<string, Type>>;
};

function Model(this: Record<string, unknown>, map?: Readonly<Record<string, unknown>> | null): void {
  if (map === undefined || map === null) return;
  const { names, types } = this.constructor as unknown as ModelClass;
  const typeOf = types();
  const known = Object.keys(names());
  const unknown = Object.keys(map).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`the option ${unknown} was left out of the bundle; see cli/build/trim.ts`);
  for (const name of known) {
    const value = map[name];
    if (value !== undefined && value !== null) this[name] = fieldOf(typeOf[name], value);
  }
}

Model.prototype.toMap = unused("@alicloud/tea-typescript Model.toMap");

function fieldOf(type: Type, value: unknown): unknown {
  if (typeof type === "object" && (type as { type?: unknown }).type === "array") {
    throw new Error("models with arrays were left out of the bundle; see cli/build/trim.ts");
  }
  return typeof type === "function" && "types" in type && "names" in type
    ? new (type as unknown as ModelClass)(value)
    : value;
}
