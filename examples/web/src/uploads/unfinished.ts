import { remember, remembered } from "../page/memory.ts";

/**
 * An upload that a reload has cut off. The browser gives no page a file again by itself: the user chooses it once more, and
 * the client package, which remembers the parts in IndexedDB, goes on where it was.
 */
export interface Unfinished {
  readonly user: string;
  readonly key: string;
  readonly size: number;
  readonly lastModified: number;
  /** Bytes that had arrived. */
  readonly loaded: number;
}

const KEY = "unfinished uploads";

/** Names and sizes alone. */
export const unfinished = {
  of: (user: string): readonly Unfinished[] => all().filter((one) => one.user === user),
  keep: (one: Unfinished): void => write([...without(one), one]),
  drop: (one: Pick<Unfinished, "user" | "key">): void => write(without(one)),
};

/** Whether the user has chosen the same file again. */
export function isSame({ size, lastModified }: Unfinished, file: File): boolean {
  return file.size === size && file.lastModified === lastModified;
}

function without({ user, key }: Pick<Unfinished, "user" | "key">): readonly Unfinished[] {
  return all().filter((other) => other.user !== user || other.key !== key);
}

function write(uploads: readonly Unfinished[]): void {
  remember(KEY, JSON.stringify(uploads));
}

function all(): readonly Unfinished[] {
  try {
    return JSON.parse(remembered(KEY) ?? "[]") as readonly Unfinished[];
  } catch {
    return [];
  }
}
