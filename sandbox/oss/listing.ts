/** What is asked of a listing. */
export interface ListingQuery {
  readonly prefix: string;
  /** Empty: no grouping. */
  readonly delimiter: string;
  /** Only what comes after it, in the order of UTF-8 bytes. */
  readonly after: string;
  readonly maxKeys: number;
}

/** One page. */
export interface Listing {
  readonly keys: readonly string[];
  /** Each ends with the delimiter. */
  readonly commonPrefixes: readonly string[];
  /** Where the next page starts, or undefined after the last page. */
  readonly next: string | undefined;
}

/**
 * One page of the keys with the prefix; keys with the delimiter after the prefix are grouped. A group counts like a key.
 * Source: OSS ListObjects (GetBucket). Assumption: a group equal to the marker is skipped, because otherwise a client
 * could not continue after it.
 */
export function listingOf(keys: Iterable<string>, query: ListingQuery): Listing {
  const { prefix, delimiter, after, maxKeys } = query;
  const sorted = [...keys]
    .filter((key) => key.startsWith(prefix) && compareUtf8(key, after) > 0)
    .sort(compareUtf8);
  const found: string[] = [];
  const commonPrefixes = new Set<string>();
  let last = "";
  for (const key of sorted) {
    const group = groupOf(key, prefix, delimiter);
    if (group !== undefined && (commonPrefixes.has(group) || group === after)) continue;
    if (found.length + commonPrefixes.size === maxKeys) {
      return { keys: found, commonPrefixes: [...commonPrefixes], next: last };
    }
    if (group === undefined) found.push(key);
    else commonPrefixes.add(group);
    last = group ?? key;
  }
  return { keys: found, commonPrefixes: [...commonPrefixes], next: undefined };
}

/** The order of the texts' UTF-8 bytes; `<` compares UTF-16, which puts 😀 before ｡. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates encode the characters above U+FFFF, so they sort after all other code units. */
function rank(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit;
  return codeUnit < 0xe000 ? codeUnit + 0x2000 : codeUnit - 0x800;
}

function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}
