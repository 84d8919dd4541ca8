import type { RpcCall } from "../sts/gateway.ts";
import { wrongValue } from "./errors.ts";
import { optionalNumber } from "./parameters.ts";

/** Entries. Source: ListUsers, MaxItems, "1 to 1000", default 100. */
const DEFAULT_MAX_ITEMS = 100;

/**
 * The entries that `Marker` and `MaxItems` ask for, in the order of their names, and what the answer says of the
 * rest. The marker holds the last name given, so that entries which come or go between two pages shift nothing.
 * That a marker of another form is refused, and the order: assumption.
 */
export function pageOf<Item>(
  call: RpcCall,
  all: readonly Item[],
  nameOf: (item: Item) => string,
): { readonly items: readonly Item[]; readonly rest: { IsTruncated: boolean; Marker?: string } } {
  const maxItems = optionalNumber(call, "MaxItems", { min: 1, max: 1000 }) ?? DEFAULT_MAX_ITEMS;
  const after = nameIn(call.params.get("Marker"));
  const remaining = all
    .filter((item) => after === undefined || nameOf(item) > after)
    .toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  const items = remaining.slice(0, maxItems);
  const last = items.at(-1);
  return items.length === remaining.length || last === undefined
    ? { items, rest: { IsTruncated: false } }
    : { items, rest: { IsTruncated: true, Marker: markerFor(nameOf(last)) } };
}

function markerFor(name: string): string {
  return Buffer.from(name, "utf8").toString("base64url");
}

function nameIn(marker: string | undefined): string | undefined {
  if (marker === undefined || marker === "") return undefined;
  const name = Buffer.from(marker, "base64url").toString("utf8");
  if (markerFor(name) !== marker) throw wrongValue("Marker");
  return name;
}
