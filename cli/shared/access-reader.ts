import { type AccessReader, type Terminal, UsageError } from "./command.ts";

/** access.yaml has problems. Each says where it is and what to write instead. */
export class BrokenAccessFile extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super("access.yaml is broken");
    this.name = "BrokenAccessFile";
    this.problems = problems;
  }
}

/** Reads what `--access` names, else ACCESS_FILE, else access.yaml, once a command asks. Warnings go to `error`. */
export function accessReader({ environment, error }: Pick<Terminal, "environment" | "error">): AccessReader {
  return async (option) => {
    if (option === "") throw new UsageError("--access needs a file: --access access.yaml");
    const { readAccessFile } = await import("./access-file.ts");
    const file = readAccessFile(option ?? (environment["ACCESS_FILE"] || "access.yaml"));
    if (!file.ok) throw new BrokenAccessFile(file.problems);
    for (const warning of file.warnings) error(`warning: ${warning}`);
    return file;
  };
}
