import type { LiveCredentials } from "oss-valet-client";
import { list, remove, upload, url } from "oss-valet-client/upload";

/** A file of the user, as OSS lists it. */
export interface StoredFile {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
}

export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly StoredFile[];
}

/** Keys in one answer of OSS: the most that it gives. */
const PAGE = 1000;

/** Seconds. A thumbnail is loaded at once or a little later, as the user scrolls to it. */
const PICTURE_SECONDS = 900;

/** Everything in a folder. Folders are a habit of names: OSS has keys, and lists them up to the next slash. */
export async function listFolder(credentials: LiveCredentials, prefix: string): Promise<Listing> {
  const { folders, files } = await everything(credentials, { prefix, delimiter: "/" });
  // An empty object with the folder's own name keeps an empty folder in sight.
  return { folders, files: files.filter(({ key }) => key !== prefix) };
}

/** Every key below a prefix, the folder's own object too. */
export async function keysBelow(credentials: LiveCredentials, prefix: string): Promise<readonly string[]> {
  const { files } = await everything(credentials, { prefix });
  return files.map(({ key }) => key);
}

export function removeFile(credentials: LiveCredentials, key: string): Promise<void> {
  return remove(credentials, key);
}

export async function makeFolder(credentials: LiveCredentials, prefix: string): Promise<void> {
  await upload(credentials, new Blob([]), { key: prefix, resume: false }).done;
}

/** A signed link for this page itself. */
export function linkTo(credentials: LiveCredentials, key: string): Promise<string> {
  return url(credentials, key, { seconds: PICTURE_SECONDS });
}

/** A signed link under which a browser saves the file. */
export function downloadLink(credentials: LiveCredentials, key: string, name: string): Promise<string> {
  return url(credentials, key, { seconds: PICTURE_SECONDS, download: name });
}

/** A signed link for somebody else, and when it ends: never after the credentials that signed it. */
export async function sharedLink(
  credentials: LiveCredentials,
  key: string,
  seconds: number,
): Promise<{ readonly url: string; readonly endsMs: number }> {
  const link = await url(credentials, key, { seconds });
  const { expiresAt } = await credentials.get();
  return { url: link, endsMs: Math.min(credentials.now() + seconds * 1000, expiresAt.getTime()) };
}

/** Bytes of a text that are shown. */
const SHOWN_TEXT = 65_536;

/** The beginning of a text. Throws when OSS does not give it. */
export async function textOf(link: string, size: number): Promise<string> {
  const part = size > SHOWN_TEXT ? { headers: { Range: `bytes=0-${SHOWN_TEXT - 1}` } } : {};
  const response = await fetch(link, part);
  if (!response.ok) throw new Error(`OSS answered ${response.status}.`);
  return response.text();
}

async function everything(
  credentials: LiveCredentials,
  options: { readonly prefix: string; readonly delimiter?: string },
): Promise<Listing> {
  const found = { folders: [] as string[], files: [] as StoredFile[] };
  let token: string | undefined;
  do {
    const page = await list(credentials, { ...options, limit: PAGE, token });
    found.folders.push(...page.folders);
    found.files.push(...page.files);
    token = page.next;
  } while (token !== undefined);
  return found;
}
