import { relative, resolve } from "node:path";
import type { AccessFile } from "../shared/access-file.ts";
import { checkedAccessFile } from "../shared/checked-access-file.ts";

/** The file that `--access` names, or ACCESS_FILE; else access.yaml in the current folder. */
export function accessFilePath(option?: string): string {
  return option ?? (process.env["ACCESS_FILE"] || resolve("access.yaml"));
}

/** Every mistake in an access file, one line each. */
export class AccessFileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "AccessFileError";
    this.problems = problems;
  }
}

/** Reads and checks the file as the operator's commands do. Throws AccessFileError with every problem. */
export function accessFileOrThrow(path: string): AccessFile {
  const inside = relative(process.cwd(), path);
  const file = checkedAccessFile(inside.startsWith("..") ? path : inside, {
    bucket: process.env["OSS_BUCKET"] || undefined,
    nowMs: Date.now(),
  });
  if (!file.ok) throw new AccessFileError(file.problems);
  return file;
}
