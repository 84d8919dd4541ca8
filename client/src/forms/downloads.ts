import type { DownloadsBody } from "../../../shared/wire.ts";
import type { Ask } from "./ask.ts";

export interface DownloadOptions {
  /** Seconds, 60 to 3600. Default 600. */
  readonly expiresSeconds?: number | undefined;
  /** Such as `attachment; filename=a.jpg`: the browser then saves the file. */
  readonly disposition?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Signed URLs, in the order of the keys. Throws ValetError; the signal's reason. */
export async function downloadUrls(
  ask: Ask,
  keys: readonly string[],
  { expiresSeconds, disposition, signal }: DownloadOptions,
): Promise<readonly string[]> {
  const items = await ask("/downloads", "Downloads", { keys, expiresSeconds, disposition }, signal);
  return (items as DownloadsBody["Downloads"]).map(({ Url }) => Url);
}
