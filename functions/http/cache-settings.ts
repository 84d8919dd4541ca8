import { NOT_SET, quoted, type Refuse, type Setting, type Settings } from "./settings.ts";

/** Where credentials are kept between requests. */
export type CacheSettings =
  | { readonly kind: "off" }
  | { readonly kind: "memory"; readonly maxEntries: number }
  | {
      readonly kind: "shared";
      /** May contain a password. */
      readonly url: string;
      readonly keys: readonly [Buffer, ...Buffer[]];
      readonly maxEntries: number;
    };

export const CACHE_SETTINGS: readonly Setting[] = [
  { name: "CREDENTIAL_CACHE", needed: false },
  { name: "CREDENTIAL_CACHE_KEY", needed: false },
  { name: "FC_FUNCTION_MEMORY_SIZE", needed: false },
];

/** Reads {@link CACHE_SETTINGS}. No problem shows the URL or a key: both are secrets. */
export function cacheFrom({ read, refuse }: Settings): CacheSettings {
  const value = read("CREDENTIAL_CACHE") ?? "memory";
  const maxEntries = entriesFor(read("FC_FUNCTION_MEMORY_SIZE"));
  if (value === "off" || value === "memory")
    return value === "off" ? { kind: "off" } : { kind: "memory", maxEntries };
  if (/^rediss?:/i.test(value)) {
    refuseUrl(value, refuse);
    return { kind: "shared", url: value, keys: keysFrom(read("CREDENTIAL_CACHE_KEY"), refuse), maxEntries };
  }
  // What is neither of the two words may be a URL without its scheme, and have a password.
  const is = /[@:/]/.test(value) ? "is none of the three" : quoted(value);
  refuse("CREDENTIAL_CACHE", is, "write memory, off, or redis:// (or rediss://) and the address of a Redis");
  return { kind: "off" };
}

/**
 * Entries for an instance of so many MB. An entry has 1.5 kB; with the longest policy up to 6 kB, as a token grows with its
 * policy (source: STS FAQ). Node takes half of the memory for its heap, and no more than 2 GB below 16 GB; a full heap ends the
 * process. Without the setting: as in an instance of 256 MB.
 */
function entriesFor(memoryMB: string | undefined): number {
  const megabytes = /^\d{2,6}$/.test(memoryMB ?? "") ? Number(memoryMB) : 256;
  return Math.min(MAX_ENTRIES, Math.max(1_000, (megabytes - 96) * 80));
}

/** Of 6 kB each, they fill the 2 GB. */
const MAX_ENTRIES = 320_000;

function refuseUrl(value: string, refuse: Refuse): void {
  const fix =
    "write redis://HOST:6379, rediss://USER:PASSWORD@HOST:6379, or the same with /NUMBER of a database";
  const where = "CREDENTIAL_CACHE";
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined)
    refuse(where, "is not a URL (a @, :, / or # in a password is written %40, %3A, %2F, %23)", fix);
  else if (url.hostname === "") refuse(where, "has no host", fix);
  else if (!isDecodable(`${url.username} ${url.password}`))
    refuse(where, "has a % in its user or password that begins no character", "write a literal % as %25");
  else if (!/^\/?(\d{1,5})?$/.test(url.pathname))
    refuse(where, "has a path that is not the number of a database", fix);
  else if (url.search !== "" || url.hash !== "") refuse(where, "has a ? or a # part", fix);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function keysFrom(value: string | undefined, refuse: Refuse): readonly [Buffer, ...Buffer[]] {
  const where = "CREDENTIAL_CACHE_KEY";
  const fix = "make a key with: openssl rand -base64 32 (two keys, the new one first: NEW,OLD)";
  const unusable = Buffer.alloc(0);
  if (value === undefined) {
    refuse(where, `${NOT_SET}, and CREDENTIAL_CACHE names a Redis`, fix);
    return [unusable];
  }
  const texts = value.split(",").map((text) => text.trim());
  const [first = unusable, ...others] = texts.map((text, index) => {
    const which = texts.length === 1 ? "" : `key ${index + 1} `;
    if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) {
      refuse(where, `${which === "" ? "is" : `has a ${which}that is`} not 32 bytes in base64`, fix);
      return unusable;
    }
    return Buffer.from(text, "base64");
  });
  if (texts.length > 2) refuse(where, `has ${texts.length} keys`, fix);
  else if (others.some((other) => other.equals(first))) refuse(where, "has the same key twice", fix);
  return [first, ...others];
}
